package conformance

// update runs an update expression on the item (p, 1) and asks for all of it afterwards.
func update(expression, values, want string) dynamoStep {
	if values != "" {
		values = `,"ExpressionAttributeValues":{` + values + `}`
	}
	if want != "" && want[0] == '{' {
		want = `{"Attributes":` + want + `}`
	}
	return dynamoStep{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnValues":"ALL_NEW","UpdateExpression":"` + expression + `"` + values + `}`, want}
}

// put stores attributes beside the key (p, 1).
func put(attributes string) dynamoStep {
	return dynamoStep{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},` + attributes + `}}`, `{}`}
}

// badPath and its like are what an update finds only when it runs.
const (
	badPath    = invalid + "The document path provided in the update expression is invalid for update"
	noOperand  = invalid + "The provided expression refers to an attribute that does not exist in the item"
	badOperand = invalid + "An operand in the update expression has an incorrect data type"
)

var dynamoUpdates = []dynamoCase{
	{"updates/upsert", []dynamoStep{
		update("SET a = :a", `":a":{"S":"x"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"x"}}`),
		update("SET b = a, a = :a REMOVE c", `":a":{"S":"y"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"y"},"b":{"S":"x"}}`),
		update("REMOVE a, b", "", `{"pk":{"S":"p"},"sk":{"N":"1"}}`),
	}},
	{"updates/operands are the item as it was", []dynamoStep{
		put(`"a":{"N":"1"},"b":{"N":"2"}`),
		update("SET a = b, b = a", "", `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"2"},"b":{"N":"1"}}`),
	}},
	{"updates/arithmetic", []dynamoStep{
		put(`"a":{"N":"1"},"s":{"S":"x"}`),
		update("SET a = a + :n", `":n":{"N":"2"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"3"},"s":{"S":"x"}}`),
		update("SET a = :n - a", `":n":{"N":"2"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"-1"},"s":{"S":"x"}}`),
		update("SET c = if_not_exists(c, :z) + :n", `":n":{"N":"2"},":z":{"N":"0"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"-1"},"s":{"S":"x"},"c":{"N":"2"}}`),
		update("SET c = if_not_exists(c, :z) + :n", `":n":{"N":"2"},":z":{"N":"0"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"-1"},"s":{"S":"x"},"c":{"N":"4"}}`),
		update("SET a = s + :n", `":n":{"N":"2"}`, badOperand),
		update("SET a = absent + :n", `":n":{"N":"2"}`, noOperand),
		update("SET a = absent", "", noOperand),
		update("SET a = a + :n", `":n":{"S":"2"}`, invalid+"Invalid UpdateExpression: Incorrect operand type for operator or function; operator: +, operand type: S"),
	}},
	{"updates/lists", []dynamoStep{
		put(`"l":{"L":[{"N":"1"}]}`),
		update("SET l = list_append(l, :x)", `":x":{"L":[{"N":"2"},{"N":"3"}]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}}`),
		update("SET l = list_append(:x, l)", `":x":{"L":[{"N":"0"}]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]}}`),
		update("REMOVE l[0], l[2]", "", `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"1"},{"N":"3"}]}}`),
		update("SET l[9] = :x, l[5] = :y", `":x":{"N":"9"},":y":{"N":"5"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"1"},{"N":"3"},{"N":"5"},{"N":"9"}]}}`),
		update("SET l[1] = :x REMOVE l[0]", `":x":{"N":"4"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"4"},{"N":"5"},{"N":"9"}]}}`),
		update("SET n = list_append(if_not_exists(n, :e), :x)", `":e":{"L":[]},":x":{"L":[{"N":"1"}]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"4"},{"N":"5"},{"N":"9"}]},"n":{"L":[{"N":"1"}]}}`),
		update("SET l = list_append(l, :x)", `":x":{"N":"2"}`, "ValidationException"),
		update("REMOVE l[7]", "", `{"pk":{"S":"p"},"sk":{"N":"1"},"l":{"L":[{"N":"4"},{"N":"5"},{"N":"9"}]},"n":{"L":[{"N":"1"}]}}`),
	}},
	{"updates/ADD and DELETE", []dynamoStep{
		update("ADD n :n, s :s", `":n":{"N":"5"},":s":{"SS":["a"]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"5"},"s":{"SS":["a"]}}`),
		update("ADD n :n, s :s", `":n":{"N":"-7"},":s":{"SS":["a","b"]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"-2"},"s":{"SS":["a","b"]}}`),
		update("DELETE s :s ADD i :i", `":s":{"SS":["a","z"]},":i":{"NS":["1"]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"-2"},"s":{"SS":["b"]},"i":{"NS":["1"]}}`),
		update("DELETE s :s", `":s":{"SS":["b"]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"-2"},"i":{"NS":["1"]}}`),
		update("DELETE s :s", `":s":{"SS":["b"]}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"-2"},"i":{"NS":["1"]}}`),
		update("ADD n :s", `":s":{"SS":["b"]}`, badOperand),
		update("DELETE n :s", `":s":{"SS":["b"]}`, badOperand),
		update("ADD n :s", `":s":{"S":"b"}`, "ValidationException"),
	}},
	{"updates/what is returned", []dynamoStep{
		put(`"a":{"N":"1"},"b":{"N":"2"},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}`),
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET a = :v","ExpressionAttributeValues":{":v":{"N":"3"}},"ReturnValues":"UPDATED_OLD"}`, `{"Attributes":{"a":{"N":"1"}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET m.x = :v","ExpressionAttributeValues":{":v":{"N":"3"}},"ReturnValues":"UPDATED_NEW"}`, `{"Attributes":{"m":{"M":{"x":{"N":"3"}}}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"REMOVE b, m","ReturnValues":"ALL_OLD"}`, `{"Attributes":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"3"},"b":{"N":"2"},"m":{"M":{"x":{"N":"3"},"y":{"N":"2"}}}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"REMOVE a"}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnValues":"ALL_NEW"}`, "ValidationException"},
	}},
}

