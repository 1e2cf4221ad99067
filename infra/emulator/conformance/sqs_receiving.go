package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c sqsCases) receiving(t *testing.T) {
	t.Run("HiddenUntilShown", c.hiddenUntilShown)
	t.Run("OldHandle", c.oldHandle)
	t.Run("Limits", c.receiveLimits)
	t.Run("Handles", c.handles)
	t.Run("LongPoll", c.longPollSeesASend)
}

// A received message is hidden, comes again when its visibility ends, and is gone when deleted.
func (c sqsCases) hiddenUntilShown(t *testing.T) {
	url := c.create(t, nil)
	c.send(t, url, "m")
	first := c.one(t, url, "m")
	c.none(t, url, "while in flight")
	c.counts(t, url, 0, 1, 0)
	if err := c.hide(t, url, first, 0); err != nil {
		t.Fatalf("ChangeMessageVisibility: %v", err)
	}
	c.counts(t, url, 1, 0, 0)
	second := c.one(t, url, "m")
	if *second.MessageId != *first.MessageId || *second.ReceiptHandle == *first.ReceiptHandle {
		t.Error("the second receive must have the same id and another handle")
	}
	if got := second.Attributes["ApproximateReceiveCount"]; got != "2" {
		t.Errorf("got ApproximateReceiveCount %s, want 2", got)
	}
	if second.Attributes["ApproximateFirstReceiveTimestamp"] != first.Attributes["ApproximateFirstReceiveTimestamp"] {
		t.Error("the time of the first receive has changed")
	}
	c.remove(t, url, second)
	c.remove(t, url, second) // deleting what is deleted succeeds
	c.counts(t, url, 0, 0, 0)
	sqsCode(t, "hiding what is deleted", c.hide(t, url, second, 10), "InvalidParameterValue")
}

// The handle of an earlier receive neither deletes nor hides a message that was received again.
func (c sqsCases) oldHandle(t *testing.T) {
	url := c.create(t, nil)
	c.send(t, url, "m")
	first := c.one(t, url, "m")
	if err := c.hide(t, url, first, 0); err != nil {
		t.Fatalf("ChangeMessageVisibility: %v", err)
	}
	sqsCode(t, "hiding what is visible", c.hide(t, url, first, 10), "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight")
	second := c.one(t, url, "m")
	c.remove(t, url, first)
	c.counts(t, url, 0, 1, 0)
	sqsCode(t, "hiding by the old handle", c.hide(t, url, first, 0), "InvalidParameterValue")
	c.remove(t, url, second)
	c.counts(t, url, 0, 0, 0)
}

func (c sqsCases) receiveLimits(t *testing.T) {
	url := c.create(t, nil)
	for i := range 12 {
		c.send(t, url, fmt.Sprint(i))
	}
	for _, in := range []sqs.ReceiveMessageInput{{MaxNumberOfMessages: 11}, {MaxNumberOfMessages: -1}, {WaitTimeSeconds: 21}, {VisibilityTimeout: 43201}} {
		in.QueueUrl = &url
		_, err := c.client.ReceiveMessage(t.Context(), &in)
		sqsCode(t, "receive", err, "InvalidParameterValue")
	}
	_, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"Nonsense"}})
	sqsCode(t, "an unknown attribute", err, "InvalidAttributeName")
	out, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url})
	if err != nil || len(out.Messages) != 1 {
		t.Errorf("without a number: got %v, %v, want 1 message", out, err)
	}
	if got := c.receive(t, url, 10); len(got) != 10 {
		t.Errorf("got %d messages, want 10", len(got))
	}
	if got := c.receive(t, url, 10); len(got) != 1 {
		t.Errorf("got %d messages, want the last one", len(got))
	}
	sqsCode(t, "12 hours and a second", c.hide(t, url, out.Messages[0], 43201), "InvalidParameterValue")
}

// A handle that is none, and one of another queue, are refused.
func (c sqsCases) handles(t *testing.T) {
	url, other := c.create(t, nil), c.create(t, nil)
	c.send(t, url, "m")
	m := c.one(t, url, "m")
	for _, text := range []string{"nonsense", strings.ToLower(*m.ReceiptHandle) + "x", (*m.ReceiptHandle)[1:]} {
		_, err := c.client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: &text})
		sqsCode(t, "a changed handle", err, "ReceiptHandleIsInvalid")
	}
	_, err := c.client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &other, ReceiptHandle: m.ReceiptHandle})
	sqsCode(t, "the handle of another queue", err, "ReceiptHandleIsInvalid", "InvalidParameterValue")
	c.counts(t, url, 0, 1, 0)
}

// A receive that waits gets a message that is sent meanwhile.
func (c sqsCases) longPollSeesASend(t *testing.T) {
	url := c.create(t, nil)
	received := make(chan error, 1)
	go func() {
		out, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
		if err == nil && (len(out.Messages) != 1 || *out.Messages[0].Body != "m") {
			err = fmt.Errorf("got messages %q, want m", sqsBodies(out.Messages))
		}
		received <- err
	}()
	if _, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m")}); err != nil {
		t.Errorf("SendMessage: %v", err)
	}
	if err := <-received; err != nil {
		t.Error(err)
	}
}
