package apikey

import (
	"context"
	"slices"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// UpdateInput says what is to be otherwise about a key. What is not given stays. Scopes stay in any case: a key with others
// is another key.
type UpdateInput struct {
	Workspace        tenant.ID `path:"workspace"`
	Key              string    `path:"key"`
	Name             *string   `json:"name,omitempty"`
	Sources          *[]string `json:"allowed_sources,omitempty"`
	PublicKey        *string   `json:"public_key,omitempty"` // "" takes it away
	RequireSignature *bool     `json:"require_signature,omitempty"`
}

// Update changes a key, from its next use on. A change to what it is already writes nothing and succeeds. It fails with
// ErrName, the faults of sources and of public keys, ErrEnded, ErrNotFound, the workspace's "not found" and ErrMoved.
func (s Service) Update(ctx context.Context, who caller.Caller, in UpdateInput) (View, error) {
	k, at, err := s.find(ctx, in.Workspace, in.Key)
	if err != nil {
		return View{}, err
	}
	changed, err := in.apply(k)
	if err != nil {
		return View{}, err
	}
	now := s.Ledger.Now()
	if k.ended(now) {
		return View{}, ErrEnded
	}
	view := s.view(changed, now, uses{})
	if k.same(changed) {
		return view, nil
	}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "apikey.update", Target: k.target(), Workspace: k.Workspace.String(),
		Before: k.fields(), After: changed.fields(),
		Key: At(k.ID), Prior: at, Item: changed.item(), Else: ErrMoved,
		Reply: view,
	})
	return view, err
}

func (in UpdateInput) apply(k Key) (Key, error) {
	if in.Name != nil {
		if err := checkName(*in.Name); err != nil {
			return Key{}, err
		}
		k.Name = *in.Name
	}
	var err error
	if in.Sources != nil {
		if k.Sources, err = ParseSources(*in.Sources); err != nil {
			return Key{}, err
		}
	}
	pem, required := k.Signing.pem(), k.Signing.Required
	if in.PublicKey != nil {
		pem = *in.PublicKey
	}
	if in.RequireSignature != nil {
		required = *in.RequireSignature
	}
	k.Signing, err = newSigning(pem, required)
	return k, err
}

// same reports whether nothing that Update can change differs.
func (k Key) same(other Key) bool {
	return k.Name == other.Name && k.Sources.listed == other.Sources.listed && slices.Equal(k.Sources.networks, other.Sources.networks) &&
		k.Signing.mode() == other.Signing.mode() && k.Signing.pem() == other.Signing.pem()
}
