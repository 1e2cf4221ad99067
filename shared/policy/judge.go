package policy

import (
	"context"
	"sync"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// maxHeld bounds the documents that a Judge keeps compiled, in bytes of their canonical form; compiled they take a few
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

// Keys are what a decision should read in its own batch: the head, which names the version in force, and what is used up
// of the caps over time that the request counts towards, as far as the version in memory tells.
func (j *Judge) Keys(q signing.Question) []ledger.Key {
	keys := []ledger.Key{HeadKey(q.Workspace)}
	if c, known := j.newest(q.Workspace); known {
		keys = append(keys, Consider(c.snapshot, q.Request, q.At).keys(q)...)
	}
	return keys
}

// keys are what an opinion is settled by.
func (o Opinion) keys(q signing.Question) []ledger.Key {
	if !o.Verdict.Approve || len(o.Spends) == 0 {
		return nil
	}
	keys := []ledger.Key{reservationKey(q)}
	for _, spend := range o.Spends {
		keys = append(keys, usageKey(q.Workspace, spend.Cap))
	}
	return keys
}

// Judge evaluates a request under the version that the head names; no head is no policy. What was read under Keys is given
// to it; if the version is another than the one in memory it reads the rest itself. The writes belong into the decision's
// transaction: they reserve what the request uses up, and fail if somebody else was faster. Then the request is to be
// judged again. It fails with the database's fault, or if what is stored can't be read.
func (j *Judge) Judge(ctx context.Context, q signing.Question, read map[ledger.Key]ledger.Item) (signing.Verdict, []ledger.Write, error) {
	head := read[HeadKey(q.Workspace)]
	if head == nil {
		return Consider(nil, q.Request, q.At).Verdict, nil, nil
	}
	version := head.Version().Number
	snapshot, err := j.snapshot(ctx, q.Workspace, version)
	if err != nil {
		return signing.Verdict{}, nil, err
	}
	opinion := Consider(snapshot, q.Request, q.At)
	end := settlement{verdict: opinion.Verdict}
	if keys := opinion.keys(q); keys != nil {
		state, err := j.state(ctx, keys, read)
		if err != nil {
			return signing.Verdict{}, nil, err
		}
		end = opinion.settle(q, state)
	}
	end.verdict.Policy = version
	return end.verdict, end.writes(), nil
}

// state is what an opinion is settled by; the keys are those of the opinion, the reservation's first.
func (j *Judge) state(ctx context.Context, keys []ledger.Key, read map[ledger.Key]ledger.Item) (State, error) {
	items := make([]ledger.Item, len(keys))
	for i, key := range keys {
		item, there := read[key]
		if !there {
			return j.readState(ctx, keys)
		}
		items[i] = item
	}
	return parseState(keys, items)
}

func (j *Judge) readState(ctx context.Context, keys []ledger.Key) (State, error) {
	items, err := j.service.Ledger.Get(ctx, keys...)
	if err != nil {
		return State{}, err
	}
	return parseState(keys, items)
}

func parseState(keys []ledger.Key, items []ledger.Item) (s State, err error) {
	if s.held, err = parseReservation(keys[0], items[0]); err != nil {
		return State{}, err
	}
	s.used = make(map[string]Usage, len(keys)-1)
	for i, key := range keys[1:] {
		if s.used[key.SK], err = parseUsage(items[i+1]); err != nil {
			return State{}, err
		}
	}
	return s, nil
}

// snapshot is a version, compiled. One that is not in memory costs one read.
func (j *Judge) snapshot(ctx context.Context, workspace tenant.ID, version int64) (*Snapshot, error) {
	if c, known := j.newest(workspace); known && c.version == version {
		return c.snapshot, nil
	}
	p, err := j.service.published(ctx, workspace, version)
	if err != nil {
		return nil, err
	}
	c := compiled{version, len(p.canonical), compile(p.Document)}
	j.keep(workspace, c)
	return c.snapshot, nil
}

func (j *Judge) newest(workspace tenant.ID) (compiled, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	c, known := j.held[workspace]
	return c, known
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
