package sqs

import (
	"container/heap"
	"fmt"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// change is one journal record: what happens all together or not at all. Its parts are applied in this order.
type change struct {
	Queue *queueState `json:",omitempty"` // a new queue, or the new attributes of one
	Purge *purge      `json:",omitempty"`
	Drop  []reference `json:",omitempty"` // messages that leave a queue
	Put   []placement `json:",omitempty"` // messages that enter a queue
	Mark  []mark      `json:",omitempty"` // messages received, or hidden for longer or shorter
	Task  *moveTask   `json:",omitempty"` // the new state of a message move
	// Serial keeps handles of what is gone from naming what comes, once the records in between are.
	Serial uint64 `json:",omitempty"`
}

type purge struct {
	Queue string
	At    int64 // Unix milliseconds
}

type reference struct {
	Queue  string
	Serial uint64
}

type placement struct {
	Queue   string
	Message *message
}

// mark is the part of a message that a receive changes.
type mark struct {
	Queue  string
	Serial uint64
	receipt
}

func (s *Service) replay(record []byte) error {
	var c change
	if err := protocol.Decode(record, &c); err != nil {
		return fmt.Errorf("decode an sqs record: %w", err)
	}
	return s.apply(c)
}

func (s *Service) apply(c change) error {
	if c.Queue != nil {
		if err := s.applyQueue(*c.Queue); err != nil {
			return err
		}
	}
	if c.Purge != nil {
		q := s.queues[c.Purge.Queue]
		q.messages, q.order, q.purged = map[uint64]*message{}, nil, c.Purge.At
	}
	for _, d := range c.Drop {
		s.queues[d.Queue].drop(d.Serial)
	}
	for _, p := range c.Put {
		s.queues[p.Queue].put(p.Message)
		s.serial = max(s.serial, p.Message.Serial)
	}
	for _, m := range c.Mark {
		s.queues[m.Queue].mark(m.Serial, m.receipt)
		s.serial = max(s.serial, m.Receipt)
	}
	if c.Task != nil {
		s.applyTask(c.Task)
	}
	s.serial = max(s.serial, c.Serial)
	return nil
}

func (s *Service) applyQueue(state queueState) error {
	settings, err := parseSettings(state.Attributes)
	if err != nil {
		return fmt.Errorf("attributes of queue %s: %w", state.Name, err)
	}
	q, ok := s.queues[state.Name]
	if !ok {
		q = &queue{messages: map[uint64]*message{}, news: make(chan struct{})}
		s.queues[state.Name] = q
	}
	q.queueState, q.settings = state, settings
	return nil
}

func (s *Service) applyTask(t *moveTask) {
	i := slices.IndexFunc(s.tasks, func(other *moveTask) bool { return other.ID == t.ID })
	if i < 0 {
		s.tasks = append(s.tasks, t)
		return
	}
	s.tasks[i] = t
}

func (q *queue) drop(serial uint64) {
	if m, ok := q.messages[serial]; ok {
		heap.Remove(&q.order, m.place)
		delete(q.messages, serial)
	}
}

func (q *queue) put(m *message) {
	q.messages[m.Serial] = m
	heap.Push(&q.order, m)
	q.announce()
}

func (q *queue) mark(serial uint64, r receipt) {
	if m, ok := q.messages[serial]; ok {
		m.receipt = r
		heap.Fix(&q.order, m.place)
		q.announce()
	}
}
