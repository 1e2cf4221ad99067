package conformance

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	gocmp "github.com/google/go-cmp/cmp"
)

// DynamoDBEndpoint calls DynamoDB's JSON protocol itself: the cases are about the bytes of requests and answers, among
// them requests that the SDK would not send.
type DynamoDBEndpoint struct {
	URL    string
	Region string
	// Words has the messages of refusals compared too, not only their types.
	Words bool
	// Dissent names the cases that are known to fail, with what the endpoint does.
	Dissent map[string]string
}

// Call runs one operation and returns the answer: an object, with "__type" in it if the call was refused.
func (e DynamoDBEndpoint) Call(ctx context.Context, operation, body string) (answer map[string]any, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	sum := sha256.Sum256([]byte(body))
	credentials := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "dynamodb", e.Region, time.Now()); err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		return nil, fmt.Errorf("%s answered %d %q: %w", operation, resp.StatusCode, data, err)
	}
	return answer, nil
}

// dynamoCase is a sequence of calls on a table of its own, which $T stands for.
type dynamoCase struct {
	name  string
	steps []dynamoStep
}

// dynamoStep is a call and its answer: an object; "Type" or "Type: message" for a refusal; and for a refusal with
// members " | " and the object of them.
type dynamoStep struct{ operation, body, want string }

// dynamoTable has one index of each projection.
const dynamoTable = `{"TableName":"$T","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},
		{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"h","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
	"GlobalSecondaryIndexes":[
		{"IndexName":"all","KeySchema":[{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"h","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},
		{"IndexName":"keys","KeySchema":[{"AttributeName":"h","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}},
		{"IndexName":"some","KeySchema":[{"AttributeName":"h","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]}}]}`

// DynamoDB runs every case against the endpoint.
func DynamoDB(t *testing.T, e DynamoDBEndpoint) {
	for _, c := range slices.Concat(dynamoItems, dynamoConditions, dynamoUpdates, dynamoPaths, dynamoQueries, dynamoPages,
		dynamoTransactions, dynamoRefusedTransactions, dynamoBatches, dynamoCapacity, dynamoRefusals, dynamoNumbers) {
		t.Run(c.name, func(t *testing.T) {
			if what, known := e.Dissent[c.name]; known {
				t.Logf("LEFT OUT at this endpoint: %s", what)
				return
			}
			t.Parallel()
			table := newDynamoTable(t, e)
			for i, s := range c.steps {
				s.check(t, e, table, i)
			}
		})
	}
}

func newDynamoTable(t *testing.T, e DynamoDBEndpoint) (name string) {
	t.Helper()
	name = "zv-" + rand.Text()
	answer, err := e.Call(t.Context(), "CreateTable", strings.ReplaceAll(dynamoTable, "$T", name))
	if err != nil || answer["__type"] != nil {
		t.Fatalf("create table: %v %v", answer, err)
	}
	t.Cleanup(func() {
		if _, err := e.Call(context.Background(), "DeleteTable", `{"TableName":"`+name+`"}`); err != nil {
			t.Errorf("delete table: %v", err)
		}
	})
	return name
}

func (s dynamoStep) check(t *testing.T, e DynamoDBEndpoint, table string, step int) {
	t.Helper()
	answer, err := e.Call(t.Context(), s.operation, strings.ReplaceAll(s.body, "$T", table))
	if err != nil {
		t.Fatalf("step %d: %v", step, err)
	}
	want := strings.ReplaceAll(s.want, "$T", table)
	if strings.HasPrefix(want, "{") {
		if diff := gocmp.Diff(Normal(parse(t, want)), Normal(answer)); diff != "" {
			t.Errorf("step %d, %s (-want +got):\n%s", step, s.operation, diff)
		}
		return
	}
	want, members, _ := strings.Cut(want, " | ")
	kind, message := refusal(answer)
	if !e.Words {
		want, _, _ = strings.Cut(want, ": ")
	}
	if got := kind + ": " + message; got != want && kind != want {
		t.Errorf("step %d, %s:\n got %s\nwant %s", step, s.operation, got, want)
	}
	if members != "" {
		delete(answer, "__type")
		delete(answer, "message")
		delete(answer, "Message")
		if diff := gocmp.Diff(Normal(parse(t, members)), Normal(answer)); diff != "" {
			t.Errorf("step %d, %s, members of the refusal (-want +got):\n%s", step, s.operation, diff)
		}
	}
}

func parse(t *testing.T, text string) (v map[string]any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("the case's own %s: %v", text, err)
	}
	return v
}

// refusal is the error's type without its name space, and its message, which services spell in two ways.
func refusal(answer map[string]any) (kind, message string) {
	kind, _ = answer["__type"].(string)
	kind = kind[strings.LastIndex(kind, "#")+1:]
	for _, name := range []string{"message", "Message"} {
		if text, ok := answer[name].(string); ok {
			return kind, text
		}
	}
	return kind, ""
}

// Normal sorts sets, which have no order, and writes capacity units in one way.
func Normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64() // a JSON number always is one
		return f
	case []any:
		for i := range v {
			v[i] = Normal(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = Normal(v[name])
			if elements, ok := v[name].([]any); ok && (name == "SS" || name == "NS" || name == "BS") {
				slices.SortFunc(elements, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
		}
	}
	return v
}
