package admin

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/totp"
)

// acceptance is a proof that is good, and is spent by the write whose condition it brings: of many who show the same one
// at once, one gets through.
type acceptance struct {
	unspent   ledger.Condition
	spent     ledger.Item // what the write sets
	lastStep  int64       // that is accepted afterwards
	recovered bool        // it was a recovery code
}

// The reasons of a refusal, for the trail and the log alone.
var (
	errNoFactor  = errors.New("no_second_factor")
	errChanged   = errors.New("admin_changed_since")
	errWrongCode = errors.New("wrong_second_factor")
)

// judge finds the acceptance of a proof. It does the same work whatever is wrong, and then fails with the reason.
func (f Factors) judge(s second, p proof) (acceptance, error) {
	if s.factor.id == "" {
		return acceptance{}, errNoFactor
	}
	seed, err := f.Sealer.Open(s.factor.place(), s.factor.sealed)
	if err != nil {
		return acceptance{}, err
	}
	step, matches := totp.Match(seed, p.code, f.Ledger.Now())
	place, found, err := f.find(s, p.recovery)
	switch {
	case err != nil:
		return acceptance{}, err
	case matches && step > s.codes.lastStep:
		return acceptance{s.codes.stepUnspent(step), ledger.Item{"last_step": step}, step, false}, nil
	case found:
		return acceptance{ledger.Is(codeName(place), s.codes.macs[place]), ledger.Item{codeName(place): ""}, s.codes.lastStep, true}, nil
	}
	return acceptance{}, errWrongCode
}

func (c codes) stepUnspent(step int64) ledger.Condition {
	if !c.stored {
		return ledger.Absent()
	}
	return ledger.AtMost("last_step", step-1)
}

// write spends the proof.
func (a acceptance) write(adminID string, otherwise *fault.Fault) ledger.Write {
	return ledger.Write{Key: codesKey(adminID), Set: a.spent, If: a.unspent, Else: otherwise}
}

// replace spends the proof by putting another set of codes in place of the one that it was judged by.
func (a acceptance) replace(s second, by codes, otherwise *fault.Fault) ledger.Write {
	unspent := a.unspent
	if a.recovered { // no step that another login has spent meanwhile may come back
		unspent = unspent.And(ledger.Is("last_step", s.codes.lastStep))
	}
	return ledger.Write{Key: codesKey(s.ID), Put: by.item(s.ID), If: unspent, Else: otherwise}
}

// The subjects of attempts at a second factor: at the login, of strangers and of each known device; and of each session.
// So nobody who has the password, or a session, keeps the admin out elsewhere. A recovery code that completes a login is
// counted by no subject: it can't be guessed.
func strangersSubject(adminID string) string     { return "factor#" + adminID }
func factorSubject(adminID, of string) string    { return "factor#" + adminID + "#" + of }
func factorDevicesSubject(adminID string) string { return "factor-devices#" + adminID }
func sessionSubject(who caller.Caller) string    { return factorSubject(who.ID, who.Via) }

// attempt reserves one at the second step of a login, and tells under which subject; none for a recovery code.
func (f Factors) attempt(ctx context.Context, adminID, device string, p proof) (subject string, locking bool, err error) {
	if p.code.Expose() == "" {
		return "", false, nil
	}
	subject = strangersSubject(adminID)
	if device != "" {
		err := f.Attempts.Within(ctx, factorDevicesSubject(adminID), devicesMost, devicesPeriod)
		if err != nil && !locked(err) {
			return "", false, err
		}
		if err == nil {
			subject = factorSubject(adminID, device)
		}
	}
	locking, err = f.Attempts.Reserve(ctx, subject)
	return subject, locking, err
}

// prove reads the admin, and judges a proof for which an attempt was reserved. More tells what else is wrong: with why, the
// attempt stays counted and is recorded, and the answer is the given fault, after the same calls as for any other reason;
// with err, that is the answer. A proof that is good gives the subject its attempts back: who knows one is not guessing.
func (f Factors) prove(ctx context.Context, adminID, subject string, p proof, more func(second) (why, err error),
	refuse func(s second, why error) error) (second, acceptance, error) {
	s, err := f.second(ctx, adminID)
	if err != nil {
		return second{}, acceptance{}, err
	}
	why, err := more(s)
	if err != nil {
		return second{}, acceptance{}, err
	}
	accepted, wrongProof := f.judge(s, p)
	if why = errors.Join(why, wrongProof); why != nil {
		return second{}, acceptance{}, refuse(s, why)
	}
	if subject == "" {
		return s, accepted, nil
	}
	return s, accepted, f.Attempts.Return(ctx, subject)
}

// proveAgain judges a proof of somebody who is logged in. Every attempt counts, of whatever kind: a password may be shown
// with it.
func (f Factors) proveAgain(ctx context.Context, who caller.Caller, p proof, wrong *fault.Fault, more func(second) (why, err error)) (second, acceptance, error) {
	locking, err := f.Attempts.Reserve(ctx, sessionSubject(who))
	if err != nil {
		return second{}, acceptance{}, err
	}
	return f.prove(ctx, who.ID, sessionSubject(who), p, more, func(s second, why error) error {
		err := f.denyFactor(ctx, who, s, wrong)
		if locking && err == nil { // no letter: logging in is not what is paused
			err = f.recordLocked(ctx, who, s.Email)
		}
		if err != nil {
			return err
		}
		return wrong.Because(why)
	})
}

// denyFactor records a proof that was not good, one entry a minute.
func (f Factors) denyFactor(ctx context.Context, who caller.Caller, s second, wrong *fault.Fault) error {
	return f.Ledger.Deny(ctx, ledger.Denial{By: who, Action: "admin.factor_denied", Subject: "admin/" + s.ID, Why: wrong.Code})
}

// Second judges the proof that completes a login, by an admin who has shown the password as of an epoch: the voucher that
// the challenge was given says so, and on which device. Refused is why it is to fail whatever is shown, nil for nothing. It
// gives the write by which the proof is spent, for the transaction of the login itself. It fails with ErrSecond, whatever
// is wrong and after the same calls, with a fault of kind TooMany, or with ErrOneProof.
func (f Factors) Second(ctx context.Context, who caller.Caller, epoch int64, challenge, voucher []byte, code, recovery secret.Text,
	refused error) (spend ledger.Write, recovered bool, err error) {
	p, by := proof{code, recovery}, caller.Caller{Kind: caller.Anonymous, Origin: who.Origin}
	if err := p.check(); err != nil {
		return ledger.Write{}, false, err
	}
	subject, locking, err := f.attempt(ctx, who.ID, deviceOf(voucher), p)
	if err != nil {
		return ledger.Write{}, false, err
	}
	_, accepted, err := f.prove(ctx, who.ID, subject, p, func(s second) (why, err error) {
		switch {
		case refused != nil:
			return refused, nil
		case s.Disabled || s.Invited || s.Standing.Epoch != epoch || !s.Standing.Factor || !s.codes.stored:
			return errChanged, nil
		case !s.vouched(challenge, voucher):
			return errVoucher, nil
		}
		return nil, nil
	}, func(s second, why error) error {
		err := f.denyFactor(ctx, by, s, ErrSecond)
		if locking && err == nil {
			err = f.tellLocked(ctx, by, s.Email)
		}
		if err != nil {
			return err
		}
		return ErrSecond.Because(why)
	})
	if err != nil {
		return ledger.Write{}, false, err
	}
	return accepted.write(who.ID, ErrSecond), accepted.recovered, nil
}
