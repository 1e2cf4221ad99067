package sqs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
	"github.com/zenvault/zenvault/infra/emulator/sqs"
)

type fields map[string]any

func open(t testing.TB, o sqs.Options) *sqs.Service {
	t.Helper()
	s, err := sqs.Open(o)
	if err != nil {
		t.Fatalf("open sqs: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// answer is what the tests look at in any operation's answer.
type answer struct {
	QueueUrl   string
	Attributes map[string]string
	Messages   []received
	Results    []struct {
		Status                            string
		ApproximateNumberOfMessagesMoved  int
		ApproximateNumberOfMessagesToMove int
	}
}

type received struct {
	Attributes    map[string]string
	Body          string
	MessageId     string
	ReceiptHandle string
}

func call(t testing.TB, s *sqs.Service, operation string, in fields) (answer, error) {
	t.Helper()
	return callWith(t.Context(), s, operation, in)
}

func callWith(ctx context.Context, s *sqs.Service, operation string, in fields) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	out, err := s.Call(ctx, operation, body)
	if err != nil {
		return answer{}, err
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return answer{}, err
	}
	var a answer
	return a, json.Unmarshal(encoded, &a)
}

func must(t testing.TB, s *sqs.Service, operation string, in fields) answer {
	t.Helper()
	a, err := call(t, s, operation, in)
	if err != nil {
		t.Fatalf("%s(%v): %v", operation, in, err)
	}
	return a
}

func create(t testing.TB, s *sqs.Service, name string, attributes fields) (url string) {
	t.Helper()
	return must(t, s, "CreateQueue", fields{"QueueName": name, "Attributes": attributes}).QueueUrl
}

func receive(t testing.TB, s *sqs.Service, url string) []received {
	t.Helper()
	return must(t, s, "ReceiveMessage", fields{"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": []string{"All"}}).Messages
}

// counts are the visible, in flight and delayed messages of a queue.
func counts(t testing.TB, s *sqs.Service, url string) string {
	t.Helper()
	a := must(t, s, "GetQueueAttributes", fields{"QueueUrl": url, "AttributeNames": []string{"All"}}).Attributes
	return fmt.Sprint(a["ApproximateNumberOfMessages"], " ", a["ApproximateNumberOfMessagesNotVisible"], " ", a["ApproximateNumberOfMessagesDelayed"])
}

func wantRefusal(t testing.TB, err error, kind string) {
	t.Helper()
	var refused *protocol.Error
	if !errors.As(err, &refused) || refused.Type != kind {
		t.Errorf("got %v, want %s", err, kind)
	}
}

// What the emulator lacks is refused by name: FIFO queues, operations, members and attributes.
func TestRefusesWhatItDoesNotImplement(t *testing.T) {
	s := open(t, sqs.Options{})
	url := create(t, s, "q", nil)
	for _, test := range []struct {
		operation string
		in        fields
	}{
		{"DeleteQueue", fields{"QueueUrl": url}},
		{"CreateQueue", fields{"QueueName": "q.fifo"}},
		{"CreateQueue", fields{"QueueName": "f", "Attributes": fields{"FifoQueue": "true"}}},
		{"CreateQueue", fields{"QueueName": "t", "tags": fields{"a": "b"}}},
		{"SetQueueAttributes", fields{"QueueUrl": url, "Attributes": fields{"Policy": "{}"}}},
		{"SendMessage", fields{"QueueUrl": url, "MessageBody": "m", "MessageGroupId": "g"}},
		{"SendMessageBatch", fields{"QueueUrl": url, "Entries": []fields{{"Id": "a", "MessageBody": "m", "MessageDeduplicationId": "d"}}}},
		{"ReceiveMessage", fields{"QueueUrl": url, "ReceiveRequestAttemptId": "x"}},
		{"ReceiveMessage", fields{"QueueUrl": url, "MessageAttributeNames": []string{"prefix.*"}}},
		{"ListQueues", fields{"MaxResults": 1}},
	} {
		_, err := call(t, s, test.operation, test.in)
		wantRefusal(t, err, "EmulatorUnsupported")
	}
	if got := counts(t, s, url); got != "0 0 0" {
		t.Errorf("got messages %s after refusals, want none", got)
	}
}

// Encryption settings are kept and answered, one kind at a time.
func TestEncryptionAttributes(t *testing.T) {
	s := open(t, sqs.Options{})
	url := create(t, s, "q", fields{"KmsMasterKeyId": "alias/queue"})
	state := func() string {
		a := must(t, s, "GetQueueAttributes", fields{"QueueUrl": url, "AttributeNames": []string{"All"}}).Attributes
		return a["KmsMasterKeyId"] + " " + a["KmsDataKeyReusePeriodSeconds"] + " " + a["SqsManagedSseEnabled"]
	}
	if got, want := state(), "alias/queue 300 false"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, s, "SetQueueAttributes", fields{"QueueUrl": url, "Attributes": fields{"SqsManagedSseEnabled": "true"}})
	if got, want := state(), "  true"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err := call(t, s, "SetQueueAttributes", fields{"QueueUrl": url, "Attributes": fields{"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "k"}})
	wantRefusal(t, err, "InvalidAttributeValue")
}

// A queue may say whose dead-letter queue it wants to be.
func TestRedriveAllowPolicy(t *testing.T) {
	s := open(t, sqs.Options{Region: "eu-central-1"})
	url := create(t, s, "dead", nil)
	redrive := fields{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:000000000000:dead","maxReceiveCount":1}`}
	for i, test := range []struct {
		policy string
		ok     bool
	}{
		{`{"redrivePermission":"denyAll"}`, false},
		{`{"redrivePermission":"allowAll"}`, true},
		{`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:eu-central-1:000000000000:other"]}`, false},
		{`{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:eu-central-1:000000000000:q3"]}`, true},
		{``, true},
	} {
		must(t, s, "SetQueueAttributes", fields{"QueueUrl": url, "Attributes": fields{"RedriveAllowPolicy": test.policy}})
		_, err := call(t, s, "CreateQueue", fields{"QueueName": fmt.Sprint("q", i), "Attributes": redrive})
		if test.ok && err != nil {
			t.Errorf("%s: %v", test.policy, err)
		} else if !test.ok {
			wantRefusal(t, err, "InvalidParameterValue")
		}
	}
	for _, bad := range []string{`{}`, `{"redrivePermission":"some"}`, `{"redrivePermission":"byQueue"}`, `{"redrivePermission":"denyAll","sourceQueueArns":[]}`, `{"redrivePermission":"denyAll"} x`} {
		_, err := call(t, s, "SetQueueAttributes", fields{"QueueUrl": url, "Attributes": fields{"RedriveAllowPolicy": bad}})
		wantRefusal(t, err, "InvalidParameterValue")
	}
}

// A doubled delivery comes in a later receive, with the same id and a handle of its own, and outlives the deletion of
// the first.
func TestDuplicateNext(t *testing.T) {
	s := open(t, sqs.Options{Clock: conformance.NewSteppedClock()})
	url := create(t, s, "q", nil)
	for _, body := range []string{"a", "b"} {
		must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": body})
	}
	if err := s.DuplicateNext("q", 1); err != nil {
		t.Fatalf("DuplicateNext: %v", err)
	}
	first := receive(t, s, url)
	if len(first) != 2 {
		t.Fatalf("got %d messages, want 2", len(first))
	}
	must(t, s, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": first[0].ReceiptHandle})
	again := receive(t, s, url)
	if len(again) != 1 || again[0].MessageId != first[0].MessageId || again[0].ReceiptHandle == first[0].ReceiptHandle {
		t.Fatalf("got %+v, want the first message again", again)
	}
	if got := again[0].Attributes["ApproximateReceiveCount"]; got != "2" {
		t.Errorf("got ApproximateReceiveCount %s, want 2", got)
	}
	must(t, s, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": again[0].ReceiptHandle})
	if got := counts(t, s, url); got != "0 1 0" {
		t.Errorf("got messages %s, want only the second in flight", got)
	}
	if err := s.DuplicateNext("unknown", 1); err == nil {
		t.Error("DuplicateNext for an unknown queue succeeds")
	}
}

// Close ends a receive that waits, at once and without an error; later calls are refused.
func TestCloseEndsLongPolls(t *testing.T) {
	clock := conformance.NewSteppedClock()
	s := open(t, sqs.Options{Clock: clock})
	url := create(t, s, "q", nil)
	ended := make(chan error, 1)
	go func() {
		a, err := callWith(context.Background(), s, "ReceiveMessage", fields{"QueueUrl": url, "WaitTimeSeconds": 20})
		if err == nil && len(a.Messages) != 0 {
			err = errors.New("got messages")
		}
		ended <- err
	}()
	clock.AwaitTimers(1)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the waiting receive: %v", err)
	}
	for _, operation := range []string{"ReceiveMessage", "SendMessage"} {
		_, err := call(t, s, operation, fields{"QueueUrl": url})
		wantRefusal(t, err, "ServiceUnavailable")
	}
}

// A receive that waits ends at once when its context does.
func TestContextEndsLongPolls(t *testing.T) {
	clock := conformance.NewSteppedClock()
	s := open(t, sqs.Options{Clock: clock})
	url := create(t, s, "q", nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := callWith(ctx, s, "ReceiveMessage", fields{"QueueUrl": url, "WaitTimeSeconds": 20})
		ended <- err
	}()
	clock.AwaitTimers(1)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the waiting receive: %v", err)
	}
	must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": "m"})
	if _, err := callWith(ctx, s, "ReceiveMessage", fields{"QueueUrl": url}); err != nil {
		t.Errorf("a receive whose caller has gone: %v", err)
	}
	if got := counts(t, s, url); got != "1 0 0" {
		t.Errorf("got messages %s, want one that nobody took", got)
	}
}

// A clock that jumps while a receive begins to wait does not make it wait for longer.
func TestClockJumpsBeforeTheTimer(t *testing.T) {
	clock := &jumpingClock{SteppedClock: conformance.NewSteppedClock(), jump: 10 * time.Second}
	s := open(t, sqs.Options{Clock: clock})
	url := create(t, s, "q", nil)
	must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": "m", "DelaySeconds": 10})
	if got := must(t, s, "ReceiveMessage", fields{"QueueUrl": url, "WaitTimeSeconds": 20}).Messages; len(got) != 1 {
		t.Errorf("got %d messages, want 1", len(got))
	}
}

type jumpingClock struct {
	*conformance.SteppedClock
	jump time.Duration
}

// AfterFunc moves the clock right before the first timer is set.
func (c *jumpingClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.Advance(c.jump)
	c.jump = 0
	return c.SteppedClock.AfterFunc(d, f)
}
