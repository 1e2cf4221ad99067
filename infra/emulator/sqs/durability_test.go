package sqs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/sqs"
)

// crash copies what a kill of the process would leave behind at this moment.
func crash(t *testing.T, dir string) string {
	t.Helper()
	left := t.TempDir()
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatalf("copy the state: %v", err)
	}
	return left
}

const deadARN = "arn:aws:sqs:us-east-1:000000000000:dead"

// Everything that was answered is there after a crash: queues, messages in each state, receive counts, handles, moves to
// the dead-letter queue, deletions and purges.
func TestStateSurvivesACrash(t *testing.T) {
	dir, clock := t.TempDir(), conformance.NewSteppedClock()
	s := open(t, sqs.Options{Dir: dir, Clock: clock})
	dead := create(t, s, "dead", nil)
	url := create(t, s, "q", fields{"VisibilityTimeout": "60", "RedrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":2}`})
	purged := create(t, s, "purged", nil)
	send := func(url, body string, delay int) {
		must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": body, "DelaySeconds": delay})
	}
	take := func() received {
		return must(t, s, "ReceiveMessage", fields{"QueueUrl": url}).Messages[0]
	}
	send(url, "buried", 0)
	for range 2 {
		must(t, s, "ChangeMessageVisibility", fields{"QueueUrl": url, "ReceiptHandle": take().ReceiptHandle, "VisibilityTimeout": 0})
	}
	receive(t, s, url)
	send(url, "deleted", 0)
	must(t, s, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": take().ReceiptHandle})
	send(url, "in flight", 0)
	inFlight := take()
	send(url, "visible", 0)
	send(url, "delayed", 300)
	send(purged, "purged", 0)
	must(t, s, "PurgeQueue", fields{"QueueUrl": purged})

	again := open(t, sqs.Options{Dir: crash(t, dir), Clock: clock})
	for queue, want := range map[string]string{url: "1 1 1", dead: "1 0 0", purged: "0 0 0"} {
		if got := counts(t, again, queue); got != want {
			t.Errorf("%s: got messages %s, want %s", queue, got, want)
		}
	}
	for range 4 {
		must(t, again, "SendMessage", fields{"QueueUrl": url, "MessageBody": "later", "DelaySeconds": 900})
	}
	if got := counts(t, again, url); got != "1 1 5" {
		t.Errorf("got messages %s after sending four more delayed, want 1 1 5", got)
	}
	if got := receive(t, again, dead); len(got) != 1 || got[0].Body != "buried" || got[0].Attributes["ApproximateReceiveCount"] != "3" {
		t.Errorf("got %+v from the dead letters", got)
	}
	must(t, again, "SendMessage", fields{"QueueUrl": purged, "MessageBody": "a newer one"})
	if got := counts(t, again, purged); got != "1 0 0" {
		t.Errorf("got messages %s after sending one, want it", got)
	}
	if got := receive(t, again, url); len(got) != 1 || got[0].Body != "visible" {
		t.Errorf("got %+v, want the visible message", got)
	}
	must(t, again, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": inFlight.ReceiptHandle})
	clock.Advance(300 * time.Second)
	var bodies []string
	for _, m := range receive(t, again, url) {
		bodies = append(bodies, m.Body)
	}
	if got, want := strings.Join(bodies, " "), "visible delayed"; got != want {
		t.Errorf("got %q after all times are over, want %q", got, want)
	}
	_, err := call(t, again, "CreateQueue", fields{"QueueName": "q", "Attributes": fields{"VisibilityTimeout": "61"}})
	wantRefusal(t, err, "QueueNameExists")
}

// A receive after a crash has a handle that none before it had.
func TestHandlesStayDistinctAfterACrash(t *testing.T) {
	dir := t.TempDir()
	s := open(t, sqs.Options{Dir: dir})
	url := create(t, s, "q", nil)
	must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": "m"})
	before := receive(t, s, url)[0]
	must(t, s, "ChangeMessageVisibility", fields{"QueueUrl": url, "ReceiptHandle": before.ReceiptHandle, "VisibilityTimeout": 0})
	again := open(t, sqs.Options{Dir: crash(t, dir)})
	if after := receive(t, again, url)[0]; after.ReceiptHandle == before.ReceiptHandle {
		t.Error("two receives have the same handle")
	}
}

// A paced move that was interrupted goes on, and neither loses nor repeats a message.
func TestMoveContinuesAfterACrash(t *testing.T) {
	dir, clock := t.TempDir(), conformance.NewSteppedClock()
	s := open(t, sqs.Options{Dir: dir, Clock: clock})
	dead := create(t, s, "dead", nil)
	url := create(t, s, "q", fields{"RedrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1}`})
	for i := range 3 {
		must(t, s, "SendMessage", fields{"QueueUrl": dead, "MessageBody": fmt.Sprint(i)})
	}
	must(t, s, "StartMessageMoveTask", fields{"SourceArn": deadARN, "DestinationArn": "arn:aws:sqs:us-east-1:000000000000:q", "MaxNumberOfMessagesPerSecond": 1})
	left := crash(t, dir)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	clock.AwaitNoTimers()

	clock = conformance.NewSteppedClock()
	again := open(t, sqs.Options{Dir: left, Clock: clock})
	clock.AwaitTimers(1)
	if got := counts(t, again, url); got != "2 0 0" {
		t.Errorf("got messages %s after opening, want two moved", got)
	}
	clock.Advance(time.Second)
	for done := false; !done; {
		done = must(t, again, "ListMessageMoveTasks", fields{"SourceArn": deadARN}).Results[0].Status == "COMPLETED"
	}
	bodies := map[string]bool{}
	for _, m := range receive(t, again, url) {
		bodies[m.Body] = true
	}
	if len(bodies) != 3 || counts(t, again, url) != "0 3 0" || counts(t, again, dead) != "0 0 0" {
		t.Errorf("got %v moved, %s left", bodies, counts(t, again, dead))
	}
}

