package endpoint

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is an endpoint as its workspace sees it. The secret is not in it.
type View struct {
	ID          ID       `json:"id"`
	URL         string   `json:"url"`
	Events      []string `json:"events"`
	Description string   `json:"description,omitempty"`
	State       State    `json:"state"`
	Reason      string   `json:"reason,omitempty"` // why it is disabled
	CreatedAt   int64    `json:"created_at"`       // Unix ms
	RotatedAt   int64    `json:"rotated_at,omitempty"`

	Earlier []Earlier `json:"earlier_secrets,omitempty"` // that messages are signed with besides, the newest first
}

// Earlier is a secret that was replaced and still signs.
type Earlier struct {
	ExpiresAt int64 `json:"expires_at"` // Unix ms
}

func (e Endpoint) view(now time.Time) View {
	v := View{ID: e.ID, URL: e.URL, Events: e.Events, Description: e.Description, State: e.State, Reason: e.Reason, CreatedAt: e.CreatedAt.UnixMilli()}
	if !e.RotatedAt.IsZero() {
		v.RotatedAt = e.RotatedAt.UnixMilli()
	}
	for _, s := range e.live(now)[1:] {
		v.Earlier = append(v.Earlier, Earlier{s.until.UnixMilli()})
	}
	return v
}

// GetInput names an endpoint of the caller's workspace.
type GetInput struct {
	Endpoint ID `path:"endpoint"`
}

// Get reads an endpoint. It fails with ErrNotFound.
func (s Service) Get(ctx context.Context, who caller.Caller, in GetInput) (View, error) {
	e, _, err := s.find(ctx, who.Workspace, in.Endpoint)
	return e.view(s.Ledger.Now()), err
}

func (s Service) find(ctx context.Context, workspace tenant.ID, endpoint ID) (Endpoint, ledger.Version, error) {
	item, err := s.Ledger.GetOne(ctx, At(workspace, endpoint))
	if err != nil {
		return Endpoint{}, ledger.Version{}, err
	}
	if item == nil {
		return Endpoint{}, ledger.Version{}, ErrNotFound
	}
	e, err := parse(item)
	return e, item.Version(), err
}

// ListInput asks for a page of the caller's endpoints, the oldest first.
type ListInput struct {
	edge.Paging
}

// List reads a page of the caller's endpoints.
func (s Service) List(ctx context.Context, who caller.Caller, in ListInput) (edge.Page[View], error) {
	if in.Cursor.After != "" { // the cursor holds an id, so that an edited one stays among the endpoints
		in.Cursor.After = sortPrefix + in.Cursor.After
	}
	now := s.Ledger.Now()
	return edge.List(ctx, s.Ledger, in.Paging, all(who.Workspace), func(item ledger.Item) (View, string, error) {
		e, err := parse(item)
		return e.view(now), string(e.ID), err
	})
}

func all(workspace tenant.ID) ledger.Query {
	return ledger.Query{Partition: Keys + workspace.String(), Prefix: sortPrefix}
}
