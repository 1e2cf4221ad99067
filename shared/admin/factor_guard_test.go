package admin_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// A session alone enrols no factor: the password is asked for, with few attempts.
func TestEnrolmentAsksForThePassword(t *testing.T) {
	p := newPhone(t)
	enrol := func(plain string) error {
		_, err := p.factors.EnrolFactor(t.Context(), p.owner, admin.EnrolInput{Password: secret.NewText(plain)})
		return err
	}
	for range 5 {
		if err := enrol("wrong"); !errors.Is(err, admin.ErrPassword) || fault.From(err).Field != "/password" {
			t.Fatalf("a wrong password: %v", err)
		}
	}
	if err := enrol(plain); err == nil || fault.From(err).Kind != fault.TooMany {
		t.Errorf("the right one while it is locked: %v", err)
	}
	if item, err := p.Vault.Ledger.GetOne(t.Context(), ledger.Key{PK: "admin#" + p.owner.ID, SK: "factor"}); err != nil || item != nil {
		t.Errorf("stored: %v, %v", item, err)
	}
}

// A seed waits for the session that enrolled it: another of the same admin does not make it count.
func TestConfirmationIsOfItsSession(t *testing.T) {
	p := newPhone(t)
	other := p.owner
	other.Via = "ses_01jd0000000000000000000000"
	p.begin(t, other)
	p.enrol(t, other)
	if err := p.confirm(p.owner, p.code(0)); !errors.Is(err, admin.ErrNotEnrolled) {
		t.Errorf("confirmed by another session: %v", err)
	}
	must(t, p.confirm(other, p.code(0)))
}

// Of a factor that was disabled nothing is left: its seed can't be confirmed once more.
func TestDisabledSeedStaysGone(t *testing.T) {
	p := enrolled(t)
	_, err := p.factors.DisableFactor(t.Context(), p.owner, admin.Reauthentication{Password: secret.NewText(plain), Recovery: secret.NewText(p.codes[0])})
	must(t, err)
	if err := p.confirm(p.owner, p.code(1)); !errors.Is(err, admin.ErrNotEnrolled) {
		t.Errorf("confirmed: %v", err)
	}
	item, err := p.Vault.Ledger.GetOne(t.Context(), ledger.Key{PK: "admin#" + p.owner.ID, SK: "factor"})
	must(t, err)
	if seed := item.Read().Bytes("seed"); len(seed) != 0 {
		t.Errorf("%d bytes of a seed are left", len(seed))
	}
	p.Clock.Step(time.Minute) // the steps that were spent stay so
	p.enrol(t, p.owner)
	must(t, p.confirm(p.owner, p.code(0)))
}

