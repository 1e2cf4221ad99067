package endpoint

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
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

// insert commits the endpoint with the count of its workspace. It ends: each lost race is another endpoint made, and
// there are not more than the limit.
func (s Service) insert(ctx context.Context, who caller.Caller, e Endpoint) error {
	for {
		counted, err := s.countOneMore(ctx, e.Workspace)
		if err != nil {
			return err
		}
		_, err = s.Ledger.Commit(ctx, ledger.Change{
			By: who, Action: "endpoint.create", Target: e.target(), Workspace: e.Workspace.String(), After: e.fields(),
			Key: At(e.Workspace, e.ID), Item: e.item(), Else: errExists, Also: []ledger.Write{counted},
			Reply: Created{View: e.view(e.CreatedAt)},
		})
		if !errors.Is(err, errCounted) {
			return err
		}
	}
}

var errCounted = fault.New(fault.Conflict, "endpoint_counted", "Another endpoint was made in this moment. Try again.")

func (s Service) countOneMore(ctx context.Context, workspace tenant.ID) (ledger.Write, error) {
	item, err := s.Ledger.GetOne(ctx, countKey(workspace))
	if err != nil {
		return ledger.Write{}, err
	}
	count, unchanged := int64(0), ledger.Absent()
	if item != nil {
		r := item.Read()
		if count = r.Int("count"); r.Err() != nil {
			return ledger.Write{}, r.Err()
		}
		unchanged = ledger.Is("count", count)
	}
	if count >= maxEndpoints {
		return ledger.Write{}, ErrTooMany
	}
	return ledger.Write{Key: countKey(workspace), Put: ledger.Item{"count": count + 1}, If: unchanged, Else: errCounted}, nil
}
