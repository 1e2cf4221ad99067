package delivery_test

import (
	"context"
	"math"
	"path"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/dialguard"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/wire"
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
	queues    wire.World // the vault's, with queues by its clock
	client    *sqs.Client
	sqs       *emulator.Emulator // of the queues alone
	steps     int                // of nextDue
}

func newStack(t *testing.T) *stack {
	t.Helper()
	v := vaulttest.New(t)
	s := &stack{Vault: v, t: t, workspace: tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random)}
	s.openQueues()
	announcer, err := queues.OpenAnnouncer(&s.queues)
	s.must(err)
	sender, err := queues.OpenSender(&s.queues)
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

// openQueues starts an embedded SQS of its own with the queues, since the vault's goes by the real clock.
func (s *stack) openQueues() {
	aws, err := emulator.Start(emulator.Options{Region: s.World.Env.Region, Clock: queueClock{s.Clock}})
	s.must(err)
	s.t.Cleanup(func() { aws.Close() })
	s.sqs = aws
	url := aws.URL()
	s.queues = *s.World
	s.queues.Config.BaseEndpoint = &url
	s.client = sqs.NewFromConfig(s.queues.Config)
	for _, at := range []*string{&s.queues.Env.EventQueue, &s.queues.Env.DeliveryQueue, &s.queues.Env.RetryQueue, &s.queues.Env.MailQueue} {
		name := path.Base(*at)
		made, err := s.client.CreateQueue(s.t.Context(), &sqs.CreateQueueInput{QueueName: &name})
		s.must(err)
		*at = *made.QueueUrl
	}
}

// receive takes up to ten messages that are there now, and deletes them.
func (s *stack) receive(url string) []edge.Message {
	s.t.Helper()
	out, err := s.client.ReceiveMessage(s.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
	s.must(err)
	var all []edge.Message
	for _, m := range out.Messages {
		_, err := s.client.DeleteMessage(s.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
		s.must(err)
		all = append(all, edge.Message{ID: *m.MessageId, Body: []byte(*m.Body), Receives: 1})
	}
	return all
}

// work runs the three queue workers until their queues give nothing more now. Workers' errors are as on AWS: the
// message comes back, which here is left to the sweeper.
func (s *stack) work() {
	s.t.Helper()
	rounds := 0
	for busy := true; busy; rounds++ {
		if rounds == maxRounds {
			s.t.Fatalf("the queues are not empty after %d rounds", rounds)
		}
		busy = false
		for _, w := range []struct {
			url string
			job edge.Job[delivery.Service]
		}{{s.queues.Env.EventQueue, delivery.JobFan}, {s.queues.Env.DeliveryQueue, delivery.JobSend}, {s.queues.Env.RetryQueue, delivery.JobRetry}} {
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

// lose cuts the connection of DynamoDB transactions, from the nth from now on: once, which the SDK makes good, or until
// Clear.
func (s *stack) lose(n, times int, effect fault.Effect) *fault.Armed {
	return s.AWS.Faults().Add(fault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Skip: n - 1, Count: times, Effect: effect})
}

const (
	once   = 1
	always = 0
)

// maxRounds is far above what any test needs: what never ends fails instead of hanging.
const maxRounds = 1000

// nextDue steps the clock to when the sweeper next has something to find; false if never.
func (s *stack) nextDue() bool {
	s.t.Helper()
	if s.steps++; s.steps > maxRounds {
		s.t.Fatalf("something is still due after %d steps", maxRounds)
	}
	first := int64(math.MaxInt64)
	for shard := range ledger.DueShards {
		page, err := s.Ledger.Query(s.t.Context(), ledger.Query{Index: ledger.DueIndex, Partition: ledger.DueShardName(shard), UpTo: first, Limit: 1})
		s.must(err)
		for _, item := range page.Items {
			first = min(first, item["due_at"].(int64))
		}
	}
	s.Clock.Step(max(0, time.UnixMilli(first).Sub(s.Clock.Now())))
	return first != math.MaxInt64
}
