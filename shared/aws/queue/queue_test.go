package queue_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/shared/aws/queue"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

// open starts an embedded AWS with one queue for everything.
func open(t *testing.T) (w *wire.World, client *sqs.Client, aws *emulator.Emulator) {
	t.Helper()
	aws, err := emulator.Start(emulator.Options{Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { aws.Close() })
	w = wire.New(wire.Env{Region: "eu-central-1", Endpoint: aws.URL()}, slog.New(slog.DiscardHandler))
	client = sqs.NewFromConfig(w.Config)
	name := "q"
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	w.Env.EventQueue, w.Env.DeliveryQueue, w.Env.RetryQueue, w.Env.MailQueue = *made.QueueUrl, *made.QueueUrl, *made.QueueUrl, *made.QueueUrl
	aws.Forget()
	return w, client, aws
}

func operations(aws *emulator.Emulator) (names []string) {
	for _, call := range aws.Calls() {
		names = append(names, call.Operation)
	}
	return names
}

func receive(t *testing.T, client *sqs.Client, url string) (bodies []string) {
	t.Helper()
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
		}
	}
}

// Any number of messages goes out in batches of ten, each as it was given.
func TestSend(t *testing.T) {
	w, client, aws := open(t)
	sender, err := queues.OpenSender(w)
	if err != nil {
		t.Fatal(err)
	}
	var bodies [][]byte
	var want []string
	for i := range 21 {
		want = append(want, fmt.Sprintf(`{"n":%02d,"text":"<é>"}`, i))
		bodies = append(bodies, []byte(want[i]))
	}
	if err := sender.Send(t.Context(), edge.DeliveryQueue, 0, bodies...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"AmazonSQS.SendMessageBatch", "AmazonSQS.SendMessageBatch", "AmazonSQS.SendMessageBatch"}, operations(aws)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	got := receive(t, client, w.Env.DeliveryQueue)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
	aws.Forget()
	if err := sender.Send(t.Context(), edge.DeliveryQueue, 0); err != nil || len(aws.Calls()) != 0 {
		t.Errorf("nothing to send: %v, and %v", err, operations(aws))
	}
}

// A delayed message is not there yet, and what SQS can't do is refused here.
func TestDelay(t *testing.T) {
	w, client, aws := open(t)
	sender, _ := queues.OpenSender(w)
	if err := sender.Send(t.Context(), edge.RetryQueue, time.Millisecond+899*time.Second, []byte("later")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, client, w.Env.RetryQueue); len(got) != 0 {
		t.Errorf("got %q at once, want nothing", got)
	}
	aws.Forget()
	for _, c := range []struct {
		to    edge.Queue
		after time.Duration
	}{{edge.RetryQueue, 901 * time.Second}, {edge.RetryQueue, -1}, {"OtherQueue", 0}, {"", 0}} {
		if err := sender.Send(t.Context(), c.to, c.after, []byte("x")); err == nil {
			t.Errorf("%q after %s: got nil, want an error", c.to, c.after)
		}
	}
	if len(aws.Calls()) != 0 {
		t.Errorf("requests: got %v, want none", operations(aws))
	}
}

// A batch that is taken in part is an error, though its status is 200.
func TestPartialFailure(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, `{"Successful":[],"Failed":[{"Id":"0","SenderFault":false,"Code":"InternalError","Message":"m"}]}`)
	}))
	defer server.Close()
	w := wire.New(wire.Env{Region: "eu-central-1", Endpoint: server.URL, EventQueue: "e", DeliveryQueue: "d", RetryQueue: "r", MailQueue: "m"}, slog.New(slog.DiscardHandler))
	sender, err := queues.OpenSender(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), edge.EventQueue, 0, []byte("x")); err == nil || !strings.Contains(err.Error(), "InternalError") {
		t.Errorf("got %v, want an error that says InternalError", err)
	}
}

// An announcement is the event's id and nothing else; one that fails is logged, and fails nobody.
func TestAnnounce(t *testing.T) {
	w, client, _ := open(t)
	var log bytes.Buffer
	w.Log = slog.New(slog.NewJSONHandler(&log, nil))
	announcer, err := queues.OpenAnnouncer(w)
	if err != nil {
		t.Fatal(err)
	}
	announcer.Announce(t.Context(), []ledger.Event{{ID: "evt_1", DataJSON: []byte(`{"a":"b"}`)}})
	if diff := cmp.Diff([]string{`{"event":"evt_1"}`}, receive(t, client, w.Env.EventQueue)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if log.Len() != 0 {
		t.Errorf("log: got %s, want nothing", &log)
	}
	announcer.URLs = map[edge.Queue]string{edge.EventQueue: w.Env.EventQueue + "-gone"}
	announcer.Announce(t.Context(), []ledger.Event{{ID: "evt_2"}})
	if !strings.Contains(log.String(), `"first":"evt_2","count":1`) {
		t.Errorf("log: got %s, want the event", &log)
	}
}

var _ ledger.Announcer = queue.Announcer{}

// A setting that is missing is named before anything is served.
func TestMissingSettings(t *testing.T) {
	w := wire.New(wire.Env{Region: "eu-central-1", DeliveryQueue: "d", RetryQueue: "r"}, slog.New(slog.DiscardHandler))
	_, errAnnouncer := queues.OpenAnnouncer(w)
	_, errSender := queues.OpenSender(w)
	for _, err := range []error{errAnnouncer, errSender} {
		if err == nil || !strings.Contains(err.Error(), "ZENVAULT_EVENT_QUEUE") {
			t.Errorf("got %v, want the variable's name", err)
		}
	}
}
