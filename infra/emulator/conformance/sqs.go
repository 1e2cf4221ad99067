package conformance

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// SQS runs the cases that need nothing but a client. They leave queues behind.
func SQS(t *testing.T, client *sqs.Client) {
	c := sqsCases{client}
	t.Run("Queues", c.queues)
	t.Run("Sending", c.sending)
	t.Run("Batches", c.batches)
	t.Run("Receiving", c.receiving)
	t.Run("Redrive", c.redrive)
}

type sqsCases struct{ client *sqs.Client }

// create makes a queue of a name that no other test has and returns its URL.
func (c sqsCases) create(t *testing.T, attributes map[string]string) string {
	t.Helper()
	name := sqsName()
	out, err := c.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatalf("CreateQueue: %v", err)
	}
	return *out.QueueUrl
}

func sqsName() string {
	var b [8]byte
	rand.Read(b[:])
	return "conformance-" + hex.EncodeToString(b[:])
}

func (c sqsCases) send(t *testing.T, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := c.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
			t.Fatalf("SendMessage: %v", err)
		}
	}
}

// receive takes up to limit messages without waiting, all their attributes included.
func (c sqsCases) receive(t *testing.T, url string, limit int32) []types.Message {
	t.Helper()
	out, err := c.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: limit,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
	if err != nil {
		t.Fatalf("ReceiveMessage: %v", err)
	}
	return out.Messages
}

// one receives exactly one message, of the given body.
func (c sqsCases) one(t *testing.T, url, body string) types.Message {
	t.Helper()
	messages := c.receive(t, url, 10)
	if len(messages) != 1 || *messages[0].Body != body {
		t.Fatalf("got messages %q, want only %q", sqsBodies(messages), body)
	}
	return messages[0]
}

func (c sqsCases) none(t *testing.T, url, when string) {
	t.Helper()
	if messages := c.receive(t, url, 10); len(messages) != 0 {
		t.Fatalf("%s: got messages %q, want none", when, sqsBodies(messages))
	}
}

func sqsBodies(messages []types.Message) (bodies []string) {
	for _, m := range messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

func (c sqsCases) remove(t *testing.T, url string, m types.Message) {
	t.Helper()
	if _, err := c.client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		t.Fatalf("DeleteMessage: %v", err)
	}
}

func (c sqsCases) hide(t *testing.T, url string, m types.Message, seconds int32) error {
	_, err := c.client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
	return err
}

func (c sqsCases) attributes(t *testing.T, url string) map[string]string {
	t.Helper()
	out, err := c.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		t.Fatalf("GetQueueAttributes: %v", err)
	}
	return out.Attributes
}

// counts checks the approximate numbers, which are exact where nothing else uses the queue.
func (c sqsCases) counts(t *testing.T, url string, visible, inFlight, delayed int) {
	t.Helper()
	a := c.attributes(t, url)
	got := [3]string{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"]}
	if want := [3]string{fmt.Sprint(visible), fmt.Sprint(inFlight), fmt.Sprint(delayed)}; got != want {
		t.Errorf("got (visible, in flight, delayed) %v, want %v", got, want)
	}
}

// withDeadLetters makes a queue and its dead-letter queue.
func (c sqsCases) withDeadLetters(t *testing.T, maxReceives int) (url, dead string) {
	t.Helper()
	dead = c.create(t, nil)
	policy := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`, c.attributes(t, dead)["QueueArn"], maxReceives)
	return c.create(t, map[string]string{"RedrivePolicy": policy}), dead
}

// sqsCode checks the code of a refusal, in its JSON or its older query form, whichever the endpoint sends.
func sqsCode(t *testing.T, what string, err error, want ...string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	} else if !slices.Contains(want, refused.ErrorCode()) {
		t.Errorf("%s: got %s (%s), want %v", what, refused.ErrorCode(), refused.ErrorMessage(), want)
	}
}

// sqsFailed checks which batch entries failed, and with which codes.
func sqsFailed(t *testing.T, failed []types.BatchResultErrorEntry, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, f := range failed {
		got[*f.Id] = *f.Code
		if !f.SenderFault {
			t.Errorf("entry %s is not the sender's fault", *f.Id)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got failures %v, want %v", got, want)
	}
}
