package admin_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
)

// The link that was mailed before the newest one is good beside it, and the use of one of both ends both; so does whatever
// ends one.
func TestTwoResetsAreGood(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	ask := func() secret.Text { return h.resetToken(t, "bob@example.com") }
	tests := []struct {
		name     string
		between  func()
		old, new bool // whether each is good, if it is used first
	}{
		{"both", func() {}, true, true},
		{"the older one is late", func() { h.Clock.Step(time.Hour - time.Millisecond) }, false, true},
		{"the password was changed", func() {
			h.begin(t, bob)
			must(t, h.change(bob, other, plain))
			must(t, h.change(bob, plain, other))
		}, false, false},
		{"disabled and enabled", func() {
			_, err := h.Disable(t.Context(), h.owner, admin.NameInput{Admin: bob.ID})
			must(t, err)
			_, err = h.Enable(t.Context(), h.owner, admin.NameInput{Admin: bob.ID})
			must(t, err)
		}, false, false},
	}
	must(t, h.reset(ask(), other))
	for _, tt := range tests {
		for _, oldFirst := range []bool{true, false} {
			bob = h.now(t, admin.View{ID: bob.ID, Role: bob.Role})
			bob.Via = h.Vault.Ledger.NewID("ses")
			older := ask()
			h.Clock.Step(time.Millisecond)
			newer := ask()
			tt.between()
			first, second, want := older, newer, tt.old
			if !oldFirst {
				first, second, want = newer, older, tt.new
			}
			if err := h.reset(first, other); (err == nil) != want || err != nil && !errors.Is(err, admin.ErrToken) {
				t.Errorf("%s, the older first %v: %v", tt.name, oldFirst, err)
			}
			if !want && (tt.old || tt.new) {
				continue
			}
			if err := h.reset(second, plain); !errors.Is(err, admin.ErrToken) {
				t.Errorf("%s, the older first %v: the other one: %v", tt.name, oldFirst, err)
			}
		}
	}
}

// Who asks in somebody else's name, and who reads the trail, has nothing to end a mailed token with: its id is in no entry,
// and uses with another secret, however many, leave it good.
func TestNobodyElseEndsAToken(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	token := h.resetToken(t, "bob@example.com").Expose()
	ticket := token[35:61]
	wrong := admin.Checksummed(token[:61] + strings.Repeat("A", 43))
	for i := range 12 {
		if err := h.reset(secret.NewText(wrong), other); !errors.Is(err, admin.ErrToken) {
			t.Fatalf("use %d of another secret: %v", i+1, err)
		}
	}
	must(t, h.reset(secret.NewText(token), other))
	for _, e := range h.Trail(t, audit.Target{Type: "admin", ID: bob.ID}) {
		if text := ledgerText(e.Before) + ledgerText(e.After); strings.Contains(text, ticket) {
			t.Errorf("the entry %s has the ticket's id: %s", e.Action, text)
		}
	}
}

// once counts the hashes that are made.
type once struct {
	password.Argon2id
	n *atomic.Int64
}

func (o once) Hash(ctx context.Context, plain secret.Text) (secret.Text, error) {
	o.n.Add(1)
	return o.Argon2id.Hash(ctx, plain)
}

// A reset that meets another change goes by what is there then: a password that does beside a second factor does not when
// that is gone. It is hashed once, and the token is not used up by the refusal.
func TestResetThatMeetsAnotherChange(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	hashed := &atomic.Int64{}
	h.Passwords = once{h.Passwords.(password.Argon2id), hashed}
	meet := func(attribute string, value any) {
		h.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Count: 1, Effect: awsfault.Before(func() {
			store(t, h.Vault, bob.ID, attribute, value)
		})})
	}
	const short = "vexing tuba 9k"
	store(t, h.Vault, bob.ID, "factor", true)
	token := h.resetToken(t, "bob@example.com")
	before := hash(t, h.Vault, bob.ID)
	meet("factor", false)
	if err := h.reset(token, short); !errors.Is(err, password.ErrTooShort) || hash(t, h.Vault, bob.ID) != before {
		t.Errorf("when the second factor goes meanwhile: %v", err)
	}
	hashed.Store(0)
	meet("name", "Bob")
	if err := h.reset(token, other); err != nil || hashed.Load() != 1 {
		t.Errorf("when the name changes meanwhile: %v, after %d hashes", err, hashed.Load())
	}
}

// A reset that is done is answered so, when the counters can't be reached any more.
func TestResetThatIsDoneSaysSo(t *testing.T) {
	h := newHouse(t)
	h.join(t, "bob@example.com", caller.Operator)
	token := h.resetToken(t, "bob@example.com")
	h.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.UpdateItem", Effect: awsfault.LostRequest})
	if err := h.reset(token, other); err != nil {
		t.Errorf("reset: %v", err)
	}
	h.AWS.Faults().Clear()
	must(t, h.login("bob@example.com", other, secret.Text{}))
}
