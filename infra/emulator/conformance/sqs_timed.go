package conformance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// SQSTimed runs the cases about delays, time-outs, retention and long polls. The service goes by the clock.
func SQSTimed(t *testing.T, client *sqs.Client, clock *SteppedClock) {
	c := sqsTimedCases{sqsCases{client}, clock}
	t.Run("Delay", c.delay)
	t.Run("VisibilityTimeout", c.visibilityTimeout)
	t.Run("TwelveHours", c.twelveHours)
	t.Run("Retention", c.retention)
	t.Run("RetentionOfDeadLetters", c.retentionOfDeadLetters)
	t.Run("LongPollWakes", c.longPollWakes)
	t.Run("LongPollEnds", c.longPollEnds)
	t.Run("LongPollCancelled", c.longPollCancelled)
	t.Run("PurgeAgain", c.purgeAgain)
	t.Run("PacedMove", c.pacedMove)
}

type sqsTimedCases struct {
	sqsCases
	clock *SteppedClock
}

// A message is there when its delay is over and not a second before; one without a delay of its own has the queue's.
func (c sqsTimedCases) delay(t *testing.T) {
	own, queues := c.create(t, nil), c.create(t, map[string]string{"DelaySeconds": "900"})
	if _, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &own, MessageBody: aws.String("m"), DelaySeconds: 900}); err != nil {
		t.Fatalf("SendMessage: %v", err)
	}
	c.send(t, queues, "m")
	c.clock.Advance(899 * time.Second)
	c.none(t, own, "a second before")
	c.none(t, queues, "a second before")
	c.counts(t, own, 0, 0, 1)
	c.clock.Advance(time.Second)
	c.one(t, own, "m")
	c.one(t, queues, "m")
}

// An undeleted message comes again after the visibility time-out: the queue's, the receive's, or the changed one counted
// from the change.
func (c sqsTimedCases) visibilityTimeout(t *testing.T) {
	url := c.create(t, map[string]string{"VisibilityTimeout": "60"})
	c.send(t, url, "m")
	first := c.one(t, url, "m")
	c.clock.Advance(59 * time.Second)
	c.none(t, url, "a second before the queue's time-out")
	c.clock.Advance(time.Second)
	out, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, VisibilityTimeout: 10})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("ReceiveMessage: got %v, %v", out, err)
	}
	c.clock.Advance(9 * time.Second)
	c.remove(t, url, first)
	c.none(t, url, "a second before the receive's time-out")
	if err := c.hide(t, url, out.Messages[0], 100); err != nil {
		t.Fatalf("ChangeMessageVisibility: %v", err)
	}
	c.clock.Advance(99 * time.Second)
	c.none(t, url, "a second before the changed time-out")
	c.clock.Advance(time.Second)
	third := c.one(t, url, "m")
	if got := third.Attributes["ApproximateReceiveCount"]; got != "3" {
		t.Errorf("got ApproximateReceiveCount %s, want 3", got)
	}
	// After its time-out, and as long as nobody else has received it, the last receiver may still delete a message.
	c.clock.Advance(time.Hour)
	c.remove(t, url, third)
	c.counts(t, url, 0, 0, 0)
}

// A message can be hidden for 12 hours from its receive, however the time is cut up.
func (c sqsTimedCases) twelveHours(t *testing.T) {
	url := c.create(t, nil)
	c.send(t, url, "m")
	m := c.one(t, url, "m")
	if err := c.hide(t, url, m, 43200); err != nil {
		t.Fatalf("12 hours: %v", err)
	}
	c.clock.Advance(time.Hour)
	sqsCode(t, "11 hours and a second after one", c.hide(t, url, m, 11*3600+1), "InvalidParameterValue")
	if err := c.hide(t, url, m, 11*3600); err != nil {
		t.Errorf("11 hours after one: %v", err)
	}
}

// A message is gone when the retention period is over, received or not.
func (c sqsTimedCases) retention(t *testing.T) {
	url := c.create(t, map[string]string{"MessageRetentionPeriod": "60"})
	c.send(t, url, "a", "b")
	a := c.receive(t, url, 1)[0]
	c.clock.Advance(59 * time.Second)
	c.counts(t, url, 2, 0, 0)
	c.clock.Advance(time.Second)
	c.counts(t, url, 0, 0, 0)
	c.none(t, url, "after the retention period")
	c.remove(t, url, a)
}

// In a dead-letter queue the age of a message goes on counting from when it was sent at first.
func (c sqsTimedCases) retentionOfDeadLetters(t *testing.T) {
	url, dead := c.withDeadLetters(t, 1)
	set := map[string]string{"MessageRetentionPeriod": "120"}
	if _, err := c.client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &dead, Attributes: set}); err != nil {
		t.Fatalf("SetQueueAttributes: %v", err)
	}
	c.send(t, url, "m")
	c.clock.Advance(100 * time.Second)
	c.bury(t, url, "m", 1)
	c.counts(t, dead, 1, 0, 0)
	c.clock.Advance(20 * time.Second)
	c.counts(t, dead, 0, 0, 0)
}

