package sqs

import (
	"container/heap"
	"time"
)

// queueState is what the journal holds of a queue itself.
type queueState struct {
	Name       string
	Attributes map[string]string // as set, without defaults
	Created    int64             // Unix milliseconds
	Modified   int64             // Unix milliseconds
}

type queue struct {
	queueState
	settings   settings
	messages   map[uint64]*message // by serial
	order      schedule
	purged     int64         // Unix milliseconds of the last PurgeQueue
	duplicates int           // deliveries still to be doubled
	news       chan struct{} // closed and replaced when a message comes or its time changes
}

// message is one copy of a message in one queue.
type message struct {
	Serial     uint64 // names the copy; MessageId does not, since a duplicate shares it
	ID         string // MessageId
	Body       string
	Attributes map[string]attribute `json:",omitempty"`
	Sent       int64                // Unix milliseconds; retention counts from it, in a dead-letter queue too
	Origin     string               `json:",omitempty"` // ARN of the queue whose redrive policy moved it here
	receipt

	place int // in the queue's schedule
}

// receipt is what receives leave on a message.
type receipt struct {
	Visible       int64  // Unix milliseconds from which on it may be received
	Receipt       uint64 `json:",omitempty"` // serial of the last receive from this queue; 0 before the first
	Received      int64  `json:",omitempty"` // Unix milliseconds of that receive
	Receives      int    `json:",omitempty"` // in all queues, as ApproximateReceiveCount has it
	ReceivesHere  int    `json:",omitempty"` // in this queue, as maxReceiveCount has it
	FirstReceived int64  `json:",omitempty"` // Unix milliseconds
}

func (m *message) inFlight(now int64) bool { return m.Receipt != 0 && m.Visible > now }

func (q *queue) expired(m *message, now int64) bool {
	return m.Sent+q.settings.retention.Milliseconds() <= now
}

// due takes the messages that may be received out of the schedule, the one due for longest first, until enough says so;
// the caller puts them back.
func (q *queue) due(now int64, each func(*message) (enough bool)) (taken []*message) {
	for len(q.order) > 0 && q.order[0].Visible <= now {
		m := heap.Pop(&q.order).(*message)
		taken = append(taken, m)
		if each(m) {
			break
		}
	}
	return taken
}

func (q *queue) putBack(taken []*message) {
	for _, m := range taken {
		heap.Push(&q.order, m)
	}
}

// announce wakes the receives that wait at the queue.
func (q *queue) announce() {
	close(q.news)
	q.news = make(chan struct{})
}

// counts are ApproximateNumberOfMessages and its two relatives, which here are exact.
func (q *queue) counts(now time.Time) (visible, inFlight, delayed int) {
	ms := now.UnixMilli()
	for _, m := range q.messages {
		switch {
		case q.expired(m, ms):
		case m.Visible <= ms:
			visible++
		case m.inFlight(ms):
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

// schedule is a heap of messages by the time when they may be received.
type schedule []*message

func (h schedule) Len() int { return len(h) }

func (h schedule) Less(i, j int) bool {
	if h[i].Visible != h[j].Visible {
		return h[i].Visible < h[j].Visible
	}
	return h[i].Serial < h[j].Serial
}

func (h schedule) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *schedule) Push(x any) {
	m := x.(*message)
	m.place = len(*h)
	*h = append(*h, m)
}

func (h *schedule) Pop() any {
	last := len(*h) - 1
	m := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return m
}
