package apikey

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is a key as clients see it. Times are Unix ms.
type View struct {
	ID         string    `json:"id"`
	Workspace  tenant.ID `json:"workspace"`
	Name       string    `json:"name"`
	Scopes     []string  `json:"scopes"`
	ScopeMode  string    `json:"scope_mode"` // "listed", or "legacy_all": an empty list is all scopes
	Prefix     string    `json:"prefix"`
	Last       string    `json:"last4"`
	CreatedAt  int64     `json:"created_at"`
	RotatedAt  int64     `json:"rotated_at,omitempty"`
	ExpiresAt  int64     `json:"expires_at"`
	RevokedAt  int64     `json:"revoked_at,omitempty"`
	LastUsedAt int64     `json:"last_used_at,omitempty"` // up to 15 minutes late; absent if it is not known
	Earlier    []Earlier `json:"earlier_secrets,omitempty"`
	Sources    []string  `json:"allowed_sources,omitempty"` // absent: from anywhere

	RequireSignature bool   `json:"require_signature"`
	PublicKey        string `json:"public_key,omitempty"`
	Audience         string `json:"signature_audience,omitempty"` // what a signature's "aud" must say

	// Unreadable is true for a key whose stored form is damaged: it lets nobody in, and only its id is known.
	Unreadable bool `json:"unreadable,omitempty"`
}

// Earlier is a secret that was replaced and still works.
type Earlier struct {
	Last       string `json:"last4"`
	ExpiresAt  int64  `json:"expires_at"`
	LastUsedAt int64  `json:"last_used_at,omitempty"`
}

func (s Service) view(k Key, now time.Time, used uses) View {
	newest := k.newest()
	v := View{
		ID: k.ID, Workspace: k.Workspace, Name: k.Name, Scopes: k.Scopes, ScopeMode: k.scopeMode(), Prefix: k.Prefix, Last: newest.Last,
		CreatedAt: k.CreatedAt.UnixMilli(), RotatedAt: milli(k.RotatedAt), ExpiresAt: newest.Until.UnixMilli(), RevokedAt: milli(k.RevokedAt),
		Sources: k.Sources.Texts(), RequireSignature: k.Signing.Required, PublicKey: k.Signing.pem(),
	}
	if v.PublicKey != "" {
		v.Audience = s.Issuer
	}
	for i, one := range k.Secrets {
		at := used.of(one.Generation)
		v.LastUsedAt = max(v.LastUsedAt, at)
		if i > 0 && k.RevokedAt.IsZero() && now.Before(one.Until) {
			v.Earlier = append(v.Earlier, Earlier{one.Last, one.Until.UnixMilli(), at})
		}
	}
	return v
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// find reads a key of a workspace. It fails with the workspace's "not found", with ErrNotFound, also for another
// workspace's key, and with ErrUnreadable.
func (s Service) find(ctx context.Context, workspace tenant.ID, keyID string) (Key, ledger.Version, error) {
	item, err := s.lookUp(ctx, workspace, keyID)
	if err != nil {
		return Key{}, ledger.Version{}, err
	}
	k, err := parse(item)
	if err != nil {
		return Key{}, ledger.Version{}, ErrUnreadable.Because(err)
	}
	return k, item.Version(), nil
}

// lookUp reads a stored key. Only where it is not there it matters whether the workspace is.
func (s Service) lookUp(ctx context.Context, workspace tenant.ID, keyID string) (ledger.Item, error) {
	var item ledger.Item
	if id.Valid(idPrefix, keyID) {
		var err error
		if item, err = s.Ledger.GetOne(ctx, At(keyID)); err != nil {
			return nil, err
		}
	}
	if owner, _ := item["workspace"].(string); owner != "" && owner == workspace.String() {
		return item, nil
	}
	if err := s.Workspaces(ctx, workspace); err != nil {
		return nil, err
	}
	return nil, ErrNotFound
}

// GetInput names a key of a workspace.
type GetInput struct {
	Workspace tenant.ID `path:"workspace"`
	Key       string    `path:"key"`
}

// Get reads a key. It fails with ErrNotFound and the workspace's "not found".
func (s Service) Get(ctx context.Context, _ caller.Caller, in GetInput) (View, error) {
	item, err := s.lookUp(ctx, in.Workspace, in.Key)
	if err != nil {
		return View{}, err
	}
	return s.show(in.Workspace, in.Key, item, s.lastUses(ctx, in.Key)[0]), nil
}

// show gives the view of a stored key; a damaged one is marked as such and told to the operator.
func (s Service) show(workspace tenant.ID, keyID string, item ledger.Item, used uses) View {
	k, err := parse(item)
	if err != nil {
		s.warn("a stored API key can't be read", keyID, err)
		return View{ID: keyID, Workspace: workspace, Scopes: []string{}, Unreadable: true}
	}
	return s.view(k, s.Ledger.Now(), used)
}

// ListInput asks for a page of a workspace's keys, the oldest first.
type ListInput struct {
	Workspace tenant.ID `path:"workspace"`
	edge.Paging
}

// List reads a page of a workspace's keys. One that can't be read stands in it with a mark: it must not hide the others. It
// fails with the workspace's "not found".
func (s Service) List(ctx context.Context, _ caller.Caller, in ListInput) (edge.Page[View], error) {
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return edge.Page[View]{}, err
	}
	found, err := edge.List(ctx, s.Ledger, in.Paging, ledger.Query{Index: ledger.Directory, Partition: directory(in.Workspace)},
		func(item ledger.Item) (listed, string, error) {
			keyID := item.Read().Text("dir_sk") // the index's own sort key, which is always there
			return listed{keyID, item}, keyID, nil
		})
	if err != nil {
		return edge.Page[View]{}, err
	}
	ids := make([]string, len(found.Items))
	for i, one := range found.Items {
		ids[i] = one.id
	}
	used := s.lastUses(ctx, ids...)
	page := edge.Page[View]{Items: []View{}, Next: found.Next}
	for i, one := range found.Items {
		page.Items = append(page.Items, s.show(in.Workspace, one.id, one.item, used[i]))
	}
	return page, nil
}

type listed struct {
	id   string
	item ledger.Item
}
