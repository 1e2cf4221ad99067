package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Get reads an admin. It fails with ErrNotFound.
func (s Service) Get(ctx context.Context, _ caller.Caller, in NameInput) (View, error) {
	a, _, err := s.find(ctx, in.Admin)
	if err != nil {
		return View{}, err
	}
	return a.view(), nil
}

// find reads an admin and its version. It fails with ErrNotFound.
func (s Service) find(ctx context.Context, adminID string) (Admin, ledger.Version, error) {
	if !id.Valid(idPrefix, adminID) {
		return Admin{}, ledger.Version{}, ErrNotFound
	}
	item, err := s.Ledger.GetOne(ctx, Key(adminID))
	if err != nil {
		return Admin{}, ledger.Version{}, err
	}
	if item == nil {
		return Admin{}, ledger.Version{}, ErrNotFound
	}
	a, err := Parse(item)
	return a, item.Version(), err
}

// ListInput asks for a page of the admins, the oldest first.
type ListInput struct {
	edge.Paging
}

// List reads a page of the admins.
func (s Service) List(ctx context.Context, _ caller.Caller, in ListInput) (edge.Page[View], error) {
	return edge.List(ctx, s.Ledger, in.Paging, ledger.Query{Index: ledger.Directory, Partition: directory},
		func(item ledger.Item) (View, string, error) {
			a, err := Parse(item)
			return a.view(), a.ID, err
		})
}
