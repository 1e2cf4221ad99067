package policy

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain.
const Keys = "policy#"

// A draft's states.
const (
	open      = "open"
	published = "published"
)

// HeadKey is where it is stored which version is in force. The item's own version is the number of that version.
func HeadKey(workspace tenant.ID) ledger.Key { return at(workspace, "head") }

func draftKey(workspace tenant.ID) ledger.Key { return at(workspace, "draft") }

func versionKey(workspace tenant.ID, version int64) ledger.Key {
	return at(workspace, fmt.Sprintf("version#%08d", version))
}

func at(workspace tenant.ID, sk string) ledger.Key {
	return ledger.Key{PK: Keys + workspace.String(), SK: sk}
}

func (d Draft) item() ledger.Item {
	return ledger.Item{"document": d.packed, "author": d.Author, "saved_at": d.SavedAt.UnixMilli(), "state": open}
}

func parseDraft(item ledger.Item) (Draft, error) {
	r := item.Read()
	d := Draft{Version: item.Version().Number, Author: r.Text("author"), SavedAt: r.Time("saved_at"),
		Published: r.Text("state") == published}
	packed := r.Bytes("document")
	if err := r.Err(); err != nil {
		return Draft{}, fmt.Errorf("reading a policy's draft: %w", err)
	}
	var err error
	if d.written, err = unpack(packed); err != nil {
		return Draft{}, err
	}
	return d, read(d.canonical, &d.Document)
}

// head says which version is in force; the version itself is apart, so that a decision that knows it reads little.
func (p Published) head() ledger.Item { return ledger.Item{"digest": p.Digest} }

func (p Published) item() ledger.Item {
	return ledger.Item{"document": p.packed, "number": p.Version, "author": p.Author, "publisher": p.Publisher,
		"published_at": p.PublishedAt.UnixMilli(), "digest": p.Digest}
}

// parsePublished also checks that the document is the one that was published.
func parsePublished(item ledger.Item) (Published, error) {
	r := item.Read()
	p := Published{Version: r.Int("number"), Author: r.Text("author"), Publisher: r.Text("publisher"),
		PublishedAt: r.Time("published_at"), Digest: r.Text("digest")}
	packed := r.Bytes("document")
	if err := r.Err(); err != nil {
		return Published{}, fmt.Errorf("reading a policy: %w", err)
	}
	var err error
	if p.written, err = unpack(packed); err != nil {
		return Published{}, err
	}
	if digest(p.canonical) != p.Digest {
		return Published{}, errors.New("reading a policy: the document is not the one that was published")
	}
	return p, read(p.canonical, &p.Document)
}
