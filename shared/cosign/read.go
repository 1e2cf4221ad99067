package cosign

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is a cosigner as clients see it.
type View struct {
	ID           string      `json:"id"`
	Provider     string      `json:"provider"`
	Name         string      `json:"name"`
	InboundKeys  []KeyView   `json:"inbound_keys"`
	ResponseKey  string      `json:"response_key"` // its file's name, or kms: and an ARN or alias
	Workspaces   []tenant.ID `json:"workspaces"`
	Unreferenced string      `json:"unreferenced"`

	ConfigChanges string `json:"config_changes"`
	CallbackPath  string `json:"callback_path"` // to be given to the provider, after the API's base URL
	CreatedAt     int64  `json:"created_at"`    // Unix ms
	Version       int64  `json:"version"`       // counts its changes from 1
}

// KeyView is an inbound key as clients see it.
type KeyView struct {
	ID  string `json:"id"` // hex SHA-256 of the SubjectPublicKeyInfo
	PEM string `json:"pem"`
}

func (c Cosigner) view() View {
	keys := make([]KeyView, len(c.Inbound))
	for i, key := range c.Inbound {
		keys[i] = KeyView{key.ID, key.PEM}
	}
	return View{c.ID, c.Provider, c.Name, keys, c.ResponseKey, c.Workspaces, c.Unreferenced, c.ConfigChanges,
		"/cosigner/" + c.Provider + "/" + c.ID, c.CreatedAt.UnixMilli(), c.version.Number}
}

// GetInput names a cosigner.
type GetInput struct {
	Cosigner string `path:"cosigner"`
}

// Get reads a cosigner. It fails with ErrNotFound.
func (s Service) Get(ctx context.Context, _ caller.Caller, in GetInput) (View, error) {
	c, err := find(ctx, s.Ledger, in.Cosigner)
	return c.view(), err
}

// find fails with ErrNotFound, also for what is no id at all: then without a read.
func find(ctx context.Context, l *ledger.Ledger, cosignerID string) (Cosigner, error) {
	if !id.Valid(idPrefix, cosignerID) {
		return Cosigner{}, ErrNotFound
	}
	item, err := l.GetOne(ctx, Key(cosignerID))
	if err != nil {
		return Cosigner{}, err
	}
	if item == nil {
		return Cosigner{}, ErrNotFound
	}
	return parse(item)
}

// ListInput asks for a page of the cosigners, the oldest first.
type ListInput struct {
	edge.Paging
}

// List reads a page of the cosigners.
func (s Service) List(ctx context.Context, _ caller.Caller, in ListInput) (edge.Page[View], error) {
	return edge.List(ctx, s.Ledger, in.Paging, ledger.Query{Index: ledger.Directory, Partition: directory},
		func(item ledger.Item) (View, string, error) {
			c, err := parse(item)
			return c.view(), c.ID, err
		})
}
