package admin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

// at is a stranger at an address.
func at(ip string) caller.Caller {
	return caller.Caller{Kind: caller.Anonymous, Origin: caller.Origin{IP: ip, RequestID: "req_3"}}
}

// A device is known by the present password: another one makes a stranger of it, however it was set.
func TestDeviceIsForgottenWithThePassword(t *testing.T) {
	for name, set := range map[string]func(h house) error{
		"change": func(h house) error { h.begin(t, h.owner); return h.change(h.owner, plain, other) },
		"reset":  func(h house) error { return h.reset(h.resetToken(t, "ada@example.com"), other) },
	} {
		h := newHouse(t)
		before := h.device(t, h.owner)
		must(t, set(h))
		after := h.device(t, h.owner)
		h.lock(t, "ada@example.com")
		if err := h.login("ada@example.com", other, before); !errors.Is(err, admin.ErrCredentials) {
			t.Errorf("%s: on the device of before: %v", name, err)
		}
		if err := h.login("ada@example.com", other, after); err != nil {
			t.Errorf("%s: on the device of afterwards: %v", name, err)
		}
	}
}

// However many devices guess, a day has fifty attempts for all of them, and then those of a stranger.
func TestDevicesAreBoundedTogether(t *testing.T) {
	h := newHouse(t)
	counted := &hashes{}
	s := h.Service
	s.Passwords = counted
	for range 70 {
		_, _, err := s.Authenticate(t.Context(), stranger, "ada@example.com", secret.NewText("wrong"), h.device(t, h.owner))
		if !errors.Is(err, admin.ErrCredentials) {
			t.Fatal(err)
		}
	}
	if n := counted.n.Load(); n != 55 {
		t.Errorf("%d passwords were hashed, want 50 and 5", n)
	}
	h.Clock.Step(24 * time.Hour)
	h.lock(t, "ada@example.com")
	if err := h.login("ada@example.com", plain, h.device(t, h.owner)); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// A device token that is not good costs the same calls at an admin's address as at nobody's.
func TestDevicesTellNothing(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	for name, token := range map[string]secret.Text{"none": {}, "another's": h.device(t, bob), "a word": secret.NewText("zv_dev_x")} {
		var calls [2]string
		for i, address := range []string{"ada@example.com", "eve@example.com"} {
			h.AWS.Forget()
			_ = h.login(address, "wrong", token)
			calls[i] = strings.Join(h.operations(), " ")
		}
		if calls[0] != calls[1] {
			t.Errorf("%s: at an admin's %s, at nobody's %s", name, calls[0], calls[1])
		}
	}
}

// Who asks too often for somebody else's letter keeps nobody but his own network from it.
func TestForgotIsCountedByNetwork(t *testing.T) {
	h := newHouse(t)
	ask := func(ip string) int {
		t.Helper()
		got, err := h.Forgot(t.Context(), at(ip), admin.ForgotInput{Email: "ada@example.com"})
		if err != nil || got.Status != "accepted" {
			t.Errorf("from %s: %v, %v", ip, got, err)
		}
		return len(h.letters(t))
	}
	got := 0
	for i := range 12 {
		got += ask(fmt.Sprintf("2001:db8:1:2::%x", i))
	}
	if got != 5 {
		t.Errorf("a stranger's network got %d letters, want 5", got)
	}
	for _, ip := range []string{"192.0.2.1", "2001:db8:1:3::1"} {
		if n := ask(ip); n != 1 {
			t.Errorf("from %s: %d letters, want 1", ip, n)
		}
	}
}

// However many networks ask, an address gets ten letters in an hour, and more in the next.
func TestForgotIsBoundedInAll(t *testing.T) {
	h := newHouse(t)
	for round := range 2 {
		for i := range 25 {
			_, err := h.Forgot(t.Context(), at(fmt.Sprintf("198.51.%d.%d", 100+round, i)), admin.ForgotInput{Email: "ada@example.com"})
			must(t, err)
		}
		if n := len(h.letters(t)); n != 10 {
			t.Errorf("hour %d: %d letters, want 10", round, n)
		}
		h.Clock.Step(time.Hour)
	}
}

// Of letters that say that an address is locked there is one an hour, however often it is; each lock is in the trail.
func TestLockedLetterOnceAnHour(t *testing.T) {
	h := newHouse(t)
	var alarms []audit.Entry
	h.Vault.Ledger.Alarm = func(e audit.Entry) { alarms = append(alarms, e) }
	var got []int
	for _, wait := range []time.Duration{0, time.Minute, 15 * time.Minute, 44 * time.Minute} {
		h.Clock.Step(wait)
		for range 5 {
			_ = h.login("eve@example.com", "wrong", secret.Text{})
		}
		got = append(got, len(h.letters(t)))
	}
	if diff := cmp.Diff([]int{1, 0, 0, 1}, got); diff != "" || len(alarms) != 4 {
		t.Errorf("letters (-want +got):\n%s\nand %d alarms, want 4", diff, len(alarms))
	}
}

// A change that is under way when the session of who makes it ends is not made.
func TestSessionMustStillBeGood(t *testing.T) {
	h := newHouse(t)
	manager, whom := h.join(t, "mae@example.com", caller.Manager), h.join(t, "max@example.com", caller.Auditor)
	must(t, h.EndSessions(t.Context(), manager, manager.ID, nil))
	h.actsNoMore(t, manager, whom)
	if err := h.EndSessions(t.Context(), manager, whom.ID, nil); fault.From(err).Kind != fault.Forbidden {
		t.Errorf("ends another's sessions: %v", err)
	}
	if _, err := h.Disable(t.Context(), h.now(t, admin.View{ID: manager.ID, Role: caller.Manager}), admin.NameInput{Admin: whom.ID}); err != nil {
		t.Errorf("from a new session: %v", err)
	}
}
