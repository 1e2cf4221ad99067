package admin

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// Reauthentication is the password and one proof: both are asked for again before what lowers an account's defence.
type Reauthentication struct {
	Password secret.Text `json:"password"`
	Code     secret.Text `json:"code,omitempty"`          // six digits, of the app
	Recovery secret.Text `json:"recovery_code,omitempty"` // one of ten, each good once
}

// proveBoth judges them. It fails with ErrReauthentication, ErrOneProof, or a fault of kind TooMany.
func (f Factors) proveBoth(ctx context.Context, who caller.Caller, in Reauthentication) (second, acceptance, error) {
	shown := proof{in.Code, in.Recovery}
	if err := shown.check(); err != nil {
		return second{}, acceptance{}, err
	}
	return f.proveAgain(ctx, who, shown, ErrReauthentication, func(s second) (why, err error) {
		right, err := f.Passwords.Verify(ctx, in.Password, s.password)
		switch {
		case err != nil:
			return nil, err
		case !s.Standing.Factor:
			return errNoFactor, nil
		case !right:
			return errors.New(wrongPassword), nil
		}
		return nil, nil
	})
}

// DisableFactor takes the second factor away, and with it the recovery codes. Every other session of the caller is over.
// It fails with ErrReauthentication, ErrOneProof, a fault of kind TooMany, or the rules for passwords: one that did beside
// a second factor may be too short to stand alone.
func (f Factors) DisableFactor(ctx context.Context, who caller.Caller, in Reauthentication) (View, error) {
	s, accepted, err := f.proveBoth(ctx, who, in)
	if err != nil {
		return View{}, err
	}
	if err := f.Passwords.CheckWith(in.Password, false, string(s.Email), s.Name); err != nil {
		return View{}, fault.From(err).At("/password")
	}
	after := s.Admin
	after.Standing.Factor = false
	after.Standing.Epoch++
	for name, none := range noCodes() {
		accepted.spent[name] = none
	}
	c := s.change(after)
	c.By, c.Action, c.Severity, c.Events = who, "admin.disable_factor", audit.Notice, []ledger.Event{told(who, "admin.factor_disabled", who.ID)}
	c.Also = []ledger.Write{accepted.write(who.ID, ErrReauthentication), noFactor(who.ID), f.Sessions.Carry(who.ID, who.Via, after.Standing.Epoch)}
	_, err = f.Ledger.Commit(ctx, c)
	return after.view(), err
}
