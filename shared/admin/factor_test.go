package admin_test

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/totp"
	"github.com/zenvault/zenvault/shared/wire/factors"
)

// phone is an authenticator app on the stack's clock.
type phone struct {
	house
	factors admin.Factors
	seed    secret.Bytes
	codes   []string
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	h := newHouse(t)
	f := factors.Service(h.World, h.Service, h.Ring)
	f.Picture = func(uri secret.Text) (secret.Text, error) { return secret.NewText("picture of " + uri.Expose()), nil }
	h.begin(t, h.owner)
	return &phone{house: h, factors: f}
}

func (p *phone) enrol(t *testing.T, who caller.Caller) admin.Enrolled {
	t.Helper()
	shown, err := p.factors.EnrolFactor(t.Context(), who, admin.EnrolInput{Password: secret.NewText(plain)})
	must(t, err)
	seed, err := base32.StdEncoding.DecodeString(shown.Secret)
	must(t, err)
	p.seed = secret.NewBytes(seed)
	return shown
}

func (p *phone) code(steps int64) secret.Text {
	return totp.Code(p.seed, totp.StepAt(p.Clock.Now())+steps)
}

func (p *phone) confirm(who caller.Caller, code secret.Text) error {
	shown, err := p.factors.ConfirmFactor(context.Background(), who, admin.ConfirmInput{Code: code})
	p.codes = shown.Codes
	return err
}

// enrolled is a phone whose codes count; that of the present step is spent.
func enrolled(t *testing.T) *phone {
	t.Helper()
	p := newPhone(t)
	p.enrol(t, p.owner)
	must(t, p.confirm(p.owner, p.code(0)))
	return p
}

func (p *phone) show(code, recovery string) error { return p.showOn(secret.Text{}, code, recovery) }

// showOn does so after the password was shown on a device.
func (p *phone) showOn(device secret.Text, code, recovery string) error {
	challenge := []byte("challenge")
	voucher, err := p.Vouch(context.Background(), p.owner.ID, device, challenge)
	if err != nil {
		return err
	}
	_, _, err = p.factors.Second(context.Background(), p.owner, 1, challenge, voucher, secret.NewText(code), secret.NewText(recovery), nil)
	return err
}

