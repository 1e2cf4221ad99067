package admin_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
)

// house is a stack with its first owner.
type house struct {
	*vaulttest.Vault
	admin.Service
	owner caller.Caller
}

var (
	stranger = caller.Caller{Kind: caller.Anonymous, Origin: caller.Origin{IP: "203.0.113.9", UserAgent: "stranger", RequestID: "req_9"}}
	mailer   = caller.Worker("mail-send", "msg_1")
)

func newHouse(t *testing.T) house {
	t.Helper()
	v, s := newService(t)
	owner, err := s.Found(t.Context(), operator, input("ada@example.com"))
	must(t, err)
	return house{v, s, as(owner)}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as is an admin with a session.
func as(v admin.View) caller.Caller {
	return caller.Caller{Kind: caller.Admin, ID: v.ID, Role: v.Role, Via: "ses_" + strings.TrimPrefix(v.ID, "adm_"),
		Origin: caller.Origin{IP: "192.0.2.1", UserAgent: "laptop", RequestID: "req_2"}}
}

func (h house) invite(t *testing.T, email string, role caller.Role) admin.View {
	t.Helper()
	made, err := h.Invite(t.Context(), h.owner, admin.InviteInput{Email: email, Role: string(role)})
	must(t, err)
	return made
}

// invitation is the token that an invited admin is mailed.
func (h house) invitation(t *testing.T, adminID string) secret.Text {
	t.Helper()
	to, token, err := h.InvitationToken(t.Context(), mailer, adminID)
	must(t, err)
	if to == "" {
		t.Fatal("nobody is mailed an invitation")
	}
	return token
}

// resetToken is the token that an address is mailed.
func (h house) resetToken(t *testing.T, address string) secret.Text {
	t.Helper()
	to, token, err := h.ResetToken(t.Context(), mailer, address)
	must(t, err)
	if to != address {
		t.Fatalf("the token goes to %q, want %q", to, address)
	}
	return token
}

func (h house) accept(token secret.Text, plain string) (admin.View, error) {
	return h.Accept(context.Background(), stranger, admin.AcceptInput{Token: token, Password: secret.NewText(plain)})
}

// join makes an admin who can log in.
func (h house) join(t *testing.T, email string, role caller.Role) caller.Caller {
	t.Helper()
	made, err := h.accept(h.invitation(t, h.invite(t, email, role).ID), plain)
	must(t, err)
	return h.now(t, made)
}

// now is an admin with a session of the present epoch.
func (h house) now(t *testing.T, v admin.View) caller.Caller {
	t.Helper()
	c := as(v)
	c.Epoch = h.stored(t, v.ID).Standing.Epoch
	return c
}

func (h house) login(email, plain string, device secret.Text) error {
	_, _, err := h.Authenticate(context.Background(), stranger, email, secret.NewText(plain), device)
	return err
}

func (h house) stored(t *testing.T, adminID string) admin.Admin {
	t.Helper()
	item, err := h.Vault.Ledger.GetOne(t.Context(), admin.Key(adminID))
	must(t, err)
	a, err := admin.Parse(item)
	must(t, err)
	return a
}

// owners is the stored count.
func (h house) owners(t *testing.T) int64 {
	t.Helper()
	item, err := h.Vault.Ledger.GetOne(t.Context(), ledger.Key{PK: admin.FounderKeys, SK: "owners"})
	must(t, err)
	return item.Read().Int("count")
}

// last is an admin's newest entry.
func (h house) last(t *testing.T, adminID string) audit.Entry {
	t.Helper()
	entries := h.Trail(t, audit.Target{Type: "admin", ID: adminID})
	return entries[len(entries)-1]
}

// events are those stored for an admin, by type.
func (h house) events(t *testing.T, adminID string) (types []string) {
	t.Helper()
	for shard := range ledger.DueShards {
		page, err := h.Vault.Ledger.Query(t.Context(), ledger.Query{Index: ledger.DueIndex, Partition: ledger.DueShardName(shard), UpTo: 1 << 50, Limit: 100})
		must(t, err)
		for _, item := range page.Items {
			item, err := h.Vault.Ledger.GetOne(t.Context(), ledger.Key{PK: item.Read().Text("pk"), SK: item.Read().Text("sk")})
			must(t, err)
			if e, err := ledger.ParseEvent(item); err == nil && e.Admin == adminID {
				types = append(types, e.Type)
			}
		}
	}
	return types
}

// letters takes what was posted out of the mail queue.
func (h house) letters(t *testing.T) (bodies []string) {
	t.Helper()
	client := sqs.NewFromConfig(h.World.Config)
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &h.World.Env.MailQueue, MaxNumberOfMessages: 10})
		must(t, err)
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
		}
	}
}

// operations are the calls to AWS since the last Forget, in order.
func (h house) operations() (names []string) {
	for _, c := range h.AWS.Calls() {
		name := c.Operation[strings.IndexByte(c.Operation, '.')+1:]
		names = append(names, name)
	}
	return names
}

// hashes counts the passwords that are verified, and takes no time for it.
type hashes struct {
	password.Argon2id
	n atomic.Int64
}

func (h *hashes) Verify(context.Context, secret.Text, secret.Text) (bool, error) {
	h.n.Add(1)
	return false, nil
}

// ring has one key.
type ring struct{}

func (ring) NewestID() string { return "00000001" }

func (ring) DeriveWith(_, _, _ string) (secret.Bytes, error) {
	return secret.NewBytes([]byte("0123456789abcdef0123456789abcdef")), nil
}
