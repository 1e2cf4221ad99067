package connection

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is a connection as admins see it.
type View struct {
	ID          ID        `json:"id"`
	Workspace   tenant.ID `json:"workspace"`
	Provider    string    `json:"provider"`
	Name        string    `json:"name"`
	Environment string    `json:"environment"`
	APIKey      string    `json:"api_key"`
	SigningKey  string    `json:"signing_key"` // its file's name, or kms: and an ARN or alias
	CreatedAt   int64     `json:"created_at"`  // Unix ms
}

func (c Connection) view() View {
	return View{c.ID, c.Workspace, c.Provider, c.Name, c.Environment, c.APIKey, c.SigningKey, c.CreatedAt.UnixMilli()}
}

// GetInput names a connection.
type GetInput struct {
	Workspace  tenant.ID `path:"workspace"`
	Connection ID        `path:"connection"`
}

// Get reads a connection. It fails with ErrNotFound and the workspace's "not found".
func (s Service) Get(ctx context.Context, _ caller.Caller, in GetInput) (View, error) {
	c, _, err := s.find(ctx, in.Workspace, in.Connection)
	return c.view(), err
}

// find tells a workspace that is not there from a connection that is not.
func (s Service) find(ctx context.Context, workspace tenant.ID, connection ID) (Connection, ledger.Version, error) {
	if err := s.Workspaces(ctx, workspace); err != nil {
		return Connection{}, ledger.Version{}, err
	}
	item, err := s.Ledger.GetOne(ctx, At(workspace, connection))
	if err != nil {
		return Connection{}, ledger.Version{}, err
	}
	if item == nil {
		return Connection{}, ledger.Version{}, ErrNotFound
	}
	c, err := parse(item)
	return c, item.Version(), err
}

// ListInput asks for a page of a workspace's connections, the oldest first.
type ListInput struct {
	Workspace tenant.ID `path:"workspace"`
	edge.Paging
}

// List reads a page of a workspace's connections. It fails with the workspace's "not found".
func (s Service) List(ctx context.Context, _ caller.Caller, in ListInput) (edge.Page[View], error) {
	if _, err := in.Size(); err != nil {
		return edge.Page[View]{}, err
	}
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return edge.Page[View]{}, err
	}
	if in.Cursor.After != "" { // the cursor holds an id, so that an edited one stays among the connections
		in.Cursor.After = sortPrefix + in.Cursor.After
	}
	all := ledger.Query{Partition: Keys + in.Workspace.String(), Prefix: sortPrefix}
	return edge.List(ctx, s.Ledger, in.Paging, all, func(item ledger.Item) (View, string, error) {
		c, err := parse(item)
		return c.view(), string(c.ID), err
	})
}

// Account is whom a provider is called as by a workspace's connection, in one read. It is false where the workspace has no
// such connection.
func (s Service) Account(ctx context.Context, workspace tenant.ID, connection string) (custody.Account, bool, error) {
	var name ID
	if name.UnmarshalText([]byte(connection)) != nil {
		return custody.Account{}, false, nil
	}
	item, err := s.Ledger.GetOne(ctx, At(workspace, name))
	if err != nil || item == nil {
		return custody.Account{}, false, err
	}
	c, err := parse(item)
	if err != nil {
		return custody.Account{}, false, err
	}
	base, err := s.baseURL(c.Provider, c.Environment)
	return custody.Account{Provider: c.Provider, BaseURL: base, APIKey: c.APIKey, SigningKey: c.SigningKey}, err == nil, err
}
