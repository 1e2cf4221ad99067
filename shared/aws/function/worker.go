package function

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/zenvault/zenvault/shared/edge"
)

// QueueEvent is a batch of SQS messages, as far as it is read.
type QueueEvent struct {
	Records []struct {
		MessageID  string            `json:"messageId"`
		Body       string            `json:"body"`
		Attributes map[string]string `json:"attributes"`
	} `json:"Records"`
}

// QueueReply names the messages that stay in the queue (partial batch response).
type QueueReply struct {
	Failures []Failure `json:"batchItemFailures"`
}

// Failure is one of them.
type Failure struct {
	MessageID string `json:"itemIdentifier"`
}

// ServeQueue runs a worker as the Lambda function of this process. It does not return.
func ServeQueue(w edge.Worker) {
	lambda.Start(func(ctx context.Context, e QueueEvent) (QueueReply, error) { return Work(ctx, w, e), nil })
}

// Work passes a batch to a worker, all messages at once: a slow one holds up none of its neighbours.
func Work(ctx context.Context, w edge.Worker, e QueueEvent) QueueReply {
	failed := make([]bool, len(e.Records))
	var all sync.WaitGroup
	for i, record := range e.Records {
		receives, _ := strconv.Atoi(record.Attributes["ApproximateReceiveCount"])
		m := edge.Message{ID: record.MessageID, Body: []byte(record.Body), Receives: receives}
		all.Go(func() { failed[i] = w(ctx, m) != nil })
	}
	all.Wait()
	answer := QueueReply{Failures: []Failure{}}
	for i, record := range e.Records {
		if failed[i] {
			answer.Failures = append(answer.Failures, Failure{record.MessageID})
		}
	}
	return answer
}

// ServeTask runs a clock's or an operator's function as the Lambda function of this process. It does not return.
func ServeTask(run edge.Runner) {
	lambda.Start(func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		requestID := ""
		if invocation, ok := lambdacontext.FromContext(ctx); ok {
			requestID = invocation.AwsRequestID
		}
		return run(ctx, requestID, input)
	})
}
