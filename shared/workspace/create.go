package workspace

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// CreateInput asks for a new workspace.
type CreateInput struct {
	Name string `json:"name"`
}

// Create makes a workspace. It fails with ErrName.
func (s Service) Create(ctx context.Context, who caller.Caller, in CreateInput) (View, error) {
	if err := checkName(in.Name); err != nil {
		return View{}, err
	}
	now := s.Ledger.Now()
	w := Workspace{ID: tenant.New(s.Region, now, s.Ledger.Random), Name: in.Name, CreatedAt: now}
	_, err := s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "workspace.create", Target: audit.Target{Type: "workspace", ID: w.ID.String()},
		Workspace: w.ID.String(), After: w.fields(),
		Key: Key(w.ID), Item: w.item(), Else: errExists,
		Reply: w.view(),
	})
	return w.view(), err
}