// An enrolment shows the seed once, in three forms of the same, and counts for nothing; it is stored sealed, and its entry
// does not have it. Again, it takes the place of the one before.
func TestEnrolFactor(t *testing.T) {
	p := newPhone(t)
	first := p.enrol(t, p.owner)
	shown := p.enrol(t, p.owner)
	uri := "otpauth://totp/test:ada%40example.com?secret=" + shown.Secret + "&issuer=test&algorithm=SHA1&digits=6&period=30"
	if diff := cmp.Diff(admin.Enrolled{Secret: shown.Secret, URI: uri, QR: "picture of " + uri}, shown); diff != "" || first.Secret == shown.Secret {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	if p.stored(t, p.owner.ID).Standing.Factor {
		t.Error("it counts before a code was confirmed")
	}
	item, err := p.Vault.Ledger.GetOne(t.Context(), ledger.Key{PK: "admin#" + p.owner.ID, SK: "factor"})
	must(t, err)
	if stored := fmt.Sprintf("%s", item); strings.Contains(stored, string(p.seed.Expose())) || strings.Contains(stored, shown.Secret) {
		t.Error("the seed is stored in plain")
	}
	entries := p.Trail(t, audit.Target{Type: "factor", ID: p.owner.ID})
	if len(entries) != 2 || entries[1].After["seed"] != "[redacted]" || entries[1].Version != 2 {
		t.Errorf("entries: %+v", entries)
	}
	seed, err := base32.StdEncoding.DecodeString(first.Secret)
	must(t, err)
	old := totp.Code(secret.NewBytes(seed), totp.StepAt(p.Clock.Now()))
	if err := p.confirm(p.owner, old); !errors.Is(err, admin.ErrCode) {
		t.Errorf("a code of the seed before: %v", err)
	}
}

// A sealed seed that is moved to another admin does not open there.
func TestMovedSeedDoesNotOpen(t *testing.T) {
	p := newPhone(t)
	other := p.join(t, "eve@example.com", caller.Auditor)
	p.begin(t, other)
	p.enrol(t, p.owner)
	item, err := p.Vault.Ledger.GetOne(t.Context(), ledger.Key{PK: "admin#" + p.owner.ID, SK: "factor"})
	must(t, err)
	for _, name := range []string{"pk", "sk", "version", "audit_hash"} {
		delete(item, name)
	}
	item["admin"], item["session"] = other.ID, other.Via
	_, err = p.Vault.Ledger.Commit(t.Context(), ledger.Change{By: operator, Action: "test.move", Target: audit.Target{Type: "factor", ID: other.ID},
		Key: ledger.Key{PK: "admin#" + other.ID, SK: "factor"}, Item: item, Else: fault.ErrInternal})
	must(t, err)
	if err := p.confirm(other, p.code(0)); !errors.Is(err, admin.ErrCode) || !strings.Contains(err.Error(), "does not open") {
		t.Errorf("confirmed by the seed of another: %v", err)
	}
}

// A confirmation makes the factor count, moves the epoch on, carries the own session along, and gives ten codes, in one
// transaction; it is told of. A second one finds the factor there.
func TestConfirmFactor(t *testing.T) {
	p := newPhone(t)
	if err := p.confirm(p.owner, secret.NewText("123456")); !errors.Is(err, admin.ErrNotEnrolled) {
		t.Errorf("without an enrolment: %v", err)
	}
	p.enrol(t, p.owner)
	must(t, p.confirm(p.owner, p.code(-1)))
	a := p.stored(t, p.owner.ID)
	if a.Standing != (caller.Standing{Epoch: 1, Factor: true}) || p.epochOf(t, p.owner) != 1 || len(p.codes) != 10 {
		t.Errorf("standing %+v, the session's epoch %d, %d codes", a.Standing, p.epochOf(t, p.owner), len(p.codes))
	}
	e := p.last(t, p.owner.ID)
	if e.Action != "admin.confirm_factor" || e.Severity != audit.Notice || !cmp.Equal(e.After, audit.Fields{"epoch": int64(1), "factor": true}) {
		t.Errorf("entry %+v", e)
	}
	if diff := cmp.Diff([]string{"admin.factor_confirmed"}, p.events(t, p.owner.ID)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := p.confirm(p.owner, p.code(0)); !errors.Is(err, admin.ErrEnrolled) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := p.factors.EnrolFactor(t.Context(), p.owner, admin.EnrolInput{Password: secret.NewText(plain)}); !errors.Is(err, admin.ErrEnrolled) {
		t.Errorf("enrolling over it: %v", err)
	}
}

// A session that somebody ended while it confirms a factor is not carried over: nothing is changed.
func TestEndedSessionIsNotCarriedOver(t *testing.T) {
	p := newPhone(t)
	p.enrol(t, p.owner)
	must(t, p.EndSessions(t.Context(), p.owner, p.owner.ID, nil))
	if err := p.confirm(p.owner, p.code(0)); !errors.Is(err, session.ErrEnded) {
		t.Errorf("confirmed by a session that is over: %v", err)
	}
	if a := p.stored(t, p.owner.ID); a.Standing != (caller.Standing{Epoch: 1}) || p.epochOf(t, p.owner) != 0 {
		t.Errorf("standing %+v, the session's epoch %d", a.Standing, p.epochOf(t, p.owner))
	}
}

// A login shows a code or a recovery code, never both and never none.
func TestOneProof(t *testing.T) {
	p := enrolled(t)
	for name, err := range map[string]error{"none": p.show("", ""), "both": p.show(p.code(1).Expose(), p.codes[0])} {
		if !errors.Is(err, admin.ErrOneProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Wrong codes are counted before they are judged: after a few the factor is locked, for the right one as well, and the
// admin is told, by an entry of severity warning and a letter. A success forgets them.
func TestFactorIsBounded(t *testing.T) {
	p := enrolled(t)
	for range 4 {
		if err := p.show("000000", ""); !errors.Is(err, admin.ErrSecond) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	must(t, p.show(p.code(1).Expose(), "")) // judged good; the login did not follow
	wrong := 0
	for err := p.show("000000", ""); errors.Is(err, admin.ErrSecond); err = p.show("000000", "") {
		if wrong++; wrong > 10 {
			t.Fatal("there is no end of guessing")
		}
	}
	if wrong != 5 {
		t.Errorf("%d wrong codes were judged, want 5", wrong)
	}
	if err := p.show(p.code(1).Expose(), ""); err == nil || fault.From(err).Kind != fault.TooMany {
		t.Errorf("the right code while it is locked: %v", err)
	}
	if letters := p.letters(t); len(letters) != 1 {
		t.Errorf("%d letters", len(letters))
	}
	p.Clock.Step(time.Minute)
	must(t, p.show(p.code(1).Expose(), ""))
}

// meanwhile does something once, between what a method reads and what it writes.
type meanwhile struct {
	ledger.Store
	do func()
}

func (m *meanwhile) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Store.Transact(ctx, token, writes)
}

// A code confirms the seed that it is of, and no other that takes its place in the same moment.
func TestConfirmationIsOfItsSeed(t *testing.T) {
	p := newPhone(t)
	p.enrol(t, p.owner)
	code := p.code(0)
	store := p.Vault.Ledger.Store
	p.Vault.Ledger.Store = &meanwhile{store, func() { p.enrol(t, p.owner) }}
	if err := p.confirm(p.owner, code); !errors.Is(err, admin.ErrCode) {
		t.Errorf("confirmed: %v", err)
	}
	if p.stored(t, p.owner.ID).Standing.Factor {
		t.Error("a seed counts that nobody has proven")
	}
}

// New recovery codes, asked for with a recovery code, do not bring back a step that a login accepts in the same moment.
func TestRenewalKeepsTheLastStep(t *testing.T) {
	p := enrolled(t)
	store := p.Vault.Ledger.Store
	step := totp.StepAt(p.Clock.Now()) + 1
	p.Vault.Ledger.Store = &meanwhile{store, func() {
		must(t, store.Transact(t.Context(), "login", []ledger.Write{{Key: ledger.Key{PK: "admin#" + p.owner.ID, SK: "codes"},
			Set: ledger.Item{"last_step": step}, If: ledger.Exists(), Else: fault.ErrInternal}}))
	}}
	in := admin.Reauthentication{Password: secret.NewText(plain), Recovery: secret.NewText(p.codes[0])}
	if _, err := p.factors.RenewCodes(t.Context(), p.owner, in); !errors.Is(err, admin.ErrReauthentication) {
		t.Errorf("renewed: %v", err)
	}
	if err := p.show(p.code(1).Expose(), ""); !errors.Is(err, admin.ErrSecond) {
		t.Errorf("the spent step: %v", err)
	}
	fresh, err := p.factors.RenewCodes(t.Context(), p.owner, in)
	must(t, err)
	for _, tt := range []struct {
		code string
		want error
	}{{p.codes[1], admin.ErrSecond}, {fresh.Codes[1], nil}} {
		if err := p.show("", tt.code); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.code, err, tt.want)
		}
	}
	if diff := cmp.Diff([]string{"admin.factor_confirmed", "admin.recovery_codes_made"}, slices.Sorted(slices.Values(p.events(t, p.owner.ID)))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A password that did beside a second factor may be too short to stand alone: then the factor stays.
func TestShortPasswordKeepsTheFactor(t *testing.T) {
	p := enrolled(t)
	const short = "kurzer Satz" // eleven characters
	must(t, p.change(p.owner, plain, short))
	in := admin.Reauthentication{Password: secret.NewText(short), Recovery: secret.NewText(p.codes[0])}
	if _, err := p.factors.DisableFactor(t.Context(), p.owner, in); err == nil || fault.From(err).Code != "password_too_short" {
		t.Errorf("disabled: %v", err)
	}
	if !p.stored(t, p.owner.ID).Standing.Factor {
		t.Error("the factor is gone")
	}
}

// A code is read as a person types it, and nothing else is taken for one.
func FuzzReadCode(f *testing.F) {
	good := admin.WriteCode([]byte("fifteen bytes.."))
	for _, text := range []string{good, strings.ToLower(good), strings.ReplaceAll(good, "-", " "), strings.ReplaceAll(good, "-", ""), good[1:], good + "A",
		good + "\n", "", "ſ" + good[1:], strings.Repeat("A", 100), strings.Repeat("-", 64)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := admin.ReadCode(text)
		if !ok {
			return
		}
		plain := strings.NewReplacer("-", "", " ", "").Replace(text)
		again := strings.ReplaceAll(admin.WriteCode(code), "-", "")
		if len(code) != 15 || len(plain) != 24 || !strings.EqualFold(plain, again) || strings.ContainsFunc(plain, func(r rune) bool { return r > 'z' }) {
			t.Errorf("%q is read as %x, which is written %s", text, code, again)
		}
	})
}
