package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

func open(t *testing.T, o dynamodb.Options) *dynamodb.Service {
	t.Helper()
	s, err := dynamodb.Open(o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// withTable opens a service in memory with the table that the tests use.
func withTable(t *testing.T) *dynamodb.Service {
	t.Helper()
	s := open(t, dynamodb.Options{})
	must(t, s, "CreateTable", table)
	return s
}

const table = `{"TableName":"vault","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"B"},{"AttributeName":"g","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"GlobalSecondaryIndexes":[{"IndexName":"by-g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`

// must runs a call that succeeds and answers its JSON.
func must(t *testing.T, s *dynamodb.Service, operation, body string) string {
	t.Helper()
	out, err := s.Call(t.Context(), operation, []byte(body))
	if err != nil {
		t.Fatalf("%s %.200s: %v", operation, body, err)
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// refused runs a call that is refused with an error that has want in it.
func refused(t *testing.T, s *dynamodb.Service, operation, body, want string) {
	t.Helper()
	_, err := s.Call(t.Context(), operation, []byte(body))
	var e *protocol.Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s %.200s: %v, want %s", operation, body, err, want)
	}
}

func text(n int) string { return strings.Repeat("x", n) }

func put(pk, more string) string {
	return `{"TableName":"vault","Item":{"pk":{"S":"` + pk + `"},"sk":{"B":"AA=="}` + more + `}}`
}

// An item may have 409,600 bytes, names and values together, whether it is put or grows by an update.
func TestItemSize(t *testing.T) {
	s := withTable(t)
	room := 400<<10 - len("pk") - len("p") - len("sk") - 1 - len("a")
	must(t, s, "PutItem", put("p", `,"a":{"S":"`+text(room)+`"}`))
	refused(t, s, "PutItem", put("p", `,"a":{"S":"`+text(room+1)+`"}`), "Item size has exceeded the maximum allowed size")
	refused(t, s, "UpdateItem", `{"TableName":"vault","Key":{"pk":{"S":"p"},"sk":{"B":"AA=="}},"UpdateExpression":"SET b = :n","ExpressionAttributeValues":{":n":{"NULL":true}}}`, "Item size to update has exceeded the maximum allowed size")
	refused(t, s, "TransactWriteItems", `{"TransactItems":[{"Put":`+put("p", `,"a":{"S":"`+text(room+1)+`"}`)+`}]}`, "[ValidationError]")
}

// A partition key may have 2,048 bytes and a sort key 1,024.
func TestKeyLengths(t *testing.T) {
	s := withTable(t)
	must(t, s, "PutItem", put(text(2048), ""))
	refused(t, s, "PutItem", put(text(2049), ""), "Size of hashkey has exceeded")
	long := `{"TableName":"vault","Key":{"pk":{"S":"p"},"sk":{"B":"` + strings.Repeat("AAAA", 342) + `"}}}`
	refused(t, s, "GetItem", long, "range keys has exceeded")
}

// A transaction may have 100 actions and 4 MB.
func TestTransactionLimits(t *testing.T) {
	s := withTable(t)
	actions := func(n, size int) string {
		var puts []string
		for i := range n {
			puts = append(puts, `{"Put":`+put(fmt.Sprint("p", i), `,"a":{"S":"`+text(size)+`"}`)+`}`)
		}
		return `{"TransactItems":[` + strings.Join(puts, ",") + `]}`
	}
	must(t, s, "TransactWriteItems", actions(100, 10))
	refused(t, s, "TransactWriteItems", actions(101, 10), "length less than or equal to 100")
	must(t, s, "TransactWriteItems", actions(10, 400<<10-100))
	refused(t, s, "TransactWriteItems", actions(11, 400<<10-100), "exceeded the maximum allowed size of 4 MB")
}

// A page ends before it would have more than 1 MB, a batch that would is refused as a whole beyond 16 MB.
func TestPageSize(t *testing.T) {
	s := withTable(t)
	var keys []string
	for i := range 45 {
		key := fmt.Sprintf(`"pk":{"S":"p"},"sk":{"B":"AA%02d"}`, i)
		keys = append(keys, "{"+key+"}")
		must(t, s, "PutItem", `{"TableName":"vault","Item":{`+key+`,"a":{"S":"`+text(390_000)+`"}}}`)
	}
	page := func(more string) string {
		return must(t, s, "Query", `{"TableName":"vault","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}},"Select":"COUNT","ReturnConsumedCapacity":"TOTAL"`+more+`}`)
	}
	want := `{"Count":2,"ScannedCount":2,"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"B":"AA01"}},"ConsumedCapacity":{"TableName":"vault","CapacityUnits":95.5}}`
	if got := page(""); got != want {
		t.Errorf("first page = %s, want %s", got, want)
	}
	if got := page(`,"ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"B":"AA43"}}`); strings.Contains(got, "LastEvaluatedKey") || !strings.Contains(got, `"Count":1,`) {
		t.Errorf("last page = %s, want one item and no LastEvaluatedKey", got)
	}
	refused(t, s, "BatchGetItem", `{"RequestItems":{"vault":{"Keys":[`+strings.Join(keys, ",")+`]}}}`, "beyond 16 MB")
	must(t, s, "BatchGetItem", `{"RequestItems":{"vault":{"Keys":[`+strings.Join(keys[:40], ",")+`]}}}`)
}

// What the emulator does not know it refuses by name, in whatever depth.
func TestUnsupported(t *testing.T) {
	s := withTable(t)
	for _, c := range []struct{ operation, body, want string }{
		{"BatchWriteItem", `{}`, "dynamodb operation BatchWriteItem"},
		{"PutItem", `{"TableName":"vault","Expected":{}}`, `request member "Expected"`},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"vault","ReturnValues":"NONE"}}]}`, `request member "ReturnValues"`},
		{"CreateTable", `{"TableName":"other","StreamSpecification":{"StreamEnabled":true}}`, `request member "StreamSpecification"`},
		{"CreateTable", `{"TableName":"other","BillingMode":"PROVISIONED"}`, "a BillingMode other than PAY_PER_REQUEST"},
		{"Query", `{"TableName":"vault","QueryFilter":{}}`, `request member "QueryFilter"`},
	} {
		refused(t, s, c.operation, c.body, "EmulatorUnsupported: the embedded emulator does not implement "+c.want)
	}
}

// A table must be whole: its keys defined, its attributes used.
func TestCreateTable(t *testing.T) {
	s := open(t, dynamodb.Options{})
	for _, c := range []struct{ replace, by, want string }{
		{`"vault"`, `"ab"`, "greater than or equal to 3"},
		{`{"AttributeName":"g","AttributeType":"S"}`, `{"AttributeName":"g","AttributeType":"M"}`, "enum value set: [B, N, S]"},
		{`,{"AttributeName":"g","AttributeType":"S"}`, ``, "not defined in AttributeDefinitions"},
		{`{"AttributeName":"g","AttributeType":"S"}`, `{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"h","AttributeType":"S"}`, "AttributeDefinitions are not used"},
		{`"KeyType":"RANGE"`, `"KeyType":"HASH"`, "Invalid KeySchema"},
		{`"KEYS_ONLY"`, `"SOME"`, "Unknown ProjectionType"},
		{`"KEYS_ONLY"`, `"INCLUDE"`, "NonKeyAttributes has 0 names"},
		{`"KEYS_ONLY"`, `"ALL","NonKeyAttributes":["x"]`, "NonKeyAttributes is specified"},
	} {
		refused(t, s, "CreateTable", strings.Replace(table, c.replace, c.by, 1), c.want)
	}
	must(t, s, "CreateTable", strings.Replace(table, `"BillingMode"`, `"DeletionProtectionEnabled":true,"BillingMode"`, 1))
	refused(t, s, "DeleteTable", `{"TableName":"vault"}`, "protected against deletion")
	must(t, s, "PutItem", put("p", `,"g":{"S":"g"}`))
	described := must(t, s, "DescribeTable", `{"TableName":"vault"}`)
	for _, want := range []string{`"TableStatus":"ACTIVE"`, `"ItemCount":1`, `"TableArn":"arn:aws:dynamodb:us-east-1:000000000000:table/vault"`, `"IndexStatus":"ACTIVE"`, `"TableSizeBytes":8`} {
		if !strings.Contains(described, want) {
			t.Errorf("description %s has no %s", described, want)
		}
	}
	if got, want := must(t, s, "ListTables", `{}`), `{"TableNames":["vault"]}`; got != want {
		t.Errorf("tables = %s, want %s", got, want)
	}
}

// A token makes a repeat do nothing for ten minutes, across a restart, and not longer.
func TestToken(t *testing.T) {
	dir, clock := t.TempDir(), conformance.NewSteppedClock()
	add := `{"ClientRequestToken":"once","ReturnConsumedCapacity":"TOTAL","TransactItems":[{"Update":{"TableName":"vault","Key":{"pk":{"S":"p"},"sk":{"B":"AA=="}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}]}`
	n := func(s *dynamodb.Service) string {
		return must(t, s, "GetItem", `{"TableName":"vault","Key":{"pk":{"S":"p"},"sk":{"B":"AA=="}},"ProjectionExpression":"n"}`)
	}
	s := open(t, dynamodb.Options{Dir: dir, Clock: clock})
	must(t, s, "CreateTable", table)
	if got, want := must(t, s, "TransactWriteItems", add), `{"ConsumedCapacity":[{"TableName":"vault","CapacityUnits":2,"WriteCapacityUnits":2}]}`; got != want {
		t.Errorf("first = %s, want %s", got, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dynamodb.Options{Dir: dir, Clock: clock})
	clock.Advance(10*time.Minute - time.Millisecond)
	if got, want := must(t, s, "TransactWriteItems", add), `{"ConsumedCapacity":[{"TableName":"vault","CapacityUnits":2,"ReadCapacityUnits":2}]}`; got != want {
		t.Errorf("repeat = %s, want %s", got, want)
	}
	refused(t, s, "TransactWriteItems", strings.Replace(add, `"N":"1"`, `"N":"2"`, 1), "IdempotentParameterMismatchException")
	if got, want := n(s), `{"Item":{"n":{"N":"1"}}}`; got != want {
		t.Errorf("after the repeat = %s, want %s", got, want)
	}
	clock.Advance(time.Millisecond)
	must(t, s, "TransactWriteItems", add)
	if got, want := n(s), `{"Item":{"n":{"N":"2"}}}`; got != want {
		t.Errorf("ten minutes later = %s, want %s", got, want)
	}
}

// A journal that has grown is rewritten at the next opening, with the same state.
func TestCompaction(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dynamodb.Options{Dir: dir, NoSync: true})
	must(t, s, "CreateTable", table)
	must(t, s, "UpdateTimeToLive", `{"TableName":"vault","TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}}`)
	for i := range 300 {
		must(t, s, "PutItem", put(fmt.Sprint("p", i%3), fmt.Sprintf(`,"g":{"S":"g"},"n":{"N":"%d"},"a":{"S":"%s"}`, i, text(5000))))
	}
	must(t, s, "DeleteItem", `{"TableName":"vault","Key":{"pk":{"S":"p2"},"sk":{"B":"AA=="}}}`)
	state := func(s *dynamodb.Service) (all []string) {
		for _, call := range [][2]string{
			{"Scan", `{"TableName":"vault"}`}, {"DescribeTable", `{"TableName":"vault"}`}, {"DescribeTimeToLive", `{"TableName":"vault"}`},
			{"Query", `{"TableName":"vault","IndexName":"by-g","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g"}}}`},
		} {
			all = append(all, must(t, s, call[0], call[1]))
		}
		return all
	}
	before := state(s)
	size := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "dynamodb.journal"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	s.Close()
	grown := size()
	s = open(t, dynamodb.Options{Dir: dir})
	if small := size(); small > 20_000 || grown < 1<<20 {
		t.Errorf("size = %d, then %d, want it small", grown, small)
	}
	if diff := cmp.Diff(before, state(s)); diff != "" {
		t.Errorf("state (-before +after):\n%s", diff)
	}
	s.Close()
	if diff := cmp.Diff(before, state(open(t, dynamodb.Options{Dir: dir}))); diff != "" {
		t.Errorf("state when opened again (-before +after):\n%s", diff)
	}
}

// A call's trace has what it touched and what it cost, also if its condition fails.
func TestTrace(t *testing.T) {
	s := withTable(t)
	for _, c := range []struct {
		operation, body string
		want            protocol.Trace
	}{
		{"PutItem", put("p", `,"g":{"S":"g"}`), protocol.Trace{Touched: []string{`vault {"pk":{"S":"p"},"sk":{"B":"AA=="}}`}, WriteUnits: 2}},
		{"PutItem", strings.TrimSuffix(put("p", ""), "}") + `,"ConditionExpression":"attribute_not_exists(pk)"}`, protocol.Trace{Touched: []string{`vault {"pk":{"S":"p"},"sk":{"B":"AA=="}}`}, WriteUnits: 1}},
		{"TransactWriteItems", `{"TransactItems":[{"Put":` + put("q", "") + `},{"Delete":{"TableName":"vault","Key":{"pk":{"S":"p"},"sk":{"B":"AA=="}}}}]}`,
			protocol.Trace{Touched: []string{`vault {"pk":{"S":"q"},"sk":{"B":"AA=="}}`, `vault {"pk":{"S":"p"},"sk":{"B":"AA=="}}`}, WriteUnits: 5}},
		{"Query", `{"TableName":"vault","IndexName":"by-g","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g"}}}`, protocol.Trace{Touched: []string{`vault/by-g {"g":{"S":"g"}}`}, ReadUnits: 0.5}},
		{"Scan", `{"TableName":"vault","ConsistentRead":true}`, protocol.Trace{Touched: []string{"vault all"}, ReadUnits: 1}},
	} {
		var got protocol.Trace
		s.Call(protocol.WithTrace(context.Background(), &got), c.operation, []byte(c.body))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.operation, diff)
		}
	}
}

// Once it is closed, a service answers that it is, and does not write.
func TestClosed(t *testing.T) {
	s := withTable(t)
	s.Close()
	refused(t, s, "PutItem", put("p", ""), "ServiceUnavailable")
	refused(t, s, "GetItem", `{"TableName":"vault","Key":{"pk":{"S":"p"},"sk":{"B":"AA=="}}}`, "ServiceUnavailable")
}
