package apikey

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// RevokeInput names a key of a workspace.
type RevokeInput struct {
	Workspace tenant.ID `path:"workspace"`
	Key       string    `path:"key"`
}

// Revoke ends a key: its next call fails. Revoking a revoked key changes nothing and succeeds. It fails with ErrNotFound,
// also for another workspace's key, and ErrMoved.
func (s Service) Revoke(ctx context.Context, who caller.Caller, in RevokeInput) (View, error) {
	if !id.Valid(idPrefix, in.Key) {
		return View{}, ErrNotFound
	}
	item, err := s.Ledger.GetOne(ctx, At(in.Key))
	if err != nil {
		return View{}, err
	}
	if item == nil {
		return View{}, ErrNotFound
	}
	k, err := parse(item)
	if err != nil {
		return View{}, err
	}
	if k.Workspace != in.Workspace {
		return View{}, ErrNotFound
	}
	if !k.RevokedAt.IsZero() {
		return k.view(), nil
	}
	revoked := k
	revoked.RevokedAt = s.Ledger.Now()
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "apikey.revoke", Target: k.target(), Workspace: k.Workspace.String(),
		Before: k.fields(), After: revoked.fields(),
		Key: At(k.ID), Prior: item.Version(), Item: revoked.item(), Else: ErrMoved,
		Reply: revoked.view(),
	})
	return revoked.view(), err
}
