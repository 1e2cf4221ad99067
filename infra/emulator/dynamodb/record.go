package dynamodb

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/journal"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// record is one atomic change as the journal keeps it: results, not requests, so that replaying decides nothing.
type record struct {
	Create     *tableDefinition  `json:",omitempty"`
	At         int64             `json:",omitempty"` // Unix milliseconds of Create
	Drop       string            `json:",omitempty"`
	TimeToLive *updateTimeToLive `json:",omitempty"`
	Effects    []effect          `json:",omitempty"`
	Token      *token            `json:",omitempty"`
}

// effect is what a write does to one item: Put is the item after it, Delete the key of an item that is no more.
type effect struct {
	Table  string
	Put    attribute.Item `json:",omitempty"`
	Delete attribute.Item `json:",omitempty"`
}

// change runs one change of the service: decide answers the record to write, and with it nil for none; then runs after
// it is applied. The change is durable when change returns.
func (s *Service) change(decide func() (*record, error), then func()) error {
	end, err := s.decide(decide, then)
	if err != nil || s.journal == nil {
		return err
	}
	if err := s.journal.Sync(end); err != nil {
		return fmt.Errorf("sync a dynamodb record: %w", err)
	}
	return nil
}

// decide runs a change up to where it only waits for the disk.
func (s *Service) decide(decide func() (*record, error), then func()) (end journal.Position, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, errClosed
	}
	r, err := decide()
	if err != nil {
		return 0, err
	}
	if r != nil {
		// First the journal, then memory: a record that could not be written must not be seen.
		if s.journal != nil {
			data, err := json.Marshal(r)
			if err != nil {
				return 0, fmt.Errorf("encode a dynamodb record: %w", err)
			}
			if end, err = s.journal.Write(data); err != nil {
				return 0, err
			}
		}
		if err := s.apply(r); err != nil {
			return 0, err
		}
	} else if s.journal != nil {
		// Nothing to write, but what this answer rests on may still be on its way to the disk.
		end = journal.Position(s.journal.Size())
	}
	if then != nil {
		then()
	}
	return end, nil
}

func (s *Service) replay(data []byte) error {
	var r record
	if err := protocol.Decode(data, &r); err != nil {
		return fmt.Errorf("decode a dynamodb record: %w", err)
	}
	return s.apply(&r)
}

func (s *Service) apply(r *record) error {
	if r.Create != nil {
		t := newTable(*r.Create)
		t.created = time.UnixMilli(r.At)
		s.tables[r.Create.TableName] = t
	}
	delete(s.tables, r.Drop)
	if r.TimeToLive != nil {
		s.tables[r.TimeToLive.TableName].timeToLive = r.TimeToLive.TimeToLiveSpecification
	}
	for _, e := range r.Effects {
		t, ok := s.tables[e.Table]
		if !ok {
			return fmt.Errorf("a record for the table %q, which does not exist", e.Table)
		}
		if e.Put != nil {
			at := t.key.place(e.Put)
			t.replace(at, t.rows.get(at), newRow(e.Put))
		} else {
			at := t.key.place(e.Delete)
			t.replace(at, t.rows.get(at), nil)
		}
	}
	if r.Token != nil {
		s.tokens.add(*r.Token)
	}
	return nil
}

// compactFrom is the size of a journal in bytes below which it is left as it is.
const compactFrom = 1 << 20

// compact rewrites a journal that has grown well beyond what it leads to.
func (s *Service) compact(replayed int) error {
	live := len(s.tables)
	for _, t := range s.tables {
		live += t.count
	}
	if s.journal.Size() < compactFrom || replayed < 2*live {
		return nil
	}
	return s.journal.Replace(s.snapshot())
}

// snapshot is the fewest records that lead to the present state.
func (s *Service) snapshot() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for r := range s.records() {
			data, err := json.Marshal(r)
			if err != nil {
				panic(err) // a record holds nothing that JSON cannot
			}
			if !yield(data) {
				return
			}
		}
	}
}

func (s *Service) records() iter.Seq[record] {
	return func(yield func(record) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.tables)) {
			t := s.tables[name]
			if !yield(record{Create: &t.definition, At: t.created.UnixMilli()}) {
				return
			}
			if t.timeToLive.AttributeName != "" && !yield(record{TimeToLive: &updateTimeToLive{name, t.timeToLive}}) {
				return
			}
			for _, r := range t.rows.all(place{}) {
				if !yield(record{Effects: []effect{{Table: name, Put: r.item}}}) {
					return
				}
			}
		}
		for _, token := range s.tokens.order {
			if !yield(record{Token: &token}) {
				return
			}
		}
	}
}
