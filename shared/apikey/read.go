package apikey

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is a key as clients see it. Times are Unix ms.
type View struct {
	ID        string    `json:"id"`
	Workspace tenant.ID `json:"workspace"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	Prefix    string    `json:"prefix"`
	Last      string    `json:"last4"`
	CreatedAt int64     `json:"created_at"`
	ExpiresAt int64     `json:"expires_at"`
	RevokedAt int64     `json:"revoked_at,omitempty"`
}

func (k Key) view() View {
	v := View{
		ID: k.ID, Workspace: k.Workspace, Name: k.Name, Scopes: k.Scopes, Prefix: k.Prefix, Last: k.Last,
		CreatedAt: k.CreatedAt.UnixMilli(), ExpiresAt: k.ExpiresAt.UnixMilli(),
	}
	if !k.RevokedAt.IsZero() {
		v.RevokedAt = k.RevokedAt.UnixMilli()
	}
	return v
}

// ListInput asks for a page of a workspace's keys, the oldest first.
type ListInput struct {
	Workspace tenant.ID `path:"workspace"`
	edge.Paging
}

// List reads a page of a workspace's keys. It fails with the workspace's "not found".
func (s Service) List(ctx context.Context, _ caller.Caller, in ListInput) (edge.Page[View], error) {
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return edge.Page[View]{}, err
	}
	return edge.List(ctx, s.Ledger, in.Paging, ledger.Query{Index: ledger.Directory, Partition: directory(in.Workspace)},
		func(item ledger.Item) (View, string, error) {
			k, err := parse(item)
			return k.view(), k.ID, err
		})
}
