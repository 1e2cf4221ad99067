package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
	"github.com/zenvault/zenvault/infra/emulator/sqs"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/dialguard"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/sealing"
)

// stack is a vault with queues, the delivery workers, and one workspace.
type stack struct {
	*vaulttest.Vault
	t         *testing.T
	workspace tenant.ID
	endpoints endpoint.Service
	service   delivery.Service
	client    *awssqs.Client
	faults    *faults
}

func newStack(t *testing.T) *stack {
	t.Helper()
	v := vaulttest.New(t)
	s := &stack{Vault: v, t: t, workspace: tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random)}
	s.openQueues()
	s.faults = &faults{Store: v.Ledger.Store}
	v.Ledger.Store = s.faults
	announcer, err := queues.OpenAnnouncer(v.World)
	s.must(err)
	sender, err := queues.OpenSender(v.World)
	s.must(err)
	v.Ledger.Announcer = announcer
	s.endpoints = endpoint.Service{Ledger: v.Ledger, Sealer: sealing.Endpoints{Ring: v.Ring}, Rule: endpoint.URLRule{Plain: true}}
	client := dialguard.New(dialguard.Options{Loopback: true, Deadline: 5 * time.Second})
	s.service = delivery.Service{Ledger: v.Ledger, Queue: sender, Endpoints: s.endpoints, Client: client}
	return s
}

func (s *stack) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// queueClock lets SQS go by the vault's clock. Nothing here waits in SQS, so that nothing need ring.
type queueClock struct{ *vaulttest.Clock }

func (queueClock) AfterFunc(time.Duration, func()) func() bool { return func() bool { return true } }

// openQueues starts the embedded SQS with the three queues.
func (s *stack) openQueues() {
	service, err := sqs.Open(sqs.Options{Clock: queueClock{s.Clock}})
	s.must(err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer, err := service.Call(r.Context(), strings.TrimPrefix(r.Header.Get("X-Amz-Target"), service.Target()+"."), body)
		var refused *protocol.Error
		if w.Header().Set("Content-Type", service.ContentType()); errors.As(err, &refused) {
			answer = map[string]any{"__type": refused.Type, "message": refused.Message}
			w.WriteHeader(refused.Status)
		}
		json.NewEncoder(w).Encode(answer)
	}))
	s.t.Cleanup(func() {
		server.Close()
		service.Close()
	})
	config := s.World.Config.Copy()
	config.BaseEndpoint = &server.URL
	s.World.Config = config
	s.client = awssqs.NewFromConfig(config)
	for name, url := range map[string]*string{"events": &s.World.Env.EventQueue, "deliveries": &s.World.Env.DeliveryQueue, "retries": &s.World.Env.RetryQueue} {
		made, err := s.client.CreateQueue(s.t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String(name), Attributes: map[string]string{"VisibilityTimeout": "180"}})
		s.must(err)
		*url = *made.QueueUrl
	}
}

// receive takes up to ten messages that are there now, and deletes them.
func (s *stack) receive(url string) []edge.Message {
	s.t.Helper()
	out, err := s.client.ReceiveMessage(s.t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
	s.must(err)
	var all []edge.Message
	for _, m := range out.Messages {
		_, err := s.client.DeleteMessage(s.t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
		s.must(err)
		all = append(all, edge.Message{ID: *m.MessageId, Body: []byte(*m.Body), Receives: 1})
	}
	return all
}

// work runs the three queue workers until their queues give nothing more now. Workers' errors are as on AWS: the
// message comes back, which here is left to the sweeper.
func (s *stack) work() {
	s.t.Helper()
	for busy := true; busy; {
		busy = false
		for _, w := range []struct {
			url string
			job edge.Job[delivery.Service]
		}{{s.World.Env.EventQueue, delivery.JobFan}, {s.World.Env.DeliveryQueue, delivery.JobSend}, {s.World.Env.RetryQueue, delivery.JobRetry}} {
			run := edge.BindJob(s.World.Log, w.job, s.service)
			for _, m := range s.receive(w.url) {
				busy = true
				_ = run(s.t.Context(), m)
			}
		}
	}
}

func (s *stack) sweep() delivery.Swept {
	s.t.Helper()
	swept, err := s.service.Sweep(s.t.Context(), worker, struct{}{})
	s.must(err)
	return swept
}

var worker = caller.Worker("delivery-send", "msg_1")

// endpoint makes one of the workspace.
func (s *stack) endpoint(url string, events ...string) endpoint.Created {
	s.t.Helper()
	made, err := s.endpoints.Create(s.t.Context(), caller.Caller{Kind: caller.APIKey, ID: "key_1", Workspace: s.workspace},
		endpoint.CreateInput{URL: url, Events: events})
	s.must(err)
	return made
}

// happen commits a change of the test's own that tells an event, and gives the event's id.
func (s *stack) happen(kind string, data audit.Fields) string {
	s.t.Helper()
	id, seen := s.Ledger.NewID("dec"), &heard{next: s.Ledger.Announcer}
	l := *s.Ledger
	l.Announcer = seen
	_, err := l.Commit(s.t.Context(), ledger.Change{
		By: worker, Action: "decision.make", Target: audit.Target{Type: "decision", ID: id}, Workspace: s.workspace.String(),
		Key: ledger.Key{PK: "decision#" + id, SK: "x"}, Item: ledger.Item{}, Else: edge.ErrForbidden,
		Events: []ledger.Event{{Type: kind, Workspace: s.workspace.String(), Data: data}},
	})
	s.must(err)
	return seen.id
}

// heard notes an event's id on its way.
type heard struct {
	next ledger.Announcer
	id   string
}

func (h *heard) Announce(ctx context.Context, events []ledger.Event) {
	h.id = events[0].ID
	if h.next != nil {
		h.next.Announce(ctx, events)
	}
}

func (s *stack) item(event string, of endpoint.Created) ledger.Item {
	s.t.Helper()
	item, err := s.Ledger.GetOne(s.t.Context(), delivery.At(event, string(of.ID)))
	s.must(err)
	return item
}

func (s *stack) trail(event string, of endpoint.Created) []audit.Entry {
	s.t.Helper()
	return s.Trail(s.t, audit.Target{Type: "delivery", ID: event + "/" + string(of.ID)})
}

// faults breaks the nth transaction from now: before it is done, or after.
type faults struct {
	ledger.Store
	mu     sync.Mutex
	in     int
	after  bool
	passed int // transactions seen
}

func (f *faults) breakIn(n int, after bool) { f.in, f.after, f.passed = n, after, 0 }

// Transact passes on, or loses the request or the reply.
func (f *faults) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	f.mu.Lock()
	f.passed++
	hit, after := f.passed == f.in, f.after
	f.mu.Unlock()
	if hit && !after {
		return ledger.ErrOutcomeUnknown
	}
	err := f.Store.Transact(ctx, token, writes)
	if hit {
		return ledger.ErrOutcomeUnknown
	}
	return err
}
