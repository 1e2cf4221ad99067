package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// InviteInput names a new admin.
type InviteInput struct {
	Email string `json:"email"`
	Role  string `json:"role"` // owner, admin, operator or auditor
	Name  string `json:"name,omitempty"`
}

// invited is the event by which the mail with the token is made. It is part of the transaction: an admin who is invited
// gets the mail, whatever fails in between.
const invited = "admin.invited"

// Invite makes an admin who has no password yet, and has the invitation mailed. It fails with ErrEmail, ErrRole, ErrName,
// ErrOwnersOnly or ErrEmailTaken.
func (s Service) Invite(ctx context.Context, who caller.Caller, in InviteInput) (View, error) {
	email, err := ParseEmail(in.Email)
	if err != nil {
		return View{}, err
	}
	role, known := caller.ParseRole(in.Role)
	if !known {
		return View{}, ErrRole
	}
	if err := checkName(in.Name); err != nil {
		return View{}, err
	}
	if role == caller.Owner && who.Role != caller.Owner {
		return View{}, ErrOwnersOnly
	}
	a := Admin{ID: s.Ledger.NewID(idPrefix), Email: email, Name: in.Name, Role: role, Invited: true, CreatedAt: s.Ledger.Now()}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "admin.invite", Target: a.target(), After: a.fields(),
		Key: Key(a.ID), Item: a.item(), Else: errExists,
		Also:   []ledger.Write{a.claim(), still(who)},
		Events: []ledger.Event{told(who, invited, a.ID)},
		Reply:  a.view(),
	})
	return a.view(), err
}

// Reinvite has a new invitation mailed; the one before is over at once. It fails with ErrNotFound, ErrSelf, ErrOwnersOnly
// or ErrAccepted.
func (s Service) Reinvite(ctx context.Context, who caller.Caller, in NameInput) (View, error) {
	return s.govern(ctx, who, in.Admin, func(a Admin) (Admin, error) {
		if !a.Invited {
			return Admin{}, ErrAccepted
		}
		a.tickets = tickets{}
		return a, nil
	}, ledger.Change{Action: "admin.reinvite", Events: []ledger.Event{told(who, invited, in.Admin)}})
}