// Who has the password locks strangers out of the second step and nobody else: not a known device, not a recovery code, not
// a session; and a session locks no other.
func TestWhoGuessesLocksHimself(t *testing.T) {
	p := enrolled(t)
	device, err := p.Remember(t.Context(), p.owner.ID, secret.Text{})
	must(t, err)
	for range 5 {
		if err := p.show("000000", ""); !errors.Is(err, admin.ErrSecond) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	if err := p.show(p.code(1).Expose(), ""); err == nil || fault.From(err).Kind != fault.TooMany {
		t.Errorf("a stranger: %v", err)
	}
	must(t, p.showOn(device, p.code(1).Expose(), ""))
	must(t, p.show("", p.codes[0]))
	renew := func(who caller.Caller, recovery string) error {
		_, err := p.factors.RenewCodes(t.Context(), who, admin.Reauthentication{Password: secret.NewText(plain), Recovery: secret.NewText(recovery)})
		return err
	}
	stolen := p.owner
	stolen.Via = "ses_01jd0000000000000000000000"
	for range 5 {
		if err := renew(stolen, "wrong"); !errors.Is(err, admin.ErrReauthentication) {
			t.Fatalf("a wrong code of a session: %v", err)
		}
	}
	if err := renew(stolen, p.codes[1]); err == nil || fault.From(err).Kind != fault.TooMany {
		t.Errorf("the session that guessed: %v", err)
	}
	must(t, renew(p.owner, p.codes[1]))
}

// A known device has no more attempts than a stranger.
func TestKnownDeviceIsBoundedAtTheSecondStep(t *testing.T) {
	p := enrolled(t)
	device, err := p.Remember(t.Context(), p.owner.ID, secret.Text{})
	must(t, err)
	for range 5 {
		if err := p.showOn(device, "000000", ""); !errors.Is(err, admin.ErrSecond) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	if err := p.showOn(device, p.code(1).Expose(), ""); err == nil || fault.From(err).Kind != fault.TooMany {
		t.Errorf("while it is locked: %v", err)
	}
	p.Clock.Step(time.Minute)
	must(t, p.showOn(device, p.code(0).Expose(), ""))
}

// A voucher is of its challenge and of the password that is good.
func TestVoucher(t *testing.T) {
	p := enrolled(t)
	challenge := []byte("challenge")
	good, err := p.Vouch(t.Context(), p.owner.ID, secret.Text{}, challenge)
	must(t, err)
	device := append([]byte{1}, good[1:]...)
	for name, tt := range map[string]struct{ challenge, voucher []byte }{
		"another challenge": {[]byte("challengf"), good}, "another device": {challenge, device}, "a short one": {challenge, good[1:]}, "none": {challenge, nil},
		"zeros": {challenge, make([]byte, 48)},
	} {
		_, _, err := p.factors.Second(t.Context(), p.owner, 1, tt.challenge, tt.voucher, secret.Text{}, secret.NewText(p.codes[0]), nil)
		if !errors.Is(err, admin.ErrSecond) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, p.change(p.owner, plain, other))
	_, _, err = p.factors.Second(t.Context(), p.owner, 2, challenge, good, secret.Text{}, secret.NewText(p.codes[0]), nil)
	if !errors.Is(err, admin.ErrSecond) {
		t.Errorf("of the password before: %v", err)
	}
}

// An owner takes away another's factor: it and the codes are gone, all sessions are over, and the admin is told. Nobody
// does so for himself, and nobody but an owner; an operator of the stack does it for an address.
func TestResetFactor(t *testing.T) {
	p := newPhone(t)
	lost, manager := p.join(t, "eve@example.com", caller.Auditor), p.join(t, "max@example.com", caller.Manager)
	reset := func(who caller.Caller, adminID string) error {
		_, err := p.ResetFactor(t.Context(), who, admin.NameInput{Admin: adminID})
		return err
	}
	release := func(email string) error {
		_, err := p.ReleaseFactor(t.Context(), operator, admin.ReleaseInput{Email: email})
		return err
	}
	lost.Epoch = p.stored(t, lost.ID).Standing.Epoch
	p.begin(t, lost)
	manager.Epoch = p.stored(t, manager.ID).Standing.Epoch
	enrol := func() {
		p.enrol(t, lost)
		must(t, p.confirm(lost, p.code(0)))
	}
	enrol()
	for name, tt := range map[string]struct{ got, want error }{
		"himself":         {reset(p.owner, p.owner.ID), admin.ErrSelf},
		"no owner":        {reset(manager, lost.ID), admin.ErrOwnersOnly},
		"without one":     {reset(p.owner, manager.ID), admin.ErrNotEnrolled},
		"nobody":          {reset(p.owner, "adm_01jd0000000000000000000000"), admin.ErrNotFound},
		"no address":      {release("nobody"), admin.ErrEmail},
		"unknown address": {release("nobody@example.com"), admin.ErrNotFound},
		"of one without":  {release("ada@example.com"), admin.ErrNotEnrolled},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
	for _, by := range []struct {
		name string
		do   func() error
	}{{"owner", func() error { return reset(p.owner, lost.ID) }}, {"operator", func() error { return release("Eve@example.com") }}} {
		epoch := p.stored(t, lost.ID).Standing.Epoch
		must(t, by.do())
		if got := p.stored(t, lost.ID).Standing; got != (caller.Standing{Epoch: epoch + 1}) {
			t.Errorf("%s: standing %+v", by.name, got)
		}
		if e := p.last(t, lost.ID); e.Action != "admin.reset_factor" || e.Severity != audit.Warning {
			t.Errorf("%s: entry %+v", by.name, e)
		}
		if got, err := p.factors.CountCodes(t.Context(), lost, struct{}{}); err != nil || got.Left != 0 {
			t.Errorf("%s: %d codes are left, %v", by.name, got.Left, err)
		}
		if err := p.confirm(lost, p.code(1)); !errors.Is(err, admin.ErrNotEnrolled) {
			t.Errorf("%s: the old seed: %v", by.name, err)
		}
		if by.name == "owner" {
			p.Clock.Step(time.Minute)
			lost.Via, lost.Epoch = "ses_01jd0000000000000000000000", epoch+1
			p.begin(t, lost)
			enrol()
		}
	}
	want := []string{"admin.factor_reset", "admin.factor_reset"}
	var got []string
	for _, e := range p.events(t, lost.ID) {
		if e == "admin.factor_reset" {
			got = append(got, e)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
