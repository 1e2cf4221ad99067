package admin_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
)

func (h house) change(who caller.Caller, from, to string) error {
	_, err := h.ChangePassword(context.Background(), who, admin.ChangeInput{Current: secret.NewText(from), New: secret.NewText(to)})
	return err
}

// begin puts a session of the admin's present epoch in its place.
func (h house) begin(t *testing.T, who caller.Caller) {
	t.Helper()
	_, err := h.Vault.Ledger.Commit(t.Context(), ledger.Change{By: who, Action: "test.begin", Target: audit.Target{Type: "session", ID: who.Via},
		Key: session.Key(who.ID, who.Via), Item: ledger.Item{"id": who.Via, "admin": who.ID, "state": "active", "epoch": h.stored(t, who.ID).Standing.Epoch}, Else: fault.ErrInternal})
	must(t, err)
}

func (h house) epochOf(t *testing.T, who caller.Caller) int64 {
	t.Helper()
	item, err := h.Vault.Ledger.GetOne(t.Context(), session.Key(who.ID, who.Via))
	must(t, err)
	return item.Read().Int("epoch")
}

// A change of password ends every session but the own, which is carried over in the same transaction, and is told of.
func TestChangePassword(t *testing.T) {
	h := newHouse(t)
	here, there := h.owner, h.owner
	there.Via = "ses_01jd0000000000000000000000"
	h.begin(t, here)
	h.begin(t, there)
	must(t, h.change(here, plain, other))
	epoch := h.stored(t, here.ID).Standing.Epoch
	if got := [3]int64{epoch, h.epochOf(t, here), h.epochOf(t, there)}; got != [3]int64{1, 1, 0} {
		t.Errorf("the epochs of the admin, this session and the other are %v, want 1 1 0", got)
	}
	e := h.last(t, here.ID)
	if e.Action != "password.change" || e.Severity != audit.Notice || e.Actor.Via != here.Via ||
		!cmp.Equal(audit.Fields{"epoch": int64(1), "password_hash": "[redacted]"}, e.After) {
		t.Errorf("entry %+v", e)
	}
	if diff := cmp.Diff([]string{"admin.password_changed"}, h.events(t, here.ID)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := h.login("ada@example.com", other, secret.Text{}); err != nil {
		t.Errorf("login with the new one: %v", err)
	}
	if err := h.login("ada@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
		t.Errorf("login with the old one: %v", err)
	}
}

// What is wrong is said at its member, and nothing changes: nor when the session that asks is over.
func TestChangePasswordRefuses(t *testing.T) {
	h := newHouse(t)
	h.begin(t, h.owner)
	before := hash(t, h.Vault, h.owner.ID)
	tests := []struct {
		name, from, to string
		want           error
		field          string
	}{
		{"wrong", "wrong", other, admin.ErrPassword, "/current_password"},
		{"empty", "", other, admin.ErrPassword, "/current_password"},
		{"the same", plain, plain, admin.ErrSamePassword, "/new_password"},
		{"short", plain, "fourteen chars", password.ErrTooShort, "/new_password"},
		{"common", plain, "passwordpassword", password.ErrCommon, "/new_password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := h.change(h.owner, tt.from, tt.to); !errors.Is(err, tt.want) || fault.From(err).Field != tt.field {
				t.Errorf("change: %v at %q, want %v at %q", err, fault.From(err).Field, tt.want, tt.field)
			}
		})
	}
	gone := h.owner
	gone.Via = "ses_01jd0000000000000000000000"
	if err := h.change(gone, plain, other); err == nil {
		t.Error("changed from a session that is not there")
	}
	if hash(t, h.Vault, h.owner.ID) != before {
		t.Error("the password was changed")
	}
}

// Who has a stolen session can't guess the password: five attempts, then it is a security event. No letter says that
// logging in is paused, since it is not.
func TestChangePasswordIsBounded(t *testing.T) {
	h := newHouse(t)
	var alarms []audit.Entry
	h.Vault.Ledger.Alarm = func(e audit.Entry) { alarms = append(alarms, e) }
	h.begin(t, h.owner)
	for i := range 5 {
		if err := h.change(h.owner, "wrong", other); !errors.Is(err, admin.ErrPassword) {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	if err := h.change(h.owner, plain, other); !errors.Is(err, limit.ErrAttempts) {
		t.Errorf("when locked: %v", err)
	}
	if got := h.letters(t); len(got) != 0 {
		t.Errorf("letters %q", got)
	}
	if len(alarms) != 1 || alarms[0].Action != "admin.locked" || alarms[0].Severity != audit.Warning {
		t.Errorf("alarms %+v", alarms)
	}
	if err := h.login("ada@example.com", plain, secret.Text{}); err != nil {
		t.Errorf("login is apart from it: %v", err)
	}
}

// A lost reply changes the password once, and the client is told so.
func TestChangePasswordWithLostReply(t *testing.T) {
	h := newHouse(t)
	h.begin(t, h.owner)
	lost := h.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Effect: awsfault.LostReply, Count: 1})
	if err := h.change(h.owner, plain, other); err != nil || lost.Hits() != 1 {
		t.Errorf("change: %v, and %d lost", err, lost.Hits())
	}
	if a := h.stored(t, h.owner.ID); a.Standing.Epoch != 1 {
		t.Errorf("epoch %d, want 1", a.Standing.Epoch)
	}
}
