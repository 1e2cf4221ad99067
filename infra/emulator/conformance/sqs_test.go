package conformance_test

import (
	"os"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/sqs"
)

func TestSQS(t *testing.T) {
	if endpoint := os.Getenv(remoteEndpoint); endpoint != "" {
		conformance.SQS(t, sqsClient(endpoint))
		return
	}
	conformance.SQS(t, sqsClient(serveJSON(t, openSQS(t, sqs.Options{}))))
}

func TestSQSTimed(t *testing.T) {
	clock := conformance.NewSteppedClock()
	conformance.SQSTimed(t, sqsClient(serveJSON(t, openSQS(t, sqs.Options{Clock: clock}))), clock)
}

func openSQS(t *testing.T, o sqs.Options) *sqs.Service {
	t.Helper()
	s, err := sqs.Open(o)
	if err != nil {
		t.Fatalf("open sqs: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func sqsClient(endpoint string) *awssqs.Client {
	return awssqs.New(awssqs.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: testCredentials, RetryMaxAttempts: 1})
}
