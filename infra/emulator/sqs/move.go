package sqs

import (
	"slices"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

const (
	running   = "RUNNING"
	completed = "COMPLETED"
	failed    = "FAILED"

	// moveChunk is how many messages one journal record moves at most.
	moveChunk = 100
)

// moveTask moves the messages of a dead-letter queue back to where they came from, or to one destination. It is replaced
// in the list of the service, never changed.
type moveTask struct {
	ID          string
	Source      string // ARN
	Destination string `json:",omitempty"` // ARN; empty for each message's origin
	PerSecond   int    `json:",omitempty"` // 0 for as fast as possible
	Started     int64  // Unix milliseconds
	ToMove      int
	Moved       int    `json:",omitempty"`
	Status      string // running, completed or failed
	Failure     string `json:",omitempty"`
}

type startMoveInput struct {
	DestinationArn               string
	MaxNumberOfMessagesPerSecond *int
	SourceArn                    string
}

type startMoveOutput struct{ TaskHandle string }

// startMoveTask moves the messages before it answers, unless the request asks for a rate; AWS answers first.
func (s *Service) startMoveTask(in startMoveInput) (startMoveOutput, error) {
	source, err := s.checkMove(in)
	if err != nil {
		return startMoveOutput{}, err
	}
	now := s.clock.Now()
	visible, _, _ := source.counts(now)
	t := &moveTask{ID: newID(), Source: in.SourceArn, Destination: in.DestinationArn, Started: now.UnixMilli(), ToMove: visible, Status: running}
	if in.MaxNumberOfMessagesPerSecond != nil {
		t.PerSecond = *in.MaxNumberOfMessagesPerSecond
	}
	if err := s.commit(change{Task: t}); err != nil {
		return startMoveOutput{}, err
	}
	return startMoveOutput{t.ID}, s.continueMove(t)
}

func (s *Service) checkMove(in startMoveInput) (*queue, error) {
	if n := in.MaxNumberOfMessagesPerSecond; n != nil && (*n < 1 || *n > 500) {
		return nil, invalid("MaxNumberOfMessagesPerSecond", *n, "Must be between 1 and 500, if provided.")
	}
	source, err := s.moveSource(in.SourceArn)
	if err != nil {
		return nil, err
	}
	if in.DestinationArn != "" && s.byARN(in.DestinationArn) == nil {
		return nil, protocol.Refuse("ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist.")
	}
	if in.DestinationArn == in.SourceArn {
		return nil, protocol.Refuse("InvalidParameterValue", "Source queue arn and destination queue arn cannot be the same.")
	}
	if !s.isTarget(in.SourceArn) {
		return nil, protocol.Refuse("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
	}
	for _, t := range s.tasks {
		if t.Source == in.SourceArn && t.Status == running {
			return nil, protocol.Refuse("InvalidParameterValue", "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	return source, nil
}

func (s *Service) moveSource(arn string) (*queue, error) {
	if arn == "" {
		return nil, missing("SourceArn")
	}
	if q := s.byARN(arn); q != nil {
		return q, nil
	}
	return nil, protocol.Refuse("ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.")
}

func (s *Service) isTarget(arn string) bool {
	for _, q := range s.queues {
		if q.settings.redrive != nil && q.settings.redrive.target == arn {
			return true
		}
	}
	return false
}

// continueMove goes on with a task as far as its rate allows, and sets a timer for the rest. s.mu is held.
func (s *Service) continueMove(t *moveTask) error {
	for t.Status == running {
		next, err := s.moveSome(t)
		if err != nil {
			return err
		}
		t = next
		if t.PerSecond > 0 && t.Status == running {
			s.timers[t.ID] = s.clock.AfterFunc(time.Second, func() { s.resumeMove(t) })
			return nil
		}
	}
	delete(s.timers, t.ID)
	return nil
}

func (s *Service) resumeMove(t *moveTask) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	// A journal that fails here fails every later call as well, which is where it is told.
	_ = s.continueMove(t)
}

// moveSome commits one chunk together with the task's new state, so that a restart neither loses nor repeats it. A moved
// message is a new one, with a new id, age and receive count (SQS Developer Guide, dead-letter queue redrive).
func (s *Service) moveSome(t *moveTask) (*moveTask, error) {
	next := *t
	limit := min(moveChunk, t.ToMove-t.Moved)
	if t.PerSecond > 0 {
		limit = min(t.PerSecond, t.ToMove-t.Moved)
	}
	source, now := s.byARN(t.Source), s.clock.Now().UnixMilli()
	var c change
	taken := source.due(now, func(m *message) (enough bool) {
		if len(c.Put) == limit {
			return true
		}
		if source.expired(m, now) {
			c.Drop = append(c.Drop, reference{source.Name, m.Serial})
			return false
		}
		to := s.moveDestination(t, m)
		if to == nil {
			next.Status, next.Failure = failed, "CouldNotDetermineMessageSource"
			return true
		}
		moved := &message{Serial: s.next(), ID: newID(), Body: m.Body, Attributes: m.Attributes, Sent: now, receipt: receipt{Visible: now}}
		c.Drop = append(c.Drop, reference{source.Name, m.Serial})
		c.Put = append(c.Put, placement{to.Name, moved})
		return false
	})
	source.putBack(taken)
	next.Moved += len(c.Put)
	if next.Status == running && (len(c.Put) == 0 || next.Moved == next.ToMove) {
		next.Status = completed
	}
	c.Task = &next
	return &next, s.commit(c)
}

func (s *Service) moveDestination(t *moveTask, m *message) *queue {
	if t.Destination != "" {
		return s.byARN(t.Destination)
	}
	return s.byARN(m.Origin)
}

type listMovesInput struct {
	MaxResults *int
	SourceArn  string
}

type listMovesOutput struct{ Results []moveEntry }

type moveEntry struct {
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	DestinationArn                    string `json:",omitempty"`
	FailureReason                     string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	SourceArn                         string
	StartedTimestamp                  int64 // Unix milliseconds
	Status                            string
	TaskHandle                        string `json:",omitempty"`
}

// listMoveTasks answers the newest tasks of a queue first, one unless more are asked for; only running ones have a handle.
func (s *Service) listMoveTasks(in listMovesInput) (listMovesOutput, error) {
	out := listMovesOutput{Results: []moveEntry{}}
	limit := 1
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	if limit < 1 || limit > 10 {
		return out, invalid("MaxResults", limit, "Must be between 1 and 10, if provided.")
	}
	if _, err := s.moveSource(in.SourceArn); err != nil {
		return out, err
	}
	for _, t := range slices.Backward(s.tasks) {
		if t.Source != in.SourceArn || len(out.Results) == limit {
			continue
		}
		e := moveEntry{t.Moved, t.ToMove, t.Destination, t.Failure, t.PerSecond, t.Source, t.Started, t.Status, ""}
		if t.Status == running {
			e.TaskHandle = t.ID
		}
		out.Results = append(out.Results, e)
	}
	return out, nil
}