var dynamoPaths = []dynamoCase{
	{"paths/nested", []dynamoStep{
		put(`"m":{"M":{"x":{"M":{"l":{"L":[{"M":{"k":{"N":"1"}}}]}}}}}`),
		update("SET m.x.l[0].k = m.x.l[0].k + :n, m.y = :n", `":n":{"N":"1"}`, `{"pk":{"S":"p"},"sk":{"N":"1"},"m":{"M":{"x":{"M":{"l":{"L":[{"M":{"k":{"N":"2"}}}]}}},"y":{"N":"1"}}}}`),
		update("REMOVE m.x.l[0].k, m.y", "", `{"pk":{"S":"p"},"sk":{"N":"1"},"m":{"M":{"x":{"M":{"l":{"L":[{"M":{}}]}}}}}}`),
		update("SET m.absent.x = :n", `":n":{"N":"1"}`, badPath),
		update("SET m[0] = :n", `":n":{"N":"1"}`, badPath),
		update("SET m.x.l.k = :n", `":n":{"N":"1"}`, badPath),
		update("REMOVE absent.x", "", badPath),
	}},
	{"paths/what is none", []dynamoStep{
		update("SET a = :n, a = :n", `":n":{"N":"1"}`, invalid+"Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"),
		update("SET a.b = :n REMOVE a", `":n":{"N":"1"}`, invalid+"Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]"),
		update("SET a.b = :n, a[0] = :n", `":n":{"N":"1"}`, invalid+"Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [0]]"),
		update("SET a = :n SET b = :n", `":n":{"N":"1"}`, invalid+`Invalid UpdateExpression: The "SET" section can only be used once in an update expression;`),
		update("INVALID SYNTAX", "", invalid+`Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"`),
		update("", "", invalid+"Invalid UpdateExpression: The expression can not be empty;"),
		update("SET sk = :n", `":n":{"N":"1"}`, badParam+"Cannot update attribute sk. This attribute is part of the key"),
		update("SET a = nonsense(b)", "", invalid+"Invalid UpdateExpression: Invalid function name; function: nonsense"),
		update("SET a = :n, ", `":n":{"N":"1"}`, "ValidationException"),
		update("SET a = :n + :n + :n", `":n":{"N":"1"}`, "ValidationException"),
	}},
}
