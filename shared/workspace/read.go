package workspace

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is a workspace as clients see it.
type View struct {
	ID        tenant.ID `json:"id"`
	Name      string    `json:"name"`
	CreatedAt int64     `json:"created_at"` // Unix ms
}

func (w Workspace) view() View { return View{w.ID, w.Name, w.CreatedAt.UnixMilli()} }

// GetInput names a workspace.
type GetInput struct {
	Workspace tenant.ID `path:"workspace"`
}

// Get reads a workspace. It fails with ErrNotFound.
func (s Service) Get(ctx context.Context, _ caller.Caller, in GetInput) (View, error) {
	w, _, err := s.Find(ctx, in.Workspace)
	return w.view(), err
}

// Find reads a workspace and its version, for domains that must know that it is there. It fails with ErrNotFound.
func (s Service) Find(ctx context.Context, id tenant.ID) (Workspace, ledger.Version, error) {
	item, err := s.Ledger.GetOne(ctx, Key(id))
	if err != nil {
		return Workspace{}, ledger.Version{}, err
	}
	if item == nil {
		return Workspace{}, ledger.Version{}, ErrNotFound
	}
	w, err := parse(item)
	return w, item.Version(), err
}

// Exists is Find for domains that only need to know. It fails with ErrNotFound.
func (s Service) Exists(ctx context.Context, id tenant.ID) error {
	_, _, err := s.Find(ctx, id)
	return err
}

// ListInput asks for a page of the workspaces, the oldest first.
type ListInput struct {
	edge.Paging
}

// List reads a page of the workspaces.
func (s Service) List(ctx context.Context, _ caller.Caller, in ListInput) (edge.Page[View], error) {
	return edge.List(ctx, s.Ledger, in.Paging, ledger.Query{Index: ledger.Directory, Partition: directory},
		func(item ledger.Item) (View, string, error) {
			w, err := parse(item)
			return w.view(), w.ID.String(), err
		})
}
