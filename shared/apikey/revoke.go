package apikey

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// RevokeInput names a key of a workspace.
type RevokeInput struct {
	Workspace tenant.ID `path:"workspace"`
	Key       string    `path:"key"`
}

// Revoke ends a key with all its secrets: its next call fails. Revoking a revoked key changes nothing and succeeds. It fails
// with ErrNotFound, also for another workspace's key, the workspace's "not found" and ErrMoved.
func (s Service) Revoke(ctx context.Context, who caller.Caller, in RevokeInput) (View, error) {
	k, at, err := s.find(ctx, in.Workspace, in.Key)
	if err != nil {
		return View{}, err
	}
	now := s.Ledger.Now()
	if !k.RevokedAt.IsZero() {
		return s.view(k, now, uses{}), nil
	}
	revoked := k
	revoked.RevokedAt = now
	view := s.view(revoked, now, uses{})
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "apikey.revoke", Target: k.target(), Workspace: k.Workspace.String(),
		Before: k.fields(), After: revoked.fields(),
		Key: At(k.ID), Prior: at, Item: revoked.item(), Else: ErrMoved,
		Reply: view,
	})
	return view, err
}
