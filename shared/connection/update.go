package connection

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// UpdateInput says what is to be otherwise about a connection. What is not given stays. Provider and environment stay
// in any case: the transactions that were ordered through a connection are where it leads. For the same reason a new API
// user must be one of the same workspace at the provider.
type UpdateInput struct {
	Workspace  tenant.ID `path:"workspace"`
	Connection ID        `path:"connection"`
	Name       *string   `json:"name,omitempty"`
	APIKey     *string   `json:"api_key,omitempty"`
	SigningKey *string   `json:"signing_key,omitempty"`
}

// Update changes a connection, from its next use on: so its key and its API user are rotated, without a pause in
// between. A change to what it is already writes nothing and succeeds. It fails with the rules' faults, ErrNotFound and
// ErrMoved.
func (s Service) Update(ctx context.Context, who caller.Caller, in UpdateInput) (View, error) {
	c, at, err := s.find(ctx, in.Workspace, in.Connection)
	if err != nil {
		return View{}, err
	}
	changed := in.apply(c)
	if err := s.check(changed); err != nil {
		return View{}, err
	}
	if changed == c {
		return c.view(), nil
	}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "connection.update", Target: c.target(), Workspace: c.Workspace.String(),
		Before: c.fields(), After: changed.fields(),
		Key: At(c.Workspace, c.ID), Prior: at, Item: changed.item(), Else: ErrMoved,
		Reply: changed.view(),
	})
	return changed.view(), err
}

func (in UpdateInput) apply(c Connection) Connection {
	for _, change := range []struct {
		to   *string
		what *string
	}{{in.Name, &c.Name}, {in.APIKey, &c.APIKey}, {in.SigningKey, &c.SigningKey}} {
		if change.to != nil {
			*change.what = *change.to
		}
	}
	return c
}
