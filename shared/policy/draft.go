package policy

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// DraftInput is a whole document: it takes the place of the draft before it.
type DraftInput struct {
	Workspace tenant.ID `path:"workspace"`
	Rules     []Rule    `json:"rules"`
	Caps      []Cap     `json:"caps"`
}

// Draft saves a draft. Nothing is judged by it until it is published. It fails with the rules about a document, the
// workspace's "not found", and ErrDraftRaced.
func (s Service) Draft(ctx context.Context, who caller.Caller, in DraftInput) (DraftSummary, error) {
	d := Draft{Document: Document{in.Rules, in.Caps}, Author: who.ID, SavedAt: s.Ledger.Now()}
	var err error
	if d.written, err = d.write(); err != nil {
		return DraftSummary{}, err
	}
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return DraftSummary{}, err
	}
	item, err := s.Ledger.GetOne(ctx, draftKey(in.Workspace))
	if err != nil {
		return DraftSummary{}, err
	}
	before := audit.Fields{}
	if item != nil {
		earlier, err := parseDraft(item)
		if err != nil {
			return DraftSummary{}, err
		}
		before = earlier.fields()
	}
	d.Version = item.Version().Number + 1
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "policy.draft", Target: audit.Target{Type: "policy_draft", ID: in.Workspace.String()},
		Workspace: in.Workspace.String(), Before: before, After: d.fields(),
		Key: draftKey(in.Workspace), Prior: item.Version(), Item: d.item(), Else: ErrDraftRaced,
		Reply: d.summary(),
	})
	return d.summary(), err
}
