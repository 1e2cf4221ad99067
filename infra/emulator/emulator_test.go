package emulator_test

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
)

func start(t *testing.T, o emulator.Options) *emulator.Emulator {
	t.Helper()
	e, err := emulator.Start(o)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
})

// client tries each call once, so that a fault is seen as it is.
func client(e *emulator.Emulator, region string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: region, BaseEndpoint: aws.String(e.URL()), Credentials: credentials, RetryMaxAttempts: 1})
}

func createTable(t *testing.T, db *dynamodb.Client) {
	t.Helper()
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("vault"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: "HASH"}},
	})
	if err != nil {
		t.Fatalf("create table: %v", err)
	}
}

func add(db *dynamodb.Client, pk string) error {
	_, err := db.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{
		TableName: aws.String("vault"), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}},
		UpdateExpression:          aws.String("ADD n :one"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":one": &types.AttributeValueMemberN{Value: "1"}},
	})
	return err
}

func count(t *testing.T, db *dynamodb.Client, pk string) string {
	t.Helper()
	out, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String("vault"), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}},
	})
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	if n, ok := out.Item["n"].(*types.AttributeValueMemberN); ok {
		return n.Value
	}
	return ""
}

// One endpoint answers the SDK's clients of all three services.
func TestServices(t *testing.T) {
	e := start(t, emulator.Options{})
	if _, err := client(e, "us-east-1").ListTables(t.Context(), nil); err != nil {
		t.Errorf("dynamodb: %v", err)
	}
	keys := kms.New(kms.Options{Region: "us-east-1", BaseEndpoint: aws.String(e.URL()), Credentials: credentials})
	if _, err := keys.CreateKey(t.Context(), nil); err != nil {
		t.Errorf("kms: %v", err)
	}
	queues := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(e.URL()), Credentials: credentials})
	out, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("work")})
	if err != nil {
		t.Fatalf("sqs: %v", err)
	}
	if !strings.HasPrefix(*out.QueueUrl, e.URL()) {
		t.Errorf("queue URL = %s, want it under %s", *out.QueueUrl, e.URL())
	}
	if err := e.DuplicateNext("work", 1); err != nil {
		t.Errorf("duplicate: %v", err)
	}
}

// What one emulator holds, another does not.
func TestIsolation(t *testing.T) {
	first, second := start(t, emulator.Options{}), start(t, emulator.Options{})
	createTable(t, client(first, "us-east-1"))
	out, err := client(second, "us-east-1").ListTables(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.TableNames) != 0 {
		t.Errorf("tables of the other = %v, want none", out.TableNames)
	}
}

// A signature for another region, or none, is refused.
func TestSignature(t *testing.T) {
	e := start(t, emulator.Options{Region: "eu-central-1"})
	if _, err := client(e, "eu-central-1").ListTables(t.Context(), nil); err != nil {
		t.Errorf("own region: %v", err)
	}
	if _, err := client(e, "us-east-1").ListTables(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("other region: %v, want InvalidSignatureException", err)
	}
	status, body, _ := post(t, e, "DynamoDB_20120810.ListTables", "", "{}")
	if status != 400 || !strings.Contains(body, "MissingAuthenticationTokenException") {
		t.Errorf("unsigned: %d %s, want MissingAuthenticationTokenException", status, body)
	}
}

const signed = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"

func post(t *testing.T, e *emulator.Emulator, target, authorization, body string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer), resp.Header
}

// What is not implemented is refused by name: a service, an operation, a member.
func TestRefusals(t *testing.T) {
	e := start(t, emulator.Options{})
	for _, c := range []struct{ target, body, want string }{
		{"Lambda.Invoke", `{}`, "UnknownOperationException"},
		{"DynamoDB_20120810.ExecuteStatement", `{}`, "EmulatorUnsupported"},
		{"DynamoDB_20120810.ListTables", `{"Wildcard":"*"}`, "EmulatorUnsupported"},
		{"DynamoDB_20120810.ListTables", `{`, "SerializationException"},
	} {
		status, body, _ := post(t, e, c.target, signed, c.body)
		if status != 400 || !strings.Contains(body, `"__type":"`+c.want) {
			t.Errorf("%s %s = %d %s, want %s", c.target, c.body, status, body, c.want)
		}
	}
}

// Answers carry their checksum, by which the SDK finds damage.
func TestChecksum(t *testing.T) {
	_, body, header := post(t, start(t, emulator.Options{}), "DynamoDB_20120810.ListTables", signed, "{}")
	if got, want := header.Get("X-Amz-Crc32"), strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(body))), 10); got != want {
		t.Errorf("checksum = %s, want %s", got, want)
	}
}

// The emulator does not listen where others could reach it.
func TestLoopbackOnly(t *testing.T) {
	if e, err := emulator.Start(emulator.Options{Addr: "0.0.0.0:0"}); err == nil {
		e.Close()
		t.Error("it listens on every interface")
	}
}

// A started emulator holds what a closed one left, and closing twice is closing once.
func TestDurable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	first := start(t, emulator.Options{Dir: dir})
	db := client(first, "us-east-1")
	createTable(t, db)
	if err := add(db, "a"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.Close(), first.Close()); err != nil {
		t.Fatalf("close: %v", err)
	}
	if got := count(t, client(start(t, emulator.Options{Dir: dir}), "us-east-1"), "a"); got != "1" {
		t.Errorf("n = %q, want 1", got)
	}
}

// The log of calls says what was touched and what it cost.
func TestCalls(t *testing.T) {
	e := start(t, emulator.Options{})
	db := client(e, "us-east-1")
	createTable(t, db)
	e.Forget()
	if err := add(db, "a"); err != nil {
		t.Fatal(err)
	}
	count(t, db, "a")
	post(t, e, "DynamoDB_20120810.DescribeTable", signed, `{"TableName":"none"}`)
	var got []emulator.Call
	for _, c := range e.Calls() {
		c.Body = nil
		got = append(got, c)
	}
	want := []emulator.Call{
		{Operation: "DynamoDB_20120810.UpdateItem", Touched: []string{`vault {"pk":{"S":"a"}}`}, WriteUnits: 1},
		{Operation: "DynamoDB_20120810.GetItem", Touched: []string{`vault {"pk":{"S":"a"}}`}, ReadUnits: 0.5},
		{Operation: "DynamoDB_20120810.DescribeTable", Error: "ResourceNotFoundException"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
