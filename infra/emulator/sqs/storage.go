package sqs

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/journal"
)

// rewriteAbove is the size, in bytes, below which a journal is left as it is.
const rewriteAbove = 1 << 20

// openJournal brings back the state, and rewrites a journal that holds little more than what is over: every message
// that ever came and went is in it.
func (s *Service) openJournal(dir string) error {
	j, err := journal.Open(filepath.Join(dir, "sqs.journal"), s.replay)
	if err != nil {
		return err
	}
	s.journal = j
	if j.Size() > rewriteAbove {
		err = s.rewrite()
	}
	if err != nil {
		j.Close()
	}
	return err
}

func (s *Service) rewrite() error {
	var records [][]byte
	var size int64
	for _, c := range s.snapshot() {
		record, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode an sqs record: %w", err)
		}
		records = append(records, record)
		size += int64(len(record))
	}
	if s.journal.Size() < 4*size {
		return nil
	}
	return s.journal.Replace(slices.Values(records))
}

// snapshot is the shortest list of changes that leads to the present state.
func (s *Service) snapshot() []change {
	changes := []change{{Serial: s.serial}}
	for _, q := range s.queues {
		changes = append(changes, change{Queue: &q.queueState})
		if q.purged != 0 {
			changes = append(changes, change{Purge: &purge{q.Name, q.purged}})
		}
		for _, m := range q.messages {
			changes = append(changes, change{Put: []placement{{q.Name, m}}})
		}
	}
	for _, t := range s.tasks {
		changes = append(changes, change{Task: t})
	}
	return changes
}

// commit writes a change to the journal and then applies it, so that memory never holds what a restart would lose. It
// does not wait for the disk; sync does. s.mu is held.
func (s *Service) commit(c change) error {
	if s.closed {
		return errClosed
	}
	if s.journal != nil {
		record, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encode an sqs record: %w", err)
		}
		written, err := s.journal.Write(record)
		if err != nil {
			return fmt.Errorf("journal an sqs record: %w", err)
		}
		s.written = written
	}
	return s.apply(c)
}

// sync returns when the changes up to the position are durable. s.mu is not held.
func (s *Service) sync(written journal.Position) error {
	if s.journal == nil || written == 0 {
		return nil
	}
	return s.journal.Sync(written)
}
