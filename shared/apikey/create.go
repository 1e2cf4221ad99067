package apikey

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// CreateInput asks for a new key of a workspace.
type CreateInput struct {
	Workspace tenant.ID `path:"workspace"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	Days      int       `json:"valid_for_days,omitempty"`
}

// Created is a new key. The token is in it once: a repeat under the same Idempotency-Key gets the rest without it.
type Created struct {
	View
	Token string `json:"token,omitempty"`
}

// Create makes a key. It fails with ErrName, ErrNoScopes, ErrScope, ErrScopeTwice, ErrLifetime, or the workspace's "not
// found".
func (s Service) Create(ctx context.Context, who caller.Caller, in CreateInput) (Created, error) {
	if err := in.check(); err != nil {
		return Created{}, err
	}
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return Created{}, err
	}
	token := newToken(s.Ledger.NewID(idPrefix), s.Ledger.Random)
	k, err := s.newKey(in, token)
	if err != nil {
		return Created{}, err
	}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "apikey.create", Target: k.target(), Workspace: k.Workspace.String(), After: k.fields(),
		Key: At(k.ID), Item: k.item(), Else: errExists,
		Reply: Created{View: k.view()},
	})
	return Created{View: k.view(), Token: token.Expose()}, err
}

func (in CreateInput) check() error {
	if err := checkName(in.Name); err != nil {
		return err
	}
	if err := checkScopes(in.Scopes); err != nil {
		return err
	}
	if in.Days < 0 || in.Days > maxDays {
		return ErrLifetime
	}
	return nil
}

func (s Service) newKey(in CreateInput, token Token) (Key, error) {
	days := in.Days
	if days == 0 {
		days = defaultDays
	}
	now, newest := s.Ledger.Now(), s.Peppers.NewestID()
	pepper, err := s.Peppers.DeriveWith(newest, purpose, "")
	return Key{
		ID: token.KeyID, Workspace: in.Workspace, Name: in.Name, Scopes: in.Scopes, Prefix: token.Prefix(), Last: token.last(),
		CreatedAt: now, ExpiresAt: now.Add(time.Duration(days) * 24 * time.Hour), hash: hash(pepper, token), pepper: newest,
	}, err
}

func (k Key) target() audit.Target { return audit.Target{Type: "apikey", ID: k.ID} }
