package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// NameInput names an admin.
type NameInput struct {
	Admin string `path:"admin"`
}

// Disable shuts an admin out: the sessions are over at once, and so is a token that was mailed. A disabled one stays so.
// It fails with ErrNotFound, ErrSelf, ErrOwnersOnly or ErrLastOwner.
func (s Service) Disable(ctx context.Context, who caller.Caller, in NameInput) (View, error) {
	return s.govern(ctx, who, in.Admin, func(a Admin) (Admin, error) {
		if a.Disabled {
			return Admin{}, errSame
		}
		a.Disabled, a.tickets = true, tickets{}
		a.Standing.Epoch++
		return a, nil
	}, ledger.Change{Action: "admin.disable", Severity: audit.Notice, Events: []ledger.Event{told(who, "admin.disabled", in.Admin)}})
}

// Enable lets a disabled admin log in again. One who was invited needs a new invitation. It fails with ErrNotFound, ErrSelf
// or ErrOwnersOnly.
func (s Service) Enable(ctx context.Context, who caller.Caller, in NameInput) (View, error) {
	return s.govern(ctx, who, in.Admin, func(a Admin) (Admin, error) {
		if !a.Disabled {
			return Admin{}, errSame
		}
		a.Disabled = false
		return a, nil
	}, ledger.Change{Action: "admin.enable", Severity: audit.Notice, Events: []ledger.Event{told(who, "admin.enabled", in.Admin)}})
}