// A journal of messages long gone is rewritten at the next start. What is left is the same, and a handle from before
// does not name a message from after.
func TestRewritesTheJournal(t *testing.T) {
	dir, clock := t.TempDir(), conformance.NewSteppedClock()
	s := open(t, sqs.Options{Dir: dir, Clock: clock})
	url, purged := create(t, s, "q", nil), create(t, s, "purged", nil)
	must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": "kept", "MessageAttributes": fields{"n": fields{"DataType": "Number", "StringValue": "1"}}})
	kept := receive(t, s, url)[0]
	pass := func(s *sqs.Service, body string) received {
		must(t, s, "SendMessage", fields{"QueueUrl": url, "MessageBody": body})
		return receive(t, s, url)[0]
	}
	var old []string
	for range 6 {
		m := pass(s, strings.Repeat("x", 300_000))
		old = append(old, m.ReceiptHandle)
		must(t, s, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": m.ReceiptHandle})
	}
	must(t, s, "PurgeQueue", fields{"QueueUrl": purged})
	size := func(dir string) int64 {
		info, err := os.Stat(filepath.Join(dir, "sqs.journal"))
		if err != nil {
			t.Fatalf("the journal: %v", err)
		}
		return info.Size()
	}
	left := crash(t, dir)
	if size(left) < 6*300_000 {
		t.Fatalf("the journal has %d bytes, fewer than its messages", size(left))
	}

	again := open(t, sqs.Options{Dir: left, Clock: clock})
	if size(left) > 10_000 {
		t.Errorf("the journal still has %d bytes", size(left))
	}
	if err := again.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	again = open(t, sqs.Options{Dir: left, Clock: clock})
	_, err := call(t, again, "PurgeQueue", fields{"QueueUrl": purged})
	wantRefusal(t, err, "PurgeQueueInProgress")
	for i := range 6 {
		pass(again, "new")
		if i == 3 { // one number more, so that new handles meet old ones whether the old count was odd or even
			must(t, again, "SendMessage", fields{"QueueUrl": purged, "MessageBody": "elsewhere"})
		}
	}
	for _, h := range old {
		must(t, again, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": h})
	}
	if got := counts(t, again, url); got != "0 7 0" {
		t.Errorf("got messages %s, want the kept one and six new ones", got)
	}
	must(t, again, "DeleteMessage", fields{"QueueUrl": url, "ReceiptHandle": kept.ReceiptHandle})
	if got := counts(t, again, url); got != "0 6 0" {
		t.Errorf("got messages %s, want the six new ones", got)
	}
}
