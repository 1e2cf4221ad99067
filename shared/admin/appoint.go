package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// AppointInput names an admin and a role.
type AppointInput struct {
	Admin string `path:"admin"`
	Role  string `json:"role"` // owner, admin, operator or auditor
}

// Appoint gives an admin another role; the sessions of the old one are over. One who has the role already stays as he is.
// It fails with ErrRole, ErrNotFound, ErrSelf, ErrOwnersOnly or ErrLastOwner.
func (s Service) Appoint(ctx context.Context, who caller.Caller, in AppointInput) (View, error) {
	role, known := caller.ParseRole(in.Role)
	if !known {
		return View{}, ErrRole
	}
	return s.govern(ctx, who, in.Admin, func(a Admin) (Admin, error) {
		if a.Role == role {
			return Admin{}, errSame
		}
		a.Role = role
		a.Standing.Epoch++
		return a, nil
	}, ledger.Change{Action: "admin.appoint", Severity: audit.Notice, Events: []ledger.Event{told(who, "admin.role_changed", in.Admin)}})
}

// govern makes one admin's change of another. It holds in the same transaction that who makes it still may.
func (s Service) govern(ctx context.Context, who caller.Caller, adminID string, change func(Admin) (Admin, error), c ledger.Change) (View, error) {
	c.By, c.Also = who, append(c.Also, still(who))
	a, err := s.alter(ctx, adminID, func(a Admin) (Admin, error) {
		if who.ID == a.ID {
			return Admin{}, ErrSelf
		}
		after, err := change(a)
		if who.Role != caller.Owner && (a.Role == caller.Owner || after.Role == caller.Owner) {
			return Admin{}, ErrOwnersOnly
		}
		return after, err
	}, c)
	if err != nil {
		return View{}, err
	}
	return a.view(), nil
}
