package session_test

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/totp"
)

// app is an authenticator app on the house's clock.
type app struct {
	house
	begun session.Tokens // of the session that enrolled it
	seed  secret.Bytes
	codes []string
}

// enrol gives the owner a second factor. The code of the present step is spent.
func (h house) enrol(t *testing.T) *app {
	t.Helper()
	a := &app{house: h, begun: h.login(t, laptop)}
	who := caller.Caller{Kind: caller.Admin, ID: h.owner, Role: caller.Owner, Via: h.family(t, a.begun), Origin: laptop.Origin}
	shown, err := h.accounts.EnrolFactor(t.Context(), who, admin.EnrolInput{Password: secret.NewText(plain)})
	if err != nil {
		t.Fatal(err)
	}
	seed, err := base32.StdEncoding.DecodeString(shown.Secret)
	if err != nil {
		t.Fatal(err)
	}
	a.seed = secret.NewBytes(seed)
	confirmed, err := h.accounts.ConfirmFactor(t.Context(), who, admin.ConfirmInput{Code: a.code(0)})
	if err != nil {
		t.Fatal(err)
	}
	a.codes = confirmed.Codes
	return a
}

func (a *app) code(steps int64) secret.Text {
	return totp.Code(a.seed, totp.StepAt(a.Clock.Now())+steps)
}

// challenge shows the password.
func (a *app) challenge(t *testing.T, who caller.Caller) string {
	t.Helper()
	out, err := a.Login(t.Context(), who, session.LoginInput{Email: email, Password: secret.NewText(plain)})
	if err != nil {
		t.Fatalf("login: %v", err)
	}
	want := session.LoginOutput{Challenge: out.Challenge, ExpiresIn: 300, Methods: []string{"totp", "recovery_code"}}
	if diff := cmp.Diff(want, out); diff != "" || out.Challenge == "" {
		t.Fatalf("the password was answered (-want +got):\n%s", diff)
	}
	return out.Challenge
}

func (a *app) second(who caller.Caller, challenge string, code secret.Text) (session.LoggedIn, error) {
	return a.Second(context.Background(), who, session.SecondInput{Challenge: secret.NewText(challenge), Code: code})
}

// A complete login in two steps gives what one in one step gives, and a token by which the device is known; shown again,
// no other is made.
func TestSecond(t *testing.T) {
	a := newHouse(t).enrol(t)
	done, err := a.second(laptop, a.challenge(t, laptop), a.code(1))
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := a.Verifier.Verify(done.AccessToken, a.Clock.Now()); err != nil || claims.Admin != a.owner {
		t.Errorf("claims %+v, %v", claims, err)
	}
	if s := a.stored(t, a.family(t, done.Tokens)); s.Epoch != 1 || !s.Live(a.Clock.Now()) {
		t.Errorf("session %+v", s)
	}
	a.must(t, laptop, done.RefreshToken)
	if !strings.HasPrefix(done.DeviceToken, "zv_dev_") {
		t.Errorf("device token %q", done.DeviceToken)
	}
	again, err := a.Second(t.Context(), laptop, session.SecondInput{Challenge: secret.NewText(a.challenge(t, laptop)),
		Recovery: secret.NewText(a.codes[0]), Device: secret.NewText(done.DeviceToken)})
	if err != nil || again.DeviceToken != "" {
		t.Errorf("device token %q, %v", again.DeviceToken, err)
	}
}

