package policy

import (
	"context"
	"fmt"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/tenant"
)

// DraftSummary is what is to be told of a draft. Times are Unix ms.
type DraftSummary struct {
	Version   int64  `json:"draft_version"`
	Author    string `json:"author"`
	SavedAt   int64  `json:"saved_at"`
	Published bool   `json:"published"` // this very version is
	Digest    string `json:"digest"`    // hex SHA-256 of {"caps", "rules"} in the canonical form of RFC 8785
}

// DraftView is a draft as clients see it.
type DraftView struct {
	DraftSummary
	Document
}

// VersionSummary is what is to be told of a published version. Times are Unix ms.
type VersionSummary struct {
	Version     int64  `json:"version"`
	Author      string `json:"author"`
	Publisher   string `json:"publisher"`
	PublishedAt int64  `json:"published_at"`
	Digest      string `json:"digest"` // of the document, as that of the draft
}

// PublishedView is a published version as clients see it.
type PublishedView struct {
	VersionSummary
	Document
}

// View is a workspace's policy: what is in force, and what is being worked on.
type View struct {
	Workspace tenant.ID      `json:"workspace"`
	Published *PublishedView `json:"published,omitempty"` // absent: every request is rejected
	Draft     *DraftView     `json:"draft,omitempty"`
}

func (d Draft) summary() DraftSummary {
	return DraftSummary{d.Version, d.Author, d.SavedAt.UnixMilli(), d.Published, digest(d.canonical)}
}

func (p Published) summary() VersionSummary {
	return VersionSummary{p.Version, p.Author, p.Publisher, p.PublishedAt.UnixMilli(), p.Digest}
}

func (d Draft) view() DraftView { return DraftView{d.summary(), d.Document} }

func (p Published) view() PublishedView { return PublishedView{p.summary(), p.Document} }

// GetInput names a workspace.
type GetInput struct {
	Workspace tenant.ID `path:"workspace"`
}

// Get reads a workspace's policy. It fails with the workspace's "not found".
func (s Service) Get(ctx context.Context, _ caller.Caller, in GetInput) (View, error) {
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return View{}, err
	}
	items, err := s.Ledger.Get(ctx, HeadKey(in.Workspace), draftKey(in.Workspace))
	if err != nil {
		return View{}, err
	}
	view := View{Workspace: in.Workspace}
	if items[0] != nil {
		p, err := s.published(ctx, in.Workspace, items[0].Version().Number)
		if err != nil {
			return View{}, err
		}
		shown := p.view()
		view.Published = &shown
	}
	if items[1] != nil {
		d, err := parseDraft(items[1])
		if err != nil {
			return View{}, err
		}
		shown := d.view()
		view.Draft = &shown
	}
	return view, nil
}

func (s Service) published(ctx context.Context, workspace tenant.ID, version int64) (Published, error) {
	item, err := s.Ledger.GetOne(ctx, versionKey(workspace, version))
	if err != nil {
		return Published{}, err
	}
	if item == nil {
		return Published{}, fmt.Errorf("version %d of the policy of %s is not there", version, workspace)
	}
	return parsePublished(item)
}
