package policy

import (
	"context"
	"sync"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// maxHeld bounds the documents that a Judge keeps compiled, in bytes of their stored form; compiled they take a few
// times that.
const maxHeld = 16 << 20

// Judge judges by published policies and keeps the compiled ones, of each workspace the newest that it met. It is safe for
// concurrent use.
type Judge struct {
	service Service
	mu      sync.Mutex
	held    map[tenant.ID]compiled
	size    int
}

type compiled struct {
	version  int64
	size     int
	snapshot *Snapshot
}

// NewJudge reads policies through the ledger.
func NewJudge(l *ledger.Ledger) *Judge {
	return &Judge{service: Service{Ledger: l}, held: map[tenant.ID]compiled{}}
}

// HeadKey is the item that a decision must have read to judge.
func (j *Judge) HeadKey(workspace tenant.ID) ledger.Key { return HeadKey(workspace) }

// Judge evaluates a request under the version that the head item names; nil, no head, is no policy. A version that is not
// in memory costs one read. It fails with the database's fault, or if what is stored can't be read.
func (j *Judge) Judge(ctx context.Context, workspace tenant.ID, head ledger.Item, r signing.Request) (signing.Verdict, error) {
	if head == nil {
		return Evaluate(nil, r), nil
	}
	version := head.Version().Number
	snapshot := j.find(workspace, version)
	if snapshot == nil {
		p, err := j.service.published(ctx, workspace, version)
		if err != nil {
			return signing.Verdict{}, err
		}
		snapshot = compile(p.Document)
		j.keep(workspace, compiled{version, len(p.text), snapshot})
	}
	verdict := Evaluate(snapshot, r)
	verdict.Policy = version
	return verdict, nil
}

func (j *Judge) find(workspace tenant.ID, version int64) *Snapshot {
	j.mu.Lock()
	defer j.mu.Unlock()
	if c := j.held[workspace]; c.version == version {
		return c.snapshot
	}
	return nil
}

// keep makes room by letting go of others, whichever come first.
func (j *Judge) keep(workspace tenant.ID, c compiled) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.size += c.size - j.held[workspace].size
	j.held[workspace] = c
	for other, old := range j.held {
		if j.size <= maxHeld {
			return
		}
		if other != workspace {
			j.size -= old.size
			delete(j.held, other)
		}
	}
}