// A challenge is good for the client that showed the password, for five minutes, once, as it was made, in its own stack, for
// as long as the account is as it was. Whatever is wrong, the answer is the same.
func TestChallenge(t *testing.T) {
	h := newHouse(t)
	a := h.enrol(t)
	other := newHouse(t).enrol(t)
	flip := func(text string, at int) string {
		body := []byte(text[:len(text)-9])
		if body[at]++; body[at] > 'z' {
			body[at] = 'A'
		}
		return fmt.Sprintf("%s_%08x", body, crc32.ChecksumIEEE(body))
	}
	tests := []struct {
		name string
		who  caller.Caller
		make func() string
		good bool
	}{
		{"good", laptop, func() string { return a.challenge(t, laptop) }, true},
		{"from another address", from("198.51.100.1", "laptop"), func() string { return a.challenge(t, laptop) }, false},
		{"from other software", from("192.0.2.1", "curl"), func() string { return a.challenge(t, laptop) }, false},
		{"of another stack", laptop, func() string { return other.challenge(t, laptop) }, false},
		{"another version", laptop, func() string { return flip(a.challenge(t, laptop), 6) }, false},
		{"another admin", laptop, func() string { return flip(a.challenge(t, laptop), 30) }, false},
		{"another end", laptop, func() string { return flip(a.challenge(t, laptop), 105) }, false},
		{"another voucher", laptop, func() string { return flip(a.challenge(t, laptop), 130) }, false},
		{"another MAC", laptop, func() string { return flip(a.challenge(t, laptop), 190) }, false},
		{"a refresh token", laptop, func() string { return a.begun.RefreshToken }, false},
		{"none", laptop, func() string { return "" }, false},
		{"in its last moment", laptop, func() string {
			c := a.challenge(t, laptop)
			a.Clock.Step(5*time.Minute - time.Millisecond)
			return c
		}, true},
		{"after its end", laptop, func() string { c := a.challenge(t, laptop); a.Clock.Step(5 * time.Minute); return c }, false},
		{"used", laptop, func() string {
			c := a.challenge(t, laptop)
			if _, err := a.second(laptop, c, a.code(0)); err != nil {
				t.Fatal(err)
			}
			a.Clock.Step(time.Minute)
			return c
		}, false},
		{"of an earlier epoch", laptop, func() string {
			c := a.challenge(t, laptop)
			if err := a.accounts.EndSessions(t.Context(), caller.Caller{Kind: caller.Admin, ID: a.owner, Role: caller.Owner}, a.owner, nil); err != nil {
				t.Fatal(err)
			}
			return c
		}, false},
		{"of an admin disabled since", laptop, func() string { c := a.challenge(t, laptop); a.disable(t); return c }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a.Clock.Step(2 * time.Minute)
			c := tt.make()
			_, err := a.second(tt.who, c, a.code(0))
			if tt.good && err != nil || !tt.good && (err == nil || !strings.HasPrefix(err.Error(), session.ErrSecond.Error())) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The words of a login that fails are those of the domain that judges the second factor.
func TestSameWords(t *testing.T) {
	if diff := cmp.Diff(session.ErrSecond.Error(), admin.ErrSecond.Error()); diff != "" || session.ErrSecond.Kind != admin.ErrSecond.Kind {
		t.Errorf("(-session +admin):\n%s", diff)
	}
}

// A password that was shown without what completes the login leaves a trace.
func TestChallengeIsObserved(t *testing.T) {
	a := newHouse(t).enrol(t)
	a.challenge(t, phone)
	minute := a.Clock.Now().Format("20060102T1504Z")
	entries := a.Trail(t, audit.Target{Type: "observation", ID: "session.challenge#admin/" + a.owner + "#" + minute})
	if len(entries) != 1 || entries[0].IP != "198.51.100.7" || entries[0].Actor.ID != a.owner {
		t.Errorf("entries: %+v", entries)
	}
}

// A second step whose write is lost on the way there or back is done once: one session, and the client holds its tokens.
func TestSecondWithLostWrite(t *testing.T) {
	for name, lost := range map[string]fault.Effect{"request": fault.LostRequest, "reply": fault.LostReply} {
		t.Run(name, func(t *testing.T) {
			a := newHouse(t).enrol(t)
			c := a.challenge(t, laptop)
			armed := a.AWS.Faults().Add(fault.Rule{Operation: transact, Count: 1, Effect: lost})
			done, err := a.second(laptop, c, a.code(1))
			if err != nil || armed.Hits() != 1 {
				t.Fatalf("%d lost, %v", armed.Hits(), err)
			}
			if diff := cmp.Diff([]string{"session.login"}, a.actions(t, a.family(t, done.Tokens))); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// between does something once, between what a method reads and what it writes.
type between struct {
	ledger.Store
	do func()
}

func (b *between) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	if do := b.do; do != nil {
		b.do = nil
		do()
	}
	return b.Store.Transact(ctx, token, writes)
}

// A refresh in the moment in which its session is carried over to a new epoch goes on in that; one whose session is left
// behind is refused.
func TestRefreshWhileTheEpochMovesOn(t *testing.T) {
	h := newHouse(t)
	a := h.enrol(t)
	left, err := a.second(phone, a.challenge(t, phone), a.code(1))
	if err != nil {
		t.Fatal(err)
	}
	who := caller.Caller{Kind: caller.Admin, ID: h.owner, Role: caller.Owner, Via: h.family(t, a.begun), Origin: laptop.Origin}
	store := h.Vault.Ledger.Store
	h.Vault.Ledger.Store = &between{store, func() {
		in := admin.Reauthentication{Password: secret.NewText(plain), Recovery: secret.NewText(a.codes[0])}
		if _, err := h.accounts.DisableFactor(t.Context(), who, in); err != nil {
			t.Error(err)
		}
	}}
	good := h.must(t, laptop, a.begun.RefreshToken)
	if s := h.stored(t, h.family(t, a.begun)); s.Epoch != 2 || s.Generation != 2 {
		t.Errorf("session %+v", s)
	}
	h.must(t, laptop, good)
	h.refused(t, phone, left.RefreshToken)
}

// Whatever is read as a challenge is one, in its one form; nothing else is.
func FuzzParseChallenge(f *testing.F) {
	raw := append([]byte{1, 0xab, 0xcd, 0xef, 0x01}, strings.Repeat("0", 52)...) // version, key, two ULIDs
	text := "zv_lc_" + base64.RawURLEncoding.EncodeToString(append(raw, make([]byte, 8+8+48+32)...))
	f.Add(fmt.Sprintf("%s_%08x", text, crc32.ChecksumIEEE([]byte(text))))
	for _, seed := range []string{"", "zv_lc_", text, "zv_rt_" + strings.Repeat("A", 140) + "_00000000", strings.Repeat("zv_lc_", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, form := range []string{text, fmt.Sprintf("%s_%08x", text, crc32.ChecksumIEEE([]byte(text)))} {
			body, mac, err := session.ParseChallenge(form)
			if err == nil && (len(body) != 121 || len(mac) != 32 || !strings.HasPrefix(form, "zv_lc_")) {
				t.Errorf("%q is read as %d and %d bytes", form, len(body), len(mac))
			}
		}
	})
}
