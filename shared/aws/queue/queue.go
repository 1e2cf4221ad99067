// Package queue sends messages through Amazon SQS.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

const (
	maxBatch = 10                // SendMessageBatch: at most so many messages (SQS API reference, read 2026-11)
	maxDelay = 900 * time.Second // DelaySeconds: at most so long (as above)

	// announceWithin bounds how long a committed change's answer waits for its announcement. What is lost here, the
	// sweeper finds.
	announceWithin = 2 * time.Second
)

// Sender sends to the stack's queues. It is safe for concurrent use.
type Sender struct {
	Client *sqs.Client
	URLs   map[edge.Queue]string
}

// Send hands messages over, to be received after the delay (0 to 15 minutes; whole seconds, rounded up), ten in a
// call. After an error some of them may have been sent: a receiver must bear a message that comes twice anyway.
func (s Sender) Send(ctx context.Context, to edge.Queue, after time.Duration, bodies ...[]byte) error {
	url := s.URLs[to]
	if url == "" || after < 0 || after > maxDelay {
		return fmt.Errorf("sending to %q after %s: no such queue or delay", to, after)
	}
	seconds := int32((after + time.Second - 1) / time.Second)
	for some := range slices.Chunk(bodies, maxBatch) {
		if err := s.batch(ctx, url, seconds, some); err != nil {
			return fmt.Errorf("sending %d messages to %s: %w", len(bodies), to, err)
		}
	}
	return nil
}

func (s Sender) batch(ctx context.Context, url string, seconds int32, bodies [][]byte) error {
	input := &sqs.SendMessageBatchInput{QueueUrl: &url}
	for i, body := range bodies {
		input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body)), DelaySeconds: seconds})
	}
	out, err := s.Client.SendMessageBatch(ctx, input)
	if err != nil {
		return err
	}
	if len(out.Failed) > 0 { // a batch can be taken in part, with status 200
		first := out.Failed[0]
		return fmt.Errorf("%d of %d refused, the first with %s", len(out.Failed), len(bodies), aws.ToString(first.Code))
	}
	return nil
}

// Announcer implements ledger.Announcer: each committed event becomes one message for the fan-out.
type Announcer struct {
	Sender
	Log *slog.Logger
}

// Announce sends the events' ids. Trouble is logged and nothing else: the events are committed, and the sweeper takes up
// those that nobody was told of.
func (a Announcer) Announce(ctx context.Context, events []ledger.Event) {
	ctx, done := context.WithTimeout(ctx, announceWithin)
	defer done()
	bodies := make([][]byte, len(events))
	for i, e := range events {
		bodies[i], _ = json.Marshal(ledger.Announcement{Event: e.ID})
	}
	if err := a.Send(ctx, edge.EventQueue, 0, bodies...); err != nil {
		a.Log.Error("announcing events", "first", events[0].ID, "count", len(events), "error", err.Error())
	}
}
