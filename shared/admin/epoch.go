package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Epoch is an admin's present one: sessions of an earlier one are over. It fails with ErrNotFound.
func (s Service) Epoch(ctx context.Context, adminID string) (int64, error) {
	a, _, err := s.find(ctx, adminID)
	return a.Standing.Epoch, err
}

// EndSessions moves an admin's epoch on, so that all sessions are over at once: everybody's own, and another's for who may
// govern that one. It fails with ErrNotFound or ErrOwnersOnly.
func (s Service) EndSessions(ctx context.Context, who caller.Caller, adminID string, reply any) error {
	next := func(a Admin) (Admin, error) {
		a.Standing.Epoch++
		return a, nil
	}
	if adminID == who.ID {
		_, err := s.alter(ctx, who.ID, next, ledger.Change{By: who, Action: "admin.logout_all", Reply: reply})
		return err
	}
	_, err := s.govern(ctx, who, adminID, next, ledger.Change{
		Action: "admin.end_sessions", Severity: audit.Notice, Events: []ledger.Event{told(who, "admin.sessions_ended", adminID)}, Reply: reply})
	return err
}
