package conformance_test

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/conformance"
)

func startEmulator(t *testing.T, o emulator.Options) *emulator.Emulator {
	t.Helper()
	e, err := emulator.Start(o)
	if err != nil {
		t.Fatalf("start the emulator: %v", err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func dynamoEndpoint(e *emulator.Emulator) conformance.DynamoDBEndpoint {
	return conformance.DynamoDBEndpoint{URL: e.URL(), Region: "us-east-1", Words: true}
}

func dynamoClient(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: testCredentials})
}

// dynamoDissent is where dynoxide 3.2.0 answers otherwise than DynamoDB is documented to. Against another endpoint
// these cases say so and are left out.
var dynamoDissent = map[string]string{
	"conditions/what is none": "an unused value, or a condition on one operand twice, passes",
	"batches/get":             "1 and 1.0 are not seen to be one key",
	"refusals/time to live":   "enabling it twice passes",
	"capacity/transactions":   "TransactGetItems answers the key with every projection",
	"transactions/reads":      "TransactGetItems answers the key with every projection",
	"transactions/refused":    "an undefined value cancels the transaction in place of refusing the request",
}

// The emulator, or the endpoint that the environment names, answers as DynamoDB is documented to.
func TestDynamoDB(t *testing.T) {
	if url := os.Getenv(remoteEndpoint); url != "" {
		conformance.DynamoDB(t, conformance.DynamoDBEndpoint{URL: url, Region: "us-east-1", Dissent: dynamoDissent})
		return
	}
	conformance.DynamoDB(t, dynamoEndpoint(startEmulator(t, emulator.Options{})))
}

// Nor does it tear under concurrency, in memory or with a journal.
func TestDynamoDBConcurrency(t *testing.T) {
	if url := os.Getenv(remoteEndpoint); url != "" {
		conformance.DynamoDBConcurrency(t, conformance.DynamoDBEndpoint{URL: url, Region: "us-east-1"}, dynamoClient(url))
		return
	}
	for name, o := range map[string]emulator.Options{"memory": {}, "durable": {Dir: t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			e := startEmulator(t, o)
			conformance.DynamoDBConcurrency(t, dynamoEndpoint(e), dynamoClient(e.URL()))
		})
	}
}
