// Package sqs is the part of AWS SQS that zenvault uses: standard queues with delays, visibility time-outs, receive
// counts, redrive to a dead-letter queue and back, batches and long polls. FIFO queues and everything else that is
// missing are refused.
//
// A standard queue on AWS may deliver twice and out of order. This one delivers in the order in which messages become
// due and once, except where DuplicateNext asks for more.
package sqs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/journal"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// account owns every emulated queue.
const account = "000000000000"

// Options of Open. The zero value is an empty service in memory in us-east-1, by the real clock.
type Options struct {
	// Dir holds the journal; empty keeps everything in memory.
	Dir string
	// Region is the one named in ARNs.
	Region string
	// Clock is what delays, time-outs, retention and long polls go by; nil is the real one.
	Clock protocol.Clock
	// Host is the one in the queue URLs that are answered; in a URL that is asked for, any host will do.
	Host string
}

// Service is one region's SQS. What Call answered is in the journal before the answer.
type Service struct {
	region  string
	host    string
	clock   protocol.Clock
	journal *journal.Journal // nil in memory
	done    chan struct{}    // closed by Close

	mu      sync.Mutex
	queues  map[string]*queue // by name
	tasks   []*moveTask       // in the order of their start
	serial  uint64            // the last one given to a message or a receive
	written journal.Position  // behind the last change
	timers  map[string]func() bool
	closed  bool
}

// Open returns a service with the state that its directory holds. Message moves that were interrupted go on.
func Open(o Options) (*Service, error) {
	s := &Service{region: o.Region, host: o.Host, clock: o.Clock, done: make(chan struct{}),
		queues: map[string]*queue{}, timers: map[string]func() bool{}}
	if s.region == "" {
		s.region = "us-east-1"
	}
	if s.host == "" {
		s.host = "localhost"
	}
	if s.clock == nil {
		s.clock = realClock{}
	}
	if o.Dir != "" {
		if err := s.openJournal(o.Dir); err != nil {
			return nil, fmt.Errorf("open the sqs journal: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tasks {
		if err := s.continueMove(t); err != nil {
			return nil, fmt.Errorf("continue moving messages: %w", err)
		}
	}
	return s, nil
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }
func (realClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// Target is the prefix of X-Amz-Target.
func (s *Service) Target() string { return "AmazonSQS" }

// ContentType is that of SQS answers.
func (s *Service) ContentType() string { return "application/x-amz-json-1.0" }

// Close ends waiting receives, which answer without messages, and closes the journal; later calls are refused.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	for _, stop := range s.timers {
		stop()
	}
	if s.journal == nil {
		return nil
	}
	return s.journal.Close()
}

// Call runs one operation. A waiting ReceiveMessage ends, without messages, when ctx does.
func (s *Service) Call(ctx context.Context, name string, body []byte) (any, error) {
	run, ok := operations[name]
	if !ok {
		return nil, protocol.Unsupported("sqs operation " + name)
	}
	return run(ctx, s, body)
}

type run func(context.Context, *Service, []byte) (any, error)

var operations = map[string]run{
	"ChangeMessageVisibility":      operation((*Service).changeVisibility),
	"ChangeMessageVisibilityBatch": operation((*Service).changeVisibilityBatch),
	"CreateQueue":                  operation((*Service).createQueue),
	"DeleteMessage":                operation((*Service).deleteMessage),
	"DeleteMessageBatch":           operation((*Service).deleteMessageBatch),
	"GetQueueAttributes":           operation((*Service).getQueueAttributes),
	"GetQueueUrl":                  operation((*Service).getQueueURL),
	"ListMessageMoveTasks":         operation((*Service).listMoveTasks),
	"ListQueues":                   operation((*Service).listQueues),
	"PurgeQueue":                   operation((*Service).purgeQueue),
	"ReceiveMessage":               receiveOperation,
	"SendMessage":                  operation((*Service).sendMessage),
	"SendMessageBatch":             operation((*Service).sendMessageBatch),
	"SetQueueAttributes":           operation((*Service).setQueueAttributes),
	"StartMessageMoveTask":         operation((*Service).startMoveTask),
}

// operation makes a call of a method that runs under s.mu. The answer waits for the disk after the lock is released, so
// that one fsync serves all calls that came meanwhile.
func operation[I, O any](method func(*Service, I) (O, error)) run {
	return func(_ context.Context, s *Service, body []byte) (any, error) {
		var in I
		if err := protocol.Decode(body, &in); err != nil {
			return nil, err
		}
		out, written, err := locked(s, method, in)
		if err != nil {
			return nil, err
		}
		return out, s.sync(written)
	}
}

func locked[I, O any](s *Service, method func(*Service, I) (O, error), in I) (out O, written journal.Position, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return out, 0, errClosed
	}
	out, err = method(s, in)
	return out, s.written, err
}

// errClosed answers calls after Close.
var errClosed = &protocol.Error{Status: 503, Type: "ServiceUnavailable", Message: "the emulated service is closed"}

// nothing is the answer of operations that answer with an empty object.
type nothing struct{}
