package conformance_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// generator writes random requests on few keys and names, so that they meet.
type generator struct {
	*rand.Rand
	table string
	used  map[string]bool // the placeholders of the request being written
}

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g *generator) create() string {
	return `{"TableName":"` + g.table + `","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"g","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
		"GlobalSecondaryIndexes":[{"IndexName":"by-g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]}}]}`
}

func (g *generator) key() string {
	return `{"pk":{"S":"` + g.pick("p", "q") + `"},"sk":{"N":"` + g.pick("-1", "1", "2", "2.5") + `"}}`
}

// value is one that the type of the attribute often fits: a and b are numbers, s a set, l a list, m a map.
func (g *generator) value() string {
	return g.pick(`{"N":"1"}`, `{"N":"-3.5"}`, `{"N":"1e20"}`, `{"S":"x"}`, `{"S":""}`, `{"SS":["x","y"]}`, `{"SS":["y"]}`, `{"NS":["1","2"]}`,
		`{"L":[{"N":"1"},{"S":"x"}]}`, `{"L":[]}`, `{"M":{"k":{"N":"1"},"l":{"L":[{"N":"2"}]}}}`, `{"BOOL":true}`, `{"NULL":true}`, `{"B":"AAE="}`)
}

func (g *generator) item() string {
	item := strings.TrimSuffix(g.key(), "}")
	if g.IntN(2) == 0 {
		item += `,"g":{"S":"` + g.pick("g", "h") + `"}`
	}
	for _, name := range []string{"a", "b", "s", "l", "m"} {
		if g.IntN(2) == 0 {
			item += `,"` + name + `":` + g.value()
		}
	}
	return item + "}"
}

func (g *generator) path() string {
	return g.pick("a", "a", "b", "b", "s", "l", "m", "l[0]", "l[1]", "l[7]", "m.k", "m.l", "m.l[0]", "m.absent", "absent")
}

// placeholder is one of a value of any type, unless a name for one of a certain type is given: whether a literal of the
// wrong type is refused before or after the condition is where oracles differ.
func (g *generator) placeholder(typed ...string) string {
	if typed == nil {
		typed = []string{":v", ":w", ":x"}
	}
	name := g.pick(typed...)
	g.used[name] = true
	return name
}

func (g *generator) operand() string {
	switch g.IntN(5) {
	case 0:
		return "size(" + g.path() + ")"
	case 1, 2:
		return g.path()
	}
	return g.placeholder()
}

func (g *generator) condition(depth int) string {
	if depth > 0 && g.IntN(2) == 0 {
		switch g.IntN(3) {
		case 0:
			return "NOT " + g.condition(0)
		case 1:
			return g.condition(depth-1) + " AND " + g.condition(depth-1)
		}
		return g.condition(depth-1) + " OR " + g.condition(depth-1)
	}
	switch g.IntN(8) {
	case 0:
		return "attribute_exists(" + g.path() + ")"
	case 1:
		return "attribute_not_exists(" + g.path() + ")"
	case 2:
		return "contains(" + g.path() + ", " + g.placeholder() + ")"
	case 3:
		return g.path() + " IN (" + g.placeholder() + ", " + g.operand() + ")"
	}
	left, right := g.path(), g.operand()
	if left == right {
		right = g.placeholder()
	}
	return left + " " + g.pick("=", "<>") + " " + right
}

func (g *generator) term() string {
	switch g.IntN(6) {
	case 0:
		return g.path() + g.pick(" + ", " - ") + g.placeholder(":n")
	case 1:
		return "if_not_exists(" + g.path() + ", " + g.placeholder() + ")"
	case 2:
		return "list_append(" + g.path() + ", " + g.placeholder(":list") + ")"
	case 3:
		return g.path()
	}
	return g.placeholder()
}

func (g *generator) update() string {
	switch g.IntN(6) {
	case 0:
		return "REMOVE " + g.path()
	case 1:
		return "ADD " + g.pick("a", "b", "s") + " " + g.placeholder(":n", ":set")
	case 2:
		return "DELETE " + g.pick("a", "s") + " " + g.placeholder(":set")
	case 3:
		return "SET a = " + g.term() + " REMOVE " + g.pick("b", "l[0]", "m.k")
	}
	return "SET " + g.path() + " = " + g.term()
}

