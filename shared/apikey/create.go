package apikey

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// CreateInput asks for a new key of a workspace.
type CreateInput struct {
	Workspace        tenant.ID `path:"workspace"`
	Name             string    `json:"name"`
	Scopes           []string  `json:"scopes"`
	Days             int       `json:"valid_for_days,omitempty"`
	Sources          []string  `json:"allowed_sources,omitempty"`
	PublicKey        string    `json:"public_key,omitempty"`
	RequireSignature bool      `json:"require_signature,omitempty"`
}

// Created is a new key, or one with a new secret. The token is in it once: a repeat under the same Idempotency-Key gets the
// rest without it.
type Created struct {
	View
	Token string `json:"token,omitempty"`
}

// Create makes a key. It fails with ErrName, ErrNoScopes, ErrScope, ErrScopeTwice, ErrLifetime, the faults of sources and of
// public keys, or the workspace's "not found".
func (s Service) Create(ctx context.Context, who caller.Caller, in CreateInput) (Created, error) {
	k, err := in.key()
	if err != nil {
		return Created{}, err
	}
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return Created{}, err
	}
	now := s.Ledger.Now()
	token := newToken(s.Ledger.NewID(idPrefix), s.Ledger.Random)
	k.ID, k.Prefix, k.CreatedAt = token.KeyID, token.Prefix(), now
	first, err := s.newSecret(token, 1, now.Add(in.lifetime()))
	if err != nil {
		return Created{}, err
	}
	k.Secrets = []Secret{first}
	view := s.view(k, now, uses{})
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "apikey.create", Target: k.target(), Workspace: k.Workspace.String(), After: k.fields(),
		Key: At(k.ID), Item: k.item(), Else: errExists,
		Reply: Created{View: view},
	})
	return Created{View: view, Token: token.Expose()}, err
}

// key checks what was asked for and gives it as a key that has no secret yet.
func (in CreateInput) key() (Key, error) {
	if err := checkName(in.Name); err != nil {
		return Key{}, err
	}
	if err := checkScopes(in.Scopes); err != nil {
		return Key{}, err
	}
	if in.Days < 0 || in.Days > maxDays {
		return Key{}, ErrLifetime
	}
	k := Key{Workspace: in.Workspace, Name: in.Name, Scopes: in.Scopes}
	var err error
	if in.Sources != nil {
		if k.Sources, err = ParseSources(in.Sources); err != nil {
			return Key{}, err
		}
	}
	k.Signing, err = newSigning(in.PublicKey, in.RequireSignature)
	return k, err
}

func (in CreateInput) lifetime() time.Duration {
	if in.Days == 0 {
		return defaultDays * 24 * time.Hour
	}
	return time.Duration(in.Days) * 24 * time.Hour
}

// newSecret is a token's secret as it is kept, under the newest master key.
func (s Service) newSecret(t Token, generation int64, until time.Time) (Secret, error) {
	newest := s.Peppers.NewestID()
	pepper, err := s.Peppers.DeriveWith(newest, purpose, "")
	return Secret{Generation: generation, Last: t.last(), Until: until, hash: hash(pepper, t), pepper: newest}, err
}