// poll starts a long poll of 20 seconds and returns when it waits.
func (c sqsTimedCases) poll(ctx context.Context, url string) <-chan sqsPolled {
	polled := make(chan sqsPolled, 1)
	go func() {
		out, err := c.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
		if err != nil {
			polled <- sqsPolled{err: err}
			return
		}
		polled <- sqsPolled{messages: out.Messages}
	}()
	c.clock.AwaitTimers(1)
	return polled
}

type sqsPolled struct {
	messages []types.Message
	err      error
}

// What wakes a waiting receive: a message sent, a delay that is over, a time-out that is over, and a message shown again.
func (c sqsTimedCases) longPollWakes(t *testing.T) {
	for name, test := range map[string]struct {
		before func(url string) types.Message
		after  func(url string, m types.Message)
	}{
		"sent": {
			before: func(string) types.Message { return types.Message{} },
			after:  func(url string, _ types.Message) { c.send(t, url, "m") },
		},
		"delay over": {
			before: func(url string) types.Message {
				if _, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m"), DelaySeconds: 5}); err != nil {
					t.Fatalf("SendMessage: %v", err)
				}
				return types.Message{}
			},
			after: func(string, types.Message) { c.clock.Advance(5 * time.Second) },
		},
		"time-out over": {
			before: func(url string) types.Message {
				c.send(t, url, "m")
				m := c.one(t, url, "m")
				if err := c.hide(t, url, m, 7); err != nil {
					t.Fatalf("ChangeMessageVisibility: %v", err)
				}
				return m
			},
			after: func(string, types.Message) { c.clock.Advance(7 * time.Second) },
		},
		"shown again": {
			before: func(url string) types.Message { c.send(t, url, "m"); return c.one(t, url, "m") },
			after: func(url string, m types.Message) {
				if err := c.hide(t, url, m, 0); err != nil {
					t.Errorf("ChangeMessageVisibility: %v", err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := c.create(t, nil)
			m := test.before(url)
			polled := c.poll(t.Context(), url)
			test.after(url, m)
			if got := <-polled; got.err != nil || len(got.messages) != 1 || *got.messages[0].Body != "m" {
				t.Errorf("got messages %q, %v, want m", sqsBodies(got.messages), got.err)
			}
		})
	}
}

// A receive waits as long as it says, or else as long as its queue says, and then answers without messages.
func (c sqsTimedCases) longPollEnds(t *testing.T) {
	polled := c.poll(t.Context(), c.create(t, nil))
	c.clock.Advance(20 * time.Second)
	if got := <-polled; got.err != nil || len(got.messages) != 0 {
		t.Errorf("got %+v, want no messages", got)
	}
	url := c.create(t, map[string]string{"ReceiveMessageWaitTimeSeconds": "3"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if out, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url}); err != nil || len(out.Messages) != 0 {
			t.Errorf("got %+v, %v, want no messages", out, err)
		}
	}()
	c.clock.AwaitTimers(1)
	c.clock.Advance(3 * time.Second)
	<-done
}

// A receive whose caller has gone takes no message with it.
func (c sqsTimedCases) longPollCancelled(t *testing.T) {
	url := c.create(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	polled := c.poll(ctx, url)
	cancel()
	if got := <-polled; got.err == nil {
		t.Errorf("got %+v, want the error of a cancelled call", got)
	}
	c.clock.AwaitNoTimers()
	c.send(t, url, "m")
	c.one(t, url, "m")
}

func (c sqsTimedCases) purgeAgain(t *testing.T) {
	url := c.create(t, nil)
	for range 2 {
		if _, err := c.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
			t.Errorf("PurgeQueue: %v", err)
		}
		c.clock.Advance(60 * time.Second)
	}
}

// A move with a rate moves so many messages at once and a second later the next, and is alone meanwhile.
func (c sqsTimedCases) pacedMove(t *testing.T) {
	url, dead := c.withDeadLetters(t, 1)
	destination := c.attributes(t, url)["QueueArn"]
	for i := range 5 {
		c.send(t, dead, fmt.Sprint(i))
	}
	arn := c.attributes(t, dead)["QueueArn"]
	start := sqs.StartMessageMoveTaskInput{SourceArn: &arn, DestinationArn: &destination, MaxNumberOfMessagesPerSecond: aws.Int32(2)}
	if _, err := c.client.StartMessageMoveTask(t.Context(), &start); err != nil {
		t.Fatalf("StartMessageMoveTask: %v", err)
	}
	_, err := c.client.StartMessageMoveTask(t.Context(), &start)
	sqsCode(t, "a second move", err, "InvalidParameterValue")
	c.counts(t, url, 2, 0, 0)
	for _, moved := range []int{4, 5} {
		c.clock.AwaitTimers(1)
		c.clock.Advance(time.Second)
		if moved == 5 {
			break
		}
		c.clock.AwaitTimers(1) // that of the next second, set when this second's messages have moved
		c.counts(t, url, moved, 0, 0)
	}
	if task := c.moved(t, arn); *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 5 {
		t.Errorf("got task %+v", task)
	}
	c.counts(t, url, 5, 0, 0)
}
