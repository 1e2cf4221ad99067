package admin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

// hits and misses are addresses that an answer must not tell apart: an admin's, and those that no password opens.
func (h house) addresses(t *testing.T) map[string]string {
	t.Helper()
	h.invite(t, "ida@example.com", caller.Operator)
	_, err := h.Disable(t.Context(), h.owner, admin.NameInput{Admin: h.join(t, "dan@example.com", caller.Operator).ID})
	must(t, err)
	return map[string]string{"known": "ada@example.com", "unknown": "eve@example.com", "invited": "ida@example.com", "disabled": "dan@example.com"}
}

// From the first wrong password to the locked address, the answer and the sequence of AWS calls are the same whoever's
// address it is. The attempt that locks is an event, and a letter is posted, to nobody too.
func TestLoginAttemptsTellNothing(t *testing.T) {
	h := newHouse(t)
	type outcome struct {
		Fault string
		Calls []string
	}
	const told = "invalid_credentials: The e-mail address or the password is wrong."
	want := []outcome{{told, []string{"GetItem", "GetItem", "UpdateItem", "TransactWriteItems"}}}
	for range 3 { // the counter is there: it is moved on from what it is
		want = append(want, outcome{told, []string{"GetItem", "GetItem", "UpdateItem", "UpdateItem", "TransactWriteItems"}})
	}
	want = append(want, outcome{told, []string{"GetItem", "GetItem", "UpdateItem", "UpdateItem", "TransactWriteItems", "TransactWriteItems", "UpdateItem", "SendMessageBatch"}})
	for range 2 { // locked
		want = append(want, outcome{told, []string{"GetItem", "GetItem", "UpdateItem", "TransactWriteItems"}})
	}
	for name, address := range h.addresses(t) {
		var got []outcome
		for range want {
			h.AWS.Forget()
			f := fault.From(h.login(address, "wrong", secret.Text{}))
			got = append(got, outcome{f.Code + ": " + f.Message, h.operations()})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		letters := h.letters(t)
		if len(letters) != 1 || len(letters[0]) != 640 || !strings.Contains(letters[0], address) {
			t.Errorf("%s: letters %q", name, letters)
		}
	}
}

// A locked address is a security event once, whatever comes after.
func TestLockingIsASecurityEvent(t *testing.T) {
	h := newHouse(t)
	var alarms []audit.Entry
	h.Vault.Ledger.Alarm = func(e audit.Entry) { alarms = append(alarms, e) }
	for range 8 {
		if err := h.login("eve@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
			t.Fatal(err)
		}
	}
	want := audit.Fields{"why": "locked_account", "subject": "email/d0574c4966d2c326193622feebc64991c5b59807ae68fa8255b26c79f4bf917a"}
	if len(alarms) != 1 || alarms[0].Action != "admin.locked" || alarms[0].Severity != audit.Warning || !cmp.Equal(want, alarms[0].After) {
		t.Errorf("alarms %+v", alarms)
	}
}

// Of 200 wrong logins at once, to an address of an admin or of nobody, five are hashed for.
func TestParallelLoginsHashNoMoreThanAllowed(t *testing.T) {
	h := newHouse(t)
	for _, address := range []string{"ada@example.com", "eve@example.com"} {
		counted := &hashes{}
		s := h.Service
		s.Passwords = counted
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				_, _, err := s.Authenticate(t.Context(), stranger, address, secret.NewText("wrong"), secret.Text{})
				if !errors.Is(err, admin.ErrCredentials) && fault.From(err).Kind != fault.Unavailable {
					t.Errorf("login: %v", err)
				}
			})
		}
		all.Wait()
		if n := counted.n.Load(); n != 5 {
			t.Errorf("%s: %d passwords were hashed, want 5", address, n)
		}
	}
}

// Success gives the attempts back; a stranger's do not add up with them.
func TestSuccessReturnsAttempts(t *testing.T) {
	h := newHouse(t)
	for range 3 {
		for range 4 {
			if err := h.login("ada@example.com", "wrong", secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
				t.Fatal(err)
			}
		}
		must(t, h.login("ada@example.com", plain, secret.Text{}))
	}
}

// The right password does not open a locked address before its time.
func TestLockedIsLockedForTheRightPassword(t *testing.T) {
	h := newHouse(t)
	for range 5 {
		_ = h.login("ada@example.com", "wrong", secret.Text{})
	}
	if err := h.login("ada@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
		t.Errorf("locked: %v", err)
	}
	h.Clock.Step(time.Second)
	if err := h.login("ada@example.com", plain, secret.Text{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Where attempts can't be counted, nothing is hashed and nobody is let in.
func TestLoginFailsClosed(t *testing.T) {
	h := newHouse(t)
	counted := &hashes{}
	h.Passwords = counted
	h.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.UpdateItem", Effect: awsfault.LostRequest})
	if err := h.login("ada@example.com", plain, secret.Text{}); fault.From(err).Kind != fault.Unavailable || counted.n.Load() != 0 {
		t.Errorf("login: %v, after %d hashes", err, counted.n.Load())
	}
}

// To ask for a letter is the same for every address, reads nothing, and what is sent has one size; more than a mailbox
// should get are dropped, with the same answer.
func TestForgot(t *testing.T) {
	h := newHouse(t)
	for name, address := range h.addresses(t) {
		h.AWS.Forget()
		for range 12 {
			got, err := h.Forgot(t.Context(), stranger, admin.ForgotInput{Email: address})
			if diff := cmp.Diff(admin.Status{Status: "accepted"}, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
		}
		want := "UpdateItem UpdateItem SendMessageBatch" + strings.Repeat(" UpdateItem UpdateItem UpdateItem UpdateItem SendMessageBatch", 4) + strings.Repeat(" UpdateItem", 7)
		if diff := cmp.Diff(want, strings.Join(h.operations(), " ")); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
		letters := h.letters(t)
		if len(letters) != 5 || len(letters[0]) != 640 {
			t.Errorf("%s: %d letters, the first of %d bytes", name, len(letters), len(letters[0]))
		}
	}
	if _, err := h.Forgot(t.Context(), stranger, admin.ForgotInput{Email: "not an address"}); !errors.Is(err, admin.ErrEmail) {
		t.Errorf("malformed: %v", err)
	}
	h.AWS.Faults().Add(awsfault.Rule{Operation: "AmazonSQS.SendMessageBatch", Effect: awsfault.LostRequest})
	for _, address := range []string{"new@example.com", "newer@example.com"} {
		if _, err := h.Forgot(t.Context(), stranger, admin.ForgotInput{Email: address}); fault.From(err).Kind != fault.Unavailable {
			t.Errorf("without the queue: %v", err)
		}
	}
}