// action is the members of a write with its expressions.
func (g *generator) action(kind string) string {
	g.used = map[string]bool{}
	body := `"TableName":"` + g.table + `"`
	if kind == "Put" {
		body += `,"Item":` + g.item()
	} else {
		body += `,"Key":` + g.key()
	}
	if kind == "Update" {
		body += `,"UpdateExpression":"` + g.update() + `"`
	}
	if kind == "ConditionCheck" || g.IntN(2) == 0 {
		body += `,"ConditionExpression":"` + g.condition(2) + `","ReturnValuesOnConditionCheckFailure":"` + g.pick("ALL_OLD", "NONE") + `"`
	}
	return body + g.values()
}

// values defines the placeholders that were used.
func (g *generator) values() string {
	var defined []string
	for _, name := range []string{":v", ":w", ":x", ":p", ":n", ":set", ":list"} {
		if !g.used[name] {
			continue
		}
		value := g.value()
		switch name {
		case ":p":
			value = g.pick(`{"S":"p"}`, `{"S":"g"}`)
		case ":n":
			value = g.pick(`{"N":"-1"}`, `{"N":"1"}`, `{"N":"2"}`, `{"N":"0.1"}`)
		case ":set":
			value = g.pick(`{"SS":["x"]}`, `{"SS":["x","y","z"]}`, `{"NS":["1"]}`)
		case ":list":
			value = g.pick(`{"L":[]}`, `{"L":[{"N":"9"},{"S":"z"}]}`)
		}
		defined = append(defined, `"`+name+`":`+value)
	}
	if len(defined) == 0 {
		return ""
	}
	return `,"ExpressionAttributeValues":{` + strings.Join(defined, ",") + `}`
}

func (g *generator) query() string {
	g.used = map[string]bool{":p": true}
	body := `"TableName":"` + g.table + `"`
	condition := "pk = :p"
	if g.IntN(2) == 0 {
		body += `,"IndexName":"by-g"`
		condition = "g = :p"
	}
	if g.IntN(2) == 0 {
		condition += " AND sk " + g.pick("=", "<", "<=", ">", ">=") + " :n"
		g.used[":n"] = true
	}
	body += `,"KeyConditionExpression":"` + condition + `","ScanIndexForward":` + g.pick("true", "false")
	if g.IntN(2) == 0 {
		body += `,"FilterExpression":"` + g.condition(1) + `"`
	}
	if g.IntN(2) == 0 {
		body += `,"Limit":` + g.pick("1", "2", "3")
	}
	return "{" + body + `,"ReturnConsumedCapacity":"INDEXES"` + g.values() + "}"
}

func (g *generator) next() (operation, body string) {
	switch g.IntN(10) {
	case 0, 1:
		return "PutItem", "{" + g.action("Put") + `,"ReturnValues":"` + g.pick("NONE", "ALL_OLD") + `","ReturnConsumedCapacity":"INDEXES"}`
	case 2, 3, 4:
		return "UpdateItem", "{" + g.action("Update") + `,"ReturnValues":"` + g.pick("NONE", "ALL_NEW") + `","ReturnConsumedCapacity":"INDEXES"}`
	case 5:
		return "DeleteItem", "{" + g.action("Delete") + `,"ReturnValues":"` + g.pick("NONE", "ALL_OLD") + `","ReturnConsumedCapacity":"INDEXES"}`
	case 6:
		return "GetItem", `{"TableName":"` + g.table + `","Key":` + g.key() + `}`
	case 7:
		return "Query", g.query()
	}
	var actions []string
	for range 1 + g.IntN(3) {
		kind := g.pick("Put", "Update", "Delete", "ConditionCheck")
		actions = append(actions, `{"`+kind+`":{`+g.action(kind)+`}}`)
	}
	return "TransactWriteItems", `{"TransactItems":[` + strings.Join(actions, ",") + `],"ReturnConsumedCapacity":"INDEXES"}`
}

// Every request that the generator writes is JSON.
func TestGenerator(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewPCG(1, 1)), table: "t"}
	for range 1000 {
		if operation, body := g.next(); !json.Valid([]byte(body)) {
			t.Fatalf("%s %s is no JSON", operation, body)
		}
	}
}
