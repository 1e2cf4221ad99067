package policy

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// PublishInput names the version of the draft that was read and found good.
type PublishInput struct {
	Workspace tenant.ID `path:"workspace"`
	Draft     int64     `json:"draft_version"`
}

// Publish puts a draft in force as the policy's next version, from the next decision on. It fails with ErrNoDraft,
// ErrDraftMoved, ErrDraftIsOut, ErrFourEyes, ErrPublishRaced, and the workspace's "not found".
func (s Service) Publish(ctx context.Context, who caller.Caller, in PublishInput) (VersionSummary, error) {
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return VersionSummary{}, err
	}
	items, err := s.Ledger.Get(ctx, HeadKey(in.Workspace), draftKey(in.Workspace))
	if err != nil {
		return VersionSummary{}, err
	}
	draft, err := in.draft(items[1])
	if err != nil {
		return VersionSummary{}, err
	}
	if draft.Author == who.ID && !s.OneAdmin {
		return VersionSummary{}, ErrFourEyes
	}
	head, before := items[0].Version(), audit.Fields{}
	if head.Number > 0 {
		earlier, err := s.published(ctx, in.Workspace, head.Number)
		if err != nil {
			return VersionSummary{}, err
		}
		before = earlier.fields()
	}
	p := Published{Document: draft.Document, Version: head.Number + 1, Author: draft.Author, Publisher: who.ID,
		PublishedAt: s.Ledger.Now(), Digest: digest(draft.canonical), written: draft.written}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "policy.publish", Target: audit.Target{Type: "policy", ID: in.Workspace.String()},
		Workspace: in.Workspace.String(), Before: before, After: p.fields(),
		Key: HeadKey(in.Workspace), Prior: head, Item: p.head(), Else: ErrPublishRaced,
		Also:   s.publishing(in, p),
		Events: []ledger.Event{{Type: "policy.published", Workspace: in.Workspace.String(), Data: p.fields()}},
		Reply:  p.summary(),
	})
	return p.summary(), err
}

func (in PublishInput) draft(item ledger.Item) (Draft, error) {
	if item == nil {
		return Draft{}, ErrNoDraft
	}
	draft, err := parseDraft(item)
	switch {
	case err != nil:
		return Draft{}, err
	case draft.Version != in.Draft:
		return Draft{}, ErrDraftMoved
	case draft.Published:
		return Draft{}, ErrDraftIsOut
	}
	return draft, draft.check() // the rules may have grown stricter since it was saved
}

// publishing keeps the version for good, and marks the draft, which must still be the one that was read. The draft stays:
// its versions go on counting.
func (s Service) publishing(in PublishInput, p Published) []ledger.Write {
	unmoved := ledger.Is("version", in.Draft).And(ledger.Is("state", open))
	return []ledger.Write{
		{Key: versionKey(in.Workspace, p.Version), Put: p.item(), If: ledger.Absent(), Else: errVersionThere},
		{Key: draftKey(in.Workspace), Set: ledger.Item{"state": published}, If: unmoved, Else: ErrDraftMoved},
	}
}
