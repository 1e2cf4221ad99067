package conformance_test

import (
	"os"
	"testing"

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
	return conformance.DynamoDBEndpoint{URL: e.URL(), Region: "us-east-1"}
}

// The emulator, or the endpoint that the environment names, answers as DynamoDB is documented to.
func TestDynamoDB(t *testing.T) {
	if url := os.Getenv(remoteEndpoint); url != "" {
		conformance.DynamoDB(t, conformance.DynamoDBEndpoint{URL: url, Region: "us-east-1"})
		return
	}
	conformance.DynamoDB(t, dynamoEndpoint(startEmulator(t, emulator.Options{})))
}
