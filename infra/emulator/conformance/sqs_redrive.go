package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c sqsCases) redrive(t *testing.T) {
	t.Run("ToDeadLetters", c.toDeadLetters)
	t.Run("Back", c.movesBack)
	t.Run("ToAnotherQueue", c.movesElsewhere)
	t.Run("RefusedMoves", c.refusedMoves)
}

// bury receives the only message of a queue as often as it may be, and once more.
func (c sqsCases) bury(t *testing.T, url, body string, maxReceives int) (last types.Message) {
	t.Helper()
	for range maxReceives {
		last = c.one(t, url, body)
		if err := c.hide(t, url, last, 0); err != nil {
			t.Fatalf("ChangeMessageVisibility: %v", err)
		}
	}
	c.none(t, url, "after the last receive")
	return last
}

// After maxReceiveCount receives a message is in the dead-letter queue, with its id, its age and its receive count, and
// the name of where it comes from.
func (c sqsCases) toDeadLetters(t *testing.T) {
	url, dead := c.withDeadLetters(t, 3)
	c.send(t, url, "m")
	last := c.bury(t, url, "m", 3)
	c.counts(t, url, 0, 0, 0)
	m := c.one(t, dead, "m")
	if *m.MessageId != *last.MessageId {
		t.Errorf("got MessageId %s, want %s", *m.MessageId, *last.MessageId)
	}
	for name, want := range map[string]string{
		"ApproximateReceiveCount": "4", "SentTimestamp": last.Attributes["SentTimestamp"], "DeadLetterQueueSourceArn": c.attributes(t, url)["QueueArn"],
	} {
		if got := m.Attributes[name]; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// moved waits until the newest move out of a queue is over.
func (c sqsCases) moved(t *testing.T, arn string) types.ListMessageMoveTasksResultEntry {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		out, err := c.client.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &arn})
		if err != nil || len(out.Results) != 1 {
			t.Fatalf("ListMessageMoveTasks: got %+v, %v, want one task", out, err)
		}
		if *out.Results[0].Status != "RUNNING" {
			return out.Results[0]
		}
	}
	t.Fatal("the move does not end")
	return types.ListMessageMoveTasksResultEntry{}
}

// A move without a destination brings each message back to its queue, as a new message.
func (c sqsCases) movesBack(t *testing.T) {
	url, dead := c.withDeadLetters(t, 1)
	arn := c.attributes(t, dead)["QueueArn"]
	c.send(t, url, "m")
	last := c.bury(t, url, "m", 1)
	c.counts(t, dead, 1, 0, 0)
	started, err := c.client.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &arn})
	if err != nil || aws.ToString(started.TaskHandle) == "" {
		t.Fatalf("StartMessageMoveTask: got %+v, %v", started, err)
	}
	task := c.moved(t, arn)
	if *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 1 || aws.ToInt64(task.ApproximateNumberOfMessagesToMove) != 1 ||
		*task.SourceArn != arn || task.DestinationArn != nil || task.TaskHandle != nil {
		t.Errorf("got task %+v", task)
	}
	c.counts(t, dead, 0, 0, 0)
	m := c.one(t, url, "m")
	if *m.MessageId == *last.MessageId {
		t.Error("the moved message has its old id")
	}
	if got := m.Attributes["ApproximateReceiveCount"]; got != "1" {
		t.Errorf("got ApproximateReceiveCount %s, want 1", got)
	}
}

func (c sqsCases) movesElsewhere(t *testing.T) {
	url, dead := c.withDeadLetters(t, 1)
	other := c.create(t, nil)
	arn, destination := c.attributes(t, dead)["QueueArn"], c.attributes(t, other)["QueueArn"]
	c.send(t, dead, "straight to the dead letters")
	if _, err := c.client.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &arn, DestinationArn: &destination}); err != nil {
		t.Fatalf("StartMessageMoveTask: %v", err)
	}
	if task := c.moved(t, arn); *task.Status != "COMPLETED" || aws.ToString(task.DestinationArn) != destination {
		t.Errorf("got task %+v", task)
	}
	c.one(t, other, "straight to the dead letters")
	c.counts(t, url, 0, 0, 0)
}

// Only the messages of a dead-letter queue move, only to a queue that is there, and without a destination only if it is
// known where they come from.
func (c sqsCases) refusedMoves(t *testing.T) {
	url, dead := c.withDeadLetters(t, 1)
	arn, notDead := c.attributes(t, dead)["QueueArn"], c.attributes(t, url)["QueueArn"]
	for _, test := range []struct {
		in   sqs.StartMessageMoveTaskInput
		code string
	}{
		{sqs.StartMessageMoveTaskInput{SourceArn: &notDead}, "InvalidParameterValue"},
		{sqs.StartMessageMoveTaskInput{SourceArn: &arn, DestinationArn: &arn}, "InvalidParameterValue"},
		{sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn + "x")}, "ResourceNotFoundException"},
		{sqs.StartMessageMoveTaskInput{SourceArn: &arn, DestinationArn: aws.String(arn + "x")}, "ResourceNotFoundException"},
		{sqs.StartMessageMoveTaskInput{SourceArn: &arn, MaxNumberOfMessagesPerSecond: aws.Int32(501)}, "InvalidParameterValue"},
	} {
		_, err := c.client.StartMessageMoveTask(t.Context(), &test.in)
		sqsCode(t, "StartMessageMoveTask", err, test.code)
	}
	c.send(t, dead, "of unknown origin")
	if _, err := c.client.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &arn}); err != nil {
		t.Fatalf("StartMessageMoveTask: %v", err)
	}
	if task := c.moved(t, arn); *task.Status != "FAILED" || !strings.Contains(aws.ToString(task.FailureReason), "CouldNotDetermineMessageSource") {
		t.Errorf("got task %+v, want it failed", task)
	}
	c.counts(t, dead, 1, 0, 0)
}
