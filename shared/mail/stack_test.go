package mail_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/wire/mailing"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

const (
	ownerAddress = "owner@example.com"
	sender       = "zenvault@example.com"
	agent        = "Mozilla/5.0 (X11; Linux x86_64)"
)

var ownerPassword = secret.NewText("correct horse battery staple")

// stack is a vault with an owner, a mail queue and the worker.
type stack struct {
	*vaulttest.Vault
	t       *testing.T
	admins  admin.Service
	owner   string
	postbox mail.Postbox
	worker  edge.Worker
	client  *sqs.Client
	log     bytes.Buffer
	metrics bytes.Buffer
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{Vault: vaulttest.New(t), t: t}
	w := s.World
	w.Config.Retryer = quick
	w.Log = slog.New(slog.NewJSONHandler(&s.log, nil))
	w.Metrics.Out = &s.metrics
	w.Env.MailFrom, w.Env.ConsoleURL = sender, "https://console.example.com/"
	s.client = sqs.NewFromConfig(w.Config)
	s.admins = admin.Service{Ledger: s.Ledger, Passwords: hashedOnce{password.Argon2id{Blocklist: blocklist.Common{}}}}
	found, err := s.admins.Found(t.Context(), caller.Worker("admin-found", "req_1"), admin.FoundInput{
		Email: ownerAddress, Password: ownerPassword})
	s.must(err)
	s.owner = found.ID
	s.postbox, err = queues.OpenLetters(w)
	s.must(err)
	service, err := mailing.OpenService(w, s.Ledger)
	s.must(err)
	s.worker = edge.BindJob(w.Log, mail.JobSend, service)
	return s
}

// hashedOnce hashes the owner's password once for all stacks: that takes longer than all the rest of a test.
type hashedOnce struct{ password.Argon2id }

var ownerHash = sync.OnceValues(func() (secret.Text, error) {
	return password.Argon2id{}.Hash(context.Background(), ownerPassword)
})

func (hashedOnce) Hash(context.Context, secret.Text) (secret.Text, error) { return ownerHash() }

// quick repeats as often as the program does, without its pauses.
func quick() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.RateLimiter = 4, ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
	})
}

func (s *stack) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// messages takes what is in the mail queue now.
func (s *stack) messages() (all []edge.Message) {
	s.t.Helper()
	url := s.World.Env.MailQueue
	for {
		out, err := s.client.ReceiveMessage(s.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		s.must(err)
		if len(out.Messages) == 0 {
			return all
		}
		for _, m := range out.Messages {
			_, err := s.client.DeleteMessage(s.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			s.must(err)
			all = append(all, edge.Message{ID: *m.MessageId, Body: []byte(*m.Body), Receives: 1})
		}
	}
}

// asked is the message of a letter by address, through the queue.
func (s *stack) asked(kind, address string) edge.Message {
	s.t.Helper()
	s.must(s.postbox.Post(s.t.Context(), kind, address))
	all := s.messages()
	if len(all) != 1 {
		s.t.Fatalf("messages: got %d, want 1", len(all))
	}
	return all[0]
}

// happen commits a change of the test's own that tells an admin of an event, and gives the message about it.
func (s *stack) happen(kind, admin string, data audit.Fields) edge.Message {
	s.t.Helper()
	id, l := s.Ledger.NewID("ses"), *s.Ledger
	told := &heard{}
	l.Announcer = told
	_, err := l.Commit(s.t.Context(), ledger.Change{
		By: caller.Worker("test", "req_1"), Action: "test.happen", Target: audit.Target{Type: "session", ID: id},
		Key: ledger.Key{PK: "session#" + id, SK: "x"}, Item: ledger.Item{}, Else: fault.ErrInternal,
		Events: []ledger.Event{{Type: kind, Admin: admin, Data: data}},
	})
	s.must(err)
	return edge.Message{ID: "msg_1", Receives: 1, Body: mail.EventMessage(told.id)}
}

// heard notes an event's id.
type heard struct{ id string }

func (h *heard) Announce(_ context.Context, events []ledger.Event) { h.id = events[0].ID }

// work runs the worker on a message and wants it done.
func (s *stack) work(m edge.Message) {
	s.t.Helper()
	s.must(s.worker(s.t.Context(), m))
}

// letter is the only mail that was sent.
func (s *stack) letter() emulator.Mail {
	s.t.Helper()
	all := s.AWS.Mails()
	if len(all) != 1 {
		s.t.Fatalf("mails: got %d, want 1", len(all))
	}
	return all[0]
}

func line(text, has string) string {
	for l := range strings.Lines(text) {
		if strings.Contains(l, has) {
			return strings.TrimSpace(l)
		}
	}
	return ""
}
