package admin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/secret"
)

func (h house) device(t *testing.T, who caller.Caller) secret.Text {
	t.Helper()
	token, err := h.Remember(t.Context(), who.ID, secret.Text{})
	must(t, err)
	return token
}

// lock spends the attempts of strangers at an address.
func (h house) lock(t *testing.T, email string) {
	t.Helper()
	for range 5 {
		if err := h.login(email, "wrong", secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
			t.Fatal(err)
		}
	}
}

// A stranger who locks an address does not lock out its owner on a device where he has logged in before.
func TestKnownDeviceIsNotLockedOut(t *testing.T) {
	h := newHouse(t)
	device := h.device(t, h.owner)
	h.lock(t, "ada@example.com")
	if err := h.login("ada@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
		t.Fatalf("without the device: %v", err)
	}
	if err := h.login("ADA@example.com", plain, device); err != nil {
		t.Errorf("on the known device: %v", err)
	}
	if err := h.login("ada@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
		t.Errorf("the device's success opened the address to strangers: %v", err)
	}
}

// A known device that guesses is itself locked, and locks nobody else.
func TestKnownDeviceIsBounded(t *testing.T) {
	h := newHouse(t)
	device, second := h.device(t, h.owner), h.device(t, h.owner)
	counted := &hashes{}
	s := h.Service
	s.Passwords = counted
	for range 9 {
		_, _, _ = s.Authenticate(t.Context(), stranger, "ada@example.com", secret.NewText("wrong"), device)
	}
	if n := counted.n.Load(); n != 5 {
		t.Errorf("%d passwords were hashed, want 5", n)
	}
	if err := h.login("ada@example.com", plain, device); !errors.Is(err, admin.ErrCredentials) {
		t.Errorf("on the device that guessed: %v", err)
	}
	for name, token := range map[string]secret.Text{"another device": second, "none": {}} {
		if err := h.login("ada@example.com", plain, token); err != nil {
			t.Errorf("on %s: %v", name, err)
		}
	}
}

// What is no device token of this address makes no difference: the attempts are those of a stranger.
func TestStrangeDevices(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	good := h.device(t, h.owner).Expose()
	h.lock(t, "ada@example.com")
	tests := map[string]string{
		"none": "", "a word": "zv_dev_x", "cut": good[:len(good)-1], "longer": good + "A", "another prefix": "zv_rt_" + good[7:],
		"line break": good[:20] + "\n" + good[20:], "another's": h.device(t, bob).Expose(), "huge": good[:7] + strings.Repeat("A", 8000),
	}
	for _, at := range []int{7, 10, 20, 40, len(good) - 1} { // version, key, id, end, MAC
		changed := []byte(good)
		changed[at] ^= 1
		tests["changed at "+string(rune('0'+at/10))] = string(changed)
	}
	for name, token := range tests {
		if err := h.login("ada@example.com", plain, secret.NewText(token)); !errors.Is(err, admin.ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.login("ada@example.com", plain, secret.NewText(good)); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// A device is known for 180 days.
func TestDeviceExpires(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct {
		after time.Duration
		known bool
	}{{180*24*time.Hour - time.Second, true}, {180 * 24 * time.Hour, false}} {
		device := h.device(t, h.owner)
		h.Clock.Step(tt.after)
		h.lock(t, "ada@example.com")
		if err := h.login("ada@example.com", plain, device); (err == nil) != tt.known {
			t.Errorf("after %v: %v", tt.after, err)
		}
	}
}

// FuzzDevice: nothing that was not made here is a known device, and nothing makes a login fail otherwise than by its
// password.
func FuzzDevice(f *testing.F) {
	for _, token := range []string{"", "zv_dev_", "zv_dev_" + strings.Repeat("A", 82)} {
		f.Add(token)
	}
	s := admin.Service{Keys: ring{}}
	f.Fuzz(func(t *testing.T, token string) {
		if got := s.DeviceOf("ada@example.com", token); got != "" {
			t.Errorf("%q is the device %s", token, got)
		}
	})
}
