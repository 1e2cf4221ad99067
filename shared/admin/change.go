package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// Sessions are the logins of admins.
type Sessions interface {
	// Carry moves a session on to an epoch, inside the change that ends all others of its admin.
	Carry(adminID, sessionID string, epoch int64) ledger.Write
}

// ChangeInput is an admin's present password and the one that shall be.
type ChangeInput struct {
	Current secret.Text `json:"current_password"`
	New     secret.Text `json:"new_password"`
}

// Status is an answer that says no more than that.
type Status struct {
	Status string `json:"status"`
}

// ErrSamePassword is told where nothing would change.
var ErrSamePassword = fault.New(fault.Unprocessable, "password_unchanged", "This is your present password. Choose another.").At("/new_password")

// ChangePassword sets the own password; all other sessions are over. It fails with ErrPassword, ErrSamePassword, the rules
// for passwords, the fault of too many attempts, or errMoved.
func (s Service) ChangePassword(ctx context.Context, who caller.Caller, in ChangeInput) (Status, error) {
	before, at, err := s.reauthenticate(ctx, who, in.Current)
	if err != nil {
		return Status{}, err
	}
	if in.New.Equal(in.Current) {
		return Status{}, ErrSamePassword
	}
	after := before
	if after.password, err = s.choose(ctx, before, in.New, "/new_password"); err != nil {
		return Status{}, err
	}
	after.tickets = tickets{}
	after.Standing.Epoch++
	err = s.put(ctx, before, at, after, ledger.Change{
		By: who, Action: "password.change", Severity: audit.Notice,
		Also:   []ledger.Write{s.Sessions.Carry(who.ID, who.Via, after.Standing.Epoch)},
		Events: []ledger.Event{told(who, "admin.password_changed", who.ID)},
	})
	return Status{"changed"}, err
}
