package transfer

import (
	"context"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// View is a transfer as its workspace sees it. Times are Unix ms.
type View struct {
	ID          string         `json:"id"`
	Reference   string         `json:"reference"` // its name at the provider
	Connection  string         `json:"connection"`
	Initiator   string         `json:"initiator"` // the API key that asked
	State       State          `json:"state"`
	Asset       string         `json:"asset"`
	Amount      amount.Decimal `json:"amount"`
	Source      Source         `json:"source"`
	Destination Destination    `json:"destination"`
	Note        string         `json:"note,omitempty"`
	Problem     *ProblemView   `json:"problem,omitempty"`
	Provider    *ProviderView  `json:"provider,omitempty"` // absent while the provider has no transaction
	CancelAt    int64          `json:"cancel_requested_at,omitempty"`
	CreatedAt   int64          `json:"created_at"`
	ChangedAt   int64          `json:"changed_at"` // when the state was reached
}

// ProblemView is what is in a transfer's way, or was its end.
type ProblemView struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// ProviderView is what the provider says of its transaction, in its own words.
type ProviderView struct {
	Transaction string `json:"transaction"`
	Status      string `json:"status"`
	Reason      string `json:"reason,omitempty"`
	Hash        string `json:"hash,omitempty"` // on the chain
}

func (t Transfer) view() View {
	v := View{
		ID: t.ID, Reference: t.Ref.String(), Connection: t.Connection, Initiator: t.Initiator, State: t.State, Asset: t.Asset, Amount: t.Amount,
		Source:      Source{t.Source.Type, t.Source.ID},
		Destination: Destination{t.Destination.Type, t.Destination.ID, t.Destination.Address, t.Destination.Tag},
		Note:        t.Note, CreatedAt: t.CreatedAt.UnixMilli(), ChangedAt: t.ChangedAt.UnixMilli(),
	}
	if t.Problem.Code != "" {
		v.Problem = &ProblemView{t.Problem.Code, t.Problem.Message}
	}
	if t.TxID != "" {
		v.Provider = &ProviderView{t.TxID, t.Status, t.Reason, t.Hash}
	}
	if !t.CancelAt.IsZero() {
		v.CancelAt = t.CancelAt.UnixMilli()
	}
	return v
}

// GetInput names a transfer of the caller's workspace.
type GetInput struct {
	Transfer string `path:"transfer"`
}

// Get reads a transfer. It fails with ErrNotFound, also for another workspace's.
func (s Service) Get(ctx context.Context, who caller.Caller, in GetInput) (View, error) {
	t, err := s.find(ctx, who.Workspace, in.Transfer)
	if err != nil {
		return View{}, err
	}
	return t.view(), nil
}

// find fails with ErrNotFound, for what is no id at all without a read.
func (s Service) find(ctx context.Context, workspace tenant.ID, transferID string) (Transfer, error) {
	if !id.Valid(idPrefix, transferID) {
		return Transfer{}, ErrNotFound
	}
	item, err := s.Ledger.GetOne(ctx, at(transferID))
	if err != nil {
		return Transfer{}, err
	}
	if item == nil {
		return Transfer{}, ErrNotFound
	}
	t, err := parse(item)
	if err == nil && t.workspace() != workspace {
		return Transfer{}, ErrNotFound
	}
	return t, err
}

// ListInput asks for a page of the caller's transfers, the newest first.
type ListInput struct {
	edge.Paging
}

// List reads a page of the caller's transfers.
func (s Service) List(ctx context.Context, who caller.Caller, in ListInput) (edge.Page[View], error) {
	all := ledger.Query{Index: ledger.Directory, Partition: directory(who.Workspace), Newest: true}
	return edge.List(ctx, s.Ledger, in.Paging, all, func(item ledger.Item) (View, string, error) {
		t, err := parse(item)
		if err != nil {
			return View{}, "", err
		}
		return t.view(), t.listKey(), nil
	})
}
