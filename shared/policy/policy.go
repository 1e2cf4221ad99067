package policy

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Draft is a document that is being worked on. Each saving is its next version.
type Draft struct {
	Document
	Version   int64
	Author    string // the admin who saved it
	SavedAt   time.Time
	Published bool // as it is; saving it again makes it a draft anew

	written
}

// Published is a version that is or was in force. It never changes.
type Published struct {
	Document
	Version     int64
	Author      string
	Publisher   string
	PublishedAt time.Time
	Digest      string // hex SHA-256 of the document in its canonical form

	written
}

// The faults of drafting and publishing.
var (
	ErrNoDraft      = fault.New(fault.NotFound, "policy_draft_not_found", "The workspace has no draft of a policy.")
	ErrDraftMoved   = fault.New(fault.Conflict, "policy_draft_changed", "The draft is at another version than the one named. Read it again.").At("/draft_version")
	ErrDraftIsOut   = fault.New(fault.Conflict, "policy_draft_published", "This version of the draft is already published.").At("/draft_version")
	ErrDraftRaced   = fault.New(fault.Conflict, "policy_draft_race", "Someone else saved a draft in this moment. Read it, then save again.")
	ErrPublishRaced = fault.New(fault.Conflict, "policy_publish_race", "Someone else published in this moment. Read the policy again.")
	ErrFourEyes     = fault.New(fault.Forbidden, "policy_four_eyes", "Another admin than its author publishes a draft.")
	errVersionThere = fault.New(fault.Conflict, "policy_version_exists", "This version of the policy exists.")
)

// Workspaces tells whether a workspace is there: nil, its "not found", or the database's fault.
type Workspaces func(ctx context.Context, id tenant.ID) error

// Service is what the policy routes are made of.
type Service struct {
	Ledger     *ledger.Ledger
	Workspaces Workspaces
	OneAdmin   bool // the author of a draft may publish it: for development
}

func (d Draft) fields() audit.Fields {
	return audit.Fields{"author": d.Author, "digest": digest(d.canonical), "rules": len(d.Rules), "caps": len(d.Caps)}
}

func (p Published) fields() audit.Fields {
	return audit.Fields{"published_version": p.Version, "digest": p.Digest, "author": p.Author, "publisher": p.Publisher,
		"rules": len(p.Rules), "caps": len(p.Caps)}
}
