package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// ConfirmInput is a code of the app, which proves that it has the seed.
type ConfirmInput struct {
	Code secret.Text `json:"code"`
}

// ConfirmFactor makes the enrolled factor count from now on, and gives the recovery codes. Every other session of the
// caller is over. Only the session that enrolled it confirms it, once. It fails with ErrNotEnrolled, ErrEnrolled or ErrCode.
func (f Factors) ConfirmFactor(ctx context.Context, who caller.Caller, in ConfirmInput) (RecoveryCodes, error) {
	s, accepted, err := f.proveAgain(ctx, who, proof{code: in.Code}, ErrCode, func(s second) (why, err error) {
		switch {
		case s.Standing.Factor:
			return nil, ErrEnrolled
		case !s.factor.pends(who):
			return nil, ErrNotEnrolled
		}
		return nil, nil
	})
	if err != nil {
		return RecoveryCodes{}, err
	}
	fresh, texts, err := f.newCodes(who.ID, accepted.lastStep)
	if err != nil {
		return RecoveryCodes{}, err
	}
	after := s.Admin
	after.Standing.Factor = true
	after.Standing.Epoch++
	c := s.change(after)
	c.By, c.Action, c.Severity, c.Events = who, "admin.confirm_factor", audit.Notice, []ledger.Event{told(who, "admin.factor_confirmed", who.ID)}
	c.Also = []ledger.Write{
		{Key: factorKey(who.ID), Set: ledger.Item{"session": ""}, If: ledger.Is("id", s.factor.id).And(ledger.Is("session", who.Via)), Else: ErrCode},
		accepted.replace(s, fresh, ErrCode),
		f.Sessions.Carry(who.ID, who.Via, after.Standing.Epoch),
	}
	if _, err := f.Ledger.Commit(ctx, c); err != nil {
		return RecoveryCodes{}, err
	}
	return RecoveryCodes{texts, fresh.left()}, nil
}
