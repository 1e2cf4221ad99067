package local

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/zenvault/zenvault/shared/edge"
)

// poller does what Lambda's event source mapping does: it receives from a queue, hands each message to the worker, and
// deletes what the worker took. What the worker refused comes back when its visibility ends.
type poller struct {
	client *sqs.Client
	queue  string // URL
	worker edge.Worker
	log    *slog.Logger
}

func (p poller) run(ctx context.Context) {
	for ctx.Err() == nil {
		out, err := p.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &p.queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, // less than the client waits for an answer
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
		})
		if err != nil {
			if ctx.Err() == nil {
				p.log.Error("receiving", "queue", p.queue, "error", err.Error())
				wait(ctx, time.Second)
			}
			continue
		}
		var all sync.WaitGroup
		for _, m := range out.Messages {
			all.Go(func() { p.take(ctx, m) })
		}
		all.Wait()
	}
}

func (p poller) take(ctx context.Context, m types.Message) {
	receives, _ := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	message := edge.Message{ID: aws.ToString(m.MessageId), Body: []byte(aws.ToString(m.Body)), Receives: receives}
	if p.worker(ctx, message) != nil {
		return // the worker has logged why
	}
	if _, err := p.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &p.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
		p.log.Error("deleting a message", "queue", p.queue, "error", err.Error())
	}
}

// tick runs a clock's task until the context ends.
func tick(ctx context.Context, every time.Duration, run edge.Runner) {
	for wait(ctx, every) {
		run(ctx, "tick", nil) //nolint:errcheck // the runner has logged it
	}
}

// wait reports whether the time passed; it ends early with the context.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
