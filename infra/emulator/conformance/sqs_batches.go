package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c sqsCases) batches(t *testing.T) {
	t.Run("SendPartialFailure", c.sendPartialFailure)
	t.Run("WholeBatchRefused", c.wholeBatchRefused)
	t.Run("DeleteAndHide", c.deleteAndHide)
}

func sqsEntry(id, body string, delay int32) types.SendMessageBatchRequestEntry {
	return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body, DelaySeconds: delay}
}

// A bad entry fails alone, and the others are sent.
func (c sqsCases) sendPartialFailure(t *testing.T) {
	url := c.create(t, nil)
	attributed := sqsEntry("attributed", "c", 0)
	attributed.MessageAttributes = sqsSample
	out, err := c.client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{
		sqsEntry("good", "a", 0), sqsEntry("late", "b", 901), attributed, sqsEntry("control", "\x00", 0), sqsEntry("later", "d", 900)}})
	if err != nil {
		t.Fatalf("SendMessageBatch: %v", err)
	}
	var sent []string
	for _, e := range out.Successful {
		sent = append(sent, *e.Id)
		if *e.Id == "attributed" && aws.ToString(e.MD5OfMessageAttributes) != sqsSampleDigest() {
			t.Errorf("got MD5OfMessageAttributes %q, want %q", aws.ToString(e.MD5OfMessageAttributes), sqsSampleDigest())
		}
	}
	if slices.Sort(sent); strings.Join(sent, " ") != "attributed good later" {
		t.Errorf("got %v sent, want attributed, good and later", sent)
	}
	sqsFailed(t, out.Failed, map[string]string{"late": "InvalidParameterValue", "control": "InvalidMessageContents"})
	c.counts(t, url, 2, 0, 1)
}

// Too many, none, equal or odd ids and too many bytes fail a batch as a whole.
func (c sqsCases) wholeBatchRefused(t *testing.T) {
	url := c.create(t, nil)
	var eleven []types.SendMessageBatchRequestEntry
	for i := range 11 {
		eleven = append(eleven, sqsEntry(fmt.Sprint(i), "x", 0))
	}
	half := strings.Repeat("x", 1<<19)
	for _, test := range []struct {
		code    string
		entries []types.SendMessageBatchRequestEntry
	}{
		{"TooManyEntriesInBatchRequest", eleven},
		{"EmptyBatchRequest", []types.SendMessageBatchRequestEntry{}},
		{"BatchEntryIdsNotDistinct", []types.SendMessageBatchRequestEntry{sqsEntry("a", "x", 0), sqsEntry("a", "y", 0)}},
		{"InvalidBatchEntryId", []types.SendMessageBatchRequestEntry{sqsEntry("a b", "x", 0)}},
		{"InvalidBatchEntryId", []types.SendMessageBatchRequestEntry{sqsEntry(strings.Repeat("a", 81), "x", 0)}},
		{"BatchRequestTooLong", []types.SendMessageBatchRequestEntry{sqsEntry("a", half, 0), sqsEntry("b", half+"x", 0)}},
	} {
		_, err := c.client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: test.entries})
		sqsCode(t, test.code, err, test.code, "AWS.SimpleQueueService."+test.code)
	}
	c.counts(t, url, 0, 0, 0)
	if _, err := c.client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &url,
		Entries: []types.SendMessageBatchRequestEntry{sqsEntry("a", half, 0), sqsEntry("b", half, 0)}}); err != nil {
		t.Errorf("exactly 1 MiB: %v", err)
	}
}

// DeleteMessageBatch and ChangeMessageVisibilityBatch fail for a bad handle and go on with the others.
func (c sqsCases) deleteAndHide(t *testing.T) {
	url := c.create(t, nil)
	c.send(t, url, "a", "b", "c")
	messages := c.receive(t, url, 10)
	if len(messages) != 3 {
		t.Fatalf("got messages %q, want 3", sqsBodies(messages))
	}
	bad := aws.String("nonsense")
	shown, err := c.client.ChangeMessageVisibilityBatch(t.Context(), &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
		{Id: aws.String("x"), ReceiptHandle: bad, VisibilityTimeout: 0}, {Id: aws.String("y"), ReceiptHandle: messages[0].ReceiptHandle, VisibilityTimeout: 0}}})
	if err != nil || len(shown.Successful) != 1 || *shown.Successful[0].Id != "y" {
		t.Fatalf("ChangeMessageVisibilityBatch: got %+v, %v", shown, err)
	}
	sqsFailed(t, shown.Failed, map[string]string{"x": "ReceiptHandleIsInvalid"})
	c.counts(t, url, 1, 2, 0)
	deleted, err := c.client.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("x"), ReceiptHandle: messages[1].ReceiptHandle}, {Id: aws.String("y"), ReceiptHandle: bad}, {Id: aws.String("z"), ReceiptHandle: messages[2].ReceiptHandle}}})
	if err != nil || len(deleted.Successful) != 2 {
		t.Fatalf("DeleteMessageBatch: got %+v, %v", deleted, err)
	}
	sqsFailed(t, deleted.Failed, map[string]string{"y": "ReceiptHandleIsInvalid"})
	c.counts(t, url, 1, 0, 0)
}
