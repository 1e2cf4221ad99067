package endpoint

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/webhook"
)

// CreateInput asks for a new endpoint of the caller's workspace.
type CreateInput struct {
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	Description string   `json:"description,omitempty"`
}

// Created is an endpoint with a new signing secret. The secret is in it once: a repeat under the same Idempotency-Key gets the rest
// without it.
type Created struct {
	View
	Secret string `json:"secret,omitempty"`
}

// Create makes an endpoint. It fails with ErrURL, ErrNoEvents, ErrEvent, ErrEventTwice, ErrDescription or ErrTooMany.
func (s Service) Create(ctx context.Context, who caller.Caller, in CreateInput) (Created, error) {
	if err := errors.Join(s.Rule.Check(in.URL), checkEvents(in.Events), checkDescription(in.Description)); err != nil {
		return Created{}, fault.From(err)
	}
	e := Endpoint{
		ID: ID(s.Ledger.NewID(idPrefix)), Workspace: who.Workspace, URL: in.URL, Events: in.Events,
		Description: in.Description, State: Enabled, CreatedAt: s.Ledger.Now(),
	}
	key := webhook.NewSecret(s.Ledger.Random)
	var err error
	if e.sealed, err = s.Sealer.Seal(e.place(secretField), key); err != nil {
		return Created{}, err
	}
	if err := s.insert(ctx, who, e); err != nil {
		return Created{}, err
	}
	return Created{View: e.view(e.CreatedAt), Secret: webhook.Text(key).Expose()}, nil
}

// insert commits the endpoint with the count of its workspace.
func (s Service) insert(ctx context.Context, who caller.Caller, e Endpoint) error {
	_, err := s.Ledger.CommitOneMore(ctx, ledger.Change{
		By: who, Action: "endpoint.create", Target: e.target(), Workspace: e.Workspace.String(), After: e.fields(),
		Key: At(e.Workspace, e.ID), Item: e.item(), Else: errExists,
		Reply: Created{View: e.view(e.CreatedAt)},
	}, ledger.Limit{Key: countKey(e.Workspace), Most: maxEndpoints, Full: ErrTooMany})
	return err
}
