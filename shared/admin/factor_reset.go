package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// ResetFactor takes away the second factor of another admin, who has lost it, and with it the recovery codes; all sessions
// of that admin are over. Only an owner does it. It fails with ErrNotFound, ErrSelf, ErrOwnersOnly or ErrNotEnrolled.
func (s Service) ResetFactor(ctx context.Context, who caller.Caller, in NameInput) (View, error) {
	return s.govern(ctx, who, in.Admin, func(a Admin) (Admin, error) {
		if who.Role != caller.Owner {
			return Admin{}, ErrOwnersOnly.Saying("Only an owner takes a second factor away.")
		}
		return a.withoutFactor()
	}, withoutFactor(who, in.Admin))
}

// ReleaseInput names an admin by the address: who runs the stack knows that.
type ReleaseInput struct {
	Email string `json:"email"`
}

// ReleaseFactor does the same for an operator of the stack, where no owner is left who could. It fails with ErrEmail,
// ErrNotFound or ErrNotEnrolled.
func (s Service) ReleaseFactor(ctx context.Context, who caller.Caller, in ReleaseInput) (View, error) {
	email, err := ParseEmail(in.Email)
	if err != nil {
		return View{}, err
	}
	claim, err := s.Ledger.GetOne(ctx, emailKey(email))
	if err != nil {
		return View{}, err
	}
	adminID, _ := claim["admin"].(string)
	c := withoutFactor(who, adminID)
	c.By = who
	a, err := s.alter(ctx, adminID, Admin.withoutFactor, c)
	if err != nil {
		return View{}, err
	}
	return a.view(), nil
}

func (a Admin) withoutFactor() (Admin, error) {
	if !a.Standing.Factor {
		return Admin{}, ErrNotEnrolled
	}
	a.Standing.Factor = false
	a.Standing.Epoch++
	return a, nil
}

// withoutFactor is the change by which somebody else's factor goes.
func withoutFactor(who caller.Caller, adminID string) ledger.Change {
	return ledger.Change{
		Action: "admin.reset_factor", Severity: audit.Warning, Events: []ledger.Event{told(who, "admin.factor_reset", adminID)},
		Also: []ledger.Write{noFactor(adminID), {Key: codesKey(adminID), Set: noCodes(), If: ledger.Exists(), Else: errMoved}},
	}
}
