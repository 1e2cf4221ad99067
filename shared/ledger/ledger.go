// Package ledger is the only way to write business state. One method, Commit, takes a change, its audit entry and its
// events, and writes all of them in one database transaction: there is no way to write without an entry, and no way to
// leave an entry without the write.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/id"
)

// Announcer tells the workers of committed events. It may fail silently: a sweeper finds what was not announced.
type Announcer interface {
	Announce(ctx context.Context, events []Event)
}

// Ledger reads items and commits changes. It is safe for concurrent use.
type Ledger struct {
	Store     Store
	Announcer Announcer // nil where a function emits no events
	Now       func() time.Time
	Random    io.Reader
	Alarm     func(audit.Entry) // told of each durable entry that has a severity; may be nil
}

// Change is one mutation of one target.
type Change struct {
	By            caller.Caller
	Action        string // "<domain>.<verb>"
	Target        audit.Target
	Workspace     string // the entry's, "" where no workspace is concerned
	Before, After audit.Fields
	Severity      audit.Severity // of a security event

	Key   Key // of the target's item
	Prior Version
	There bool         // the item is there though Prior is zero: it was made beside another target (see Begin)
	Item  Item         // what the target becomes
	If    Condition    // more than the version, if something more must hold
	Else  *fault.Fault // what it means when the target was not as Prior and If say

	Also   []Write // items that belong to the same mutation
	Events []Event

	// Reply is what a repeat with the same Idempotency-Key is answered; secrets must not be in it.
	Reply any
	// Meanwhile, if set, runs beside the announcement of the events, after the commit is durable.
	Meanwhile func()
}

// Receipt is what a commit made.
type Receipt struct {
	Entry   audit.Entry
	Version Version
}

// Refusal is a failed condition: the declared fault, and the item that stood in the way.
type Refusal struct {
	Fault *fault.Fault
	Old   Item
}

func (r *Refusal) Error() string { return r.Fault.Error() }

// Unwrap gives the fault.
func (r *Refusal) Unwrap() error { return r.Fault }

// Old finds the item that stood in the way of a commit, nil if the error is not a Refusal.
func Old(err error) Item {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Old
	}
	return nil
}

// Get reads vault items, strongly consistent, in one round trip, in the order of the keys; nil where none is.
func (l *Ledger) Get(ctx context.Context, keys ...Key) ([]Item, error) {
	return l.Store.Get(ctx, keys...)
}

// GetOne reads one vault item, nil if there is none.
func (l *Ledger) GetOne(ctx context.Context, key Key) (Item, error) {
	items, err := l.Store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// Query reads a page.
func (l *Ledger) Query(ctx context.Context, q Query) (Page, error) { return l.Store.Query(ctx, q) }

// NewID makes an id with the ledger's clock and randomness.
func (l *Ledger) NewID(prefix string) string { return id.New(prefix, l.Now(), l.Random) }

// Commit writes a change, its entry and its events, all or nothing. It fails with the change's or a write's own fault
// (as a *Refusal) when a condition does not hold, with *Replayed when the same Idempotency-Key was used before, and
// with ErrOutcomeUnknown when it can't be told whether it was done.
func (l *Ledger) Commit(ctx context.Context, c Change) (Receipt, error) {
	now := l.Now().UTC().Truncate(time.Millisecond)
	entry, err := l.entry(c, now)
	if err != nil {
		return Receipt{}, err
	}
	writes := []Write{targetWrite(c, entry), entryWrite(entry, ErrChainMoved)}
	events, err := l.events(c, entry, now)
	if err != nil {
		return Receipt{}, err
	}
	for _, e := range events {
		writes = append(writes, Write{Key: e.key(), Put: e.item(), If: Absent(), Else: fault.ErrInternal})
	}
	writes = append(writes, c.Also...)
	once, err := onceWrite(c, now)
	if err != nil {
		return Receipt{}, err
	}
	writes = append(writes, once...)
	if err := check(writes); err != nil {
		return Receipt{}, err
	}
	if err := l.Store.Transact(ctx, entry.ID, writes); err != nil {
		return Receipt{}, explain(err, writes, c.By.Once)
	}
	l.alarm(entry.Entry)
	l.afterwards(ctx, events, c.Meanwhile)
	return Receipt{entry.Entry, Version{entry.Version, entry.Hash}}, nil
}

// ErrChainMoved can only be seen if an entry exists whose target's item was put back to an earlier state by other means.
var ErrChainMoved = fault.New(fault.Conflict, "audit_chain_moved",
	"The audit trail of this object is ahead of the object itself. Nothing was written. Tell your operator.")

func (l *Ledger) entry(c Change, now time.Time) (sealed, error) {
	before, after := audit.Diff(c.Before, c.After)
	return seal(audit.Entry{
		ID: id.New("aud", now, l.Random), Time: now,
		Actor:  actor(c.By),
		Action: c.Action, Severity: c.Severity, Target: c.Target, Workspace: c.Workspace, Before: before, After: after,
		IP: c.By.Origin.IP, UserAgent: c.By.Origin.UserAgent, RequestID: c.By.Origin.RequestID,
		Version: c.Prior.Number + 1, Prev: c.Prior.Hash,
	})
}

// alarm tells of a security event, once it is durable.
func (l *Ledger) alarm(e audit.Entry) {
	if e.Severity != "" && l.Alarm != nil {
		l.Alarm(e)
	}
}

func targetWrite(c Change, e sealed) Write {
	item := Item{}
	for name, value := range c.Item {
		item[name] = value
	}
	item[attrVersion], item[attrHash] = e.Version, e.Hash
	condition := Absent()
	if c.There || c.Prior.Number > 0 {
		condition = Is(attrVersion, c.Prior.Number)
	}
	return Write{Key: c.Key, Put: item, If: condition.And(c.If), Else: c.Else}
}

// check refuses what would be a hole in the defence: a write without a condition, or without words for its failure.
func check(writes []Write) error {
	for _, w := range writes {
		if w.If.IsZero() || w.Else == nil {
			return fmt.Errorf("ledger: the write of %s/%s has no condition or no fault", w.Key.PK, w.Key.SK)
		}
	}
	return nil
}

// explain turns the database's refusal into the words that stand beside the condition.
func explain(err error, writes []Write, once caller.Once) error {
	var refused *Refused
	if !errors.As(err, &refused) {
		return err
	}
	w := writes[refused.Index]
	if w.Else == ErrKeyReused {
		return replay(refused.Old, once)
	}
	return &Refusal{w.Else, refused.Old}
}

// afterwards announces events and does the caller's work side by side, and returns when both are done.
func (l *Ledger) afterwards(ctx context.Context, events []Event, meanwhile func()) {
	announced := make(chan struct{})
	if len(events) > 0 && l.Announcer != nil {
		go func() {
			defer close(announced)
			l.Announcer.Announce(ctx, events)
		}()
	} else {
		close(announced)
	}
	if meanwhile != nil {
		meanwhile()
	}
	<-announced
}
