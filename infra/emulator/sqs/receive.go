package sqs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type receiveInput struct {
	AttributeNames              []string // the older name of MessageSystemAttributeNames
	MaxNumberOfMessages         *int
	MessageAttributeNames       []string
	MessageSystemAttributeNames []string
	QueueUrl                    string
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
}

type receiveOutput struct {
	Messages []delivery `json:",omitempty"`
}

type delivery struct {
	Attributes             map[string]string `json:",omitempty"`
	Body                   string
	MD5OfBody              string
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
	MessageId              string
	ReceiptHandle          string
}

func receiveOperation(ctx context.Context, s *Service, body []byte) (any, error) {
	var in receiveInput
	if err := protocol.Decode(body, &in); err != nil {
		return nil, err
	}
	messages, err := s.receive(ctx, in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	written := s.written
	s.mu.Unlock()
	return receiveOutput{messages}, s.sync(written)
}

// receive takes messages now or, within the time that the caller waits, as soon as one is due.
func (s *Service) receive(ctx context.Context, in receiveInput) ([]delivery, error) {
	start := s.clock.Now()
	for {
		messages, wait, err := s.attempt(ctx, in, start)
		if len(messages) > 0 || err != nil || wait == nil {
			return messages, err
		}
		if !s.sleep(ctx, wait) {
			return nil, nil
		}
	}
}

// pause is what a receive waits for: news from the queue, or the time when a hidden message or its own patience is due.
type pause struct {
	news  chan struct{}
	until time.Time
}

// attempt takes what is due; without messages and without a pause the caller's time is over.
func (s *Service) attempt(ctx context.Context, in receiveInput, start time.Time) ([]delivery, *pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errClosed
	}
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return nil, nil, err
	}
	if err := checkReceive(in); err != nil {
		return nil, nil, err
	}
	if ctx.Err() != nil { // what is taken now would reach nobody
		return nil, nil, nil
	}
	messages, err := s.take(q, in)
	if len(messages) > 0 || err != nil {
		return messages, nil, err
	}
	patience := q.settings.wait
	if in.WaitTimeSeconds != nil {
		patience = time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	until := start.Add(patience)
	if !s.clock.Now().Before(until) {
		return nil, nil, nil
	}
	if len(q.order) > 0 {
		if due := time.UnixMilli(q.order[0].Visible); due.Before(until) {
			until = due
		}
	}
	return nil, &pause{q.news, until}, nil
}

// sleep reports whether to try again; it is false once the service is closed or the caller gone.
func (s *Service) sleep(ctx context.Context, p *pause) bool {
	now := s.clock.Now()
	due := make(chan struct{})
	stop := s.clock.AfterFunc(p.until.Sub(now), func() { close(due) })
	defer stop()
	// A clock that was moved between the two lines above has set the timer too late.
	if s.clock.Now().Sub(now) > time.Second {
		return true
	}
	select {
	case <-p.news:
	case <-due:
	case <-ctx.Done():
		return false
	case <-s.done:
		return false
	}
	return true
}

func checkReceive(in receiveInput) error {
	if n := in.MaxNumberOfMessages; n != nil && (*n < 1 || *n > 10) {
		return invalid("MaxNumberOfMessages", *n, "Must be between 1 and 10, if provided.")
	}
	if n := in.WaitTimeSeconds; n != nil && (*n < 0 || *n > 20) {
		return invalid("WaitTimeSeconds", *n, "Must be >= 0 and <= 20, if provided.")
	}
	if n := in.VisibilityTimeout; n != nil && (*n < 0 || *n > 43200) {
		return invalid("VisibilityTimeout", *n, "Must be between 0 and 43200, if provided.")
	}
	for _, name := range in.MessageAttributeNames {
		if strings.HasSuffix(name, ".*") && name != ".*" {
			return protocol.Unsupported("MessageAttributeNames by prefix")
		}
	}
	for _, names := range [][]string{in.AttributeNames, in.MessageSystemAttributeNames} {
		for _, name := range names {
			if !systemAttributes[name] {
				return protocol.Refuse("InvalidAttributeName", "Unknown Attribute %s.", name)
			}
		}
	}
	return nil
}

// systemAttributes are the names that a receive may ask for. Messages of a standard queue that were sent here never
// have the last four.
var systemAttributes = map[string]bool{
	"All": true, "ApproximateFirstReceiveTimestamp": true, "ApproximateReceiveCount": true,
	"DeadLetterQueueSourceArn": true, "SenderId": true, "SentTimestamp": true,
	"AWSTraceHeader": true, "MessageDeduplicationId": true, "MessageGroupId": true, "SequenceNumber": true,
}

// take receives what is due. On the way it buries what is too old and what was received too often.
func (s *Service) take(q *queue, in receiveInput) ([]delivery, error) {
	limit, hidden := 1, q.settings.visibility
	if in.MaxNumberOfMessages != nil {
		limit = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		hidden = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	now := s.clock.Now().UnixMilli()
	var c change
	var out []delivery
	doubled := 0
	taken := q.due(now, func(m *message) (enough bool) {
		if q.expired(m, now) {
			c.Drop = append(c.Drop, reference{q.Name, m.Serial})
			return false
		}
		if target := s.exhausted(q, m); target != nil {
			s.toDeadLetters(&c, q, target, m, now)
			return false
		}
		r := m.receivedAt(now, hidden, s.next())
		c.Mark = append(c.Mark, mark{q.Name, m.Serial, r})
		out = append(out, s.deliver(q, m, r, in))
		if doubled < q.duplicates {
			doubled++
			c.Put = append(c.Put, placement{q.Name, m.duplicate(s.next(), r, now)})
		}
		return len(out) == limit
	})
	q.putBack(taken)
	if len(taken) == 0 {
		return nil, nil
	}
	if err := s.commit(c); err != nil {
		return nil, err
	}
	q.duplicates -= doubled
	return out, nil
}

func (m *message) receivedAt(now int64, hidden time.Duration, serial uint64) receipt {
	r := receipt{Visible: now + hidden.Milliseconds(), Receipt: serial, Received: now, Receives: m.Receives + 1,
		ReceivesHere: m.ReceivesHere + 1, FirstReceived: m.FirstReceived}
	if r.FirstReceived == 0 {
		r.FirstReceived = now
	}
	return r
}

func (s *Service) deliver(q *queue, m *message, r receipt, in receiveInput) delivery {
	chosen := selected(m.Attributes, in.MessageAttributeNames)
	return delivery{
		Attributes:             s.systemAttributes(m, r, slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)),
		Body:                   m.Body,
		MD5OfBody:              digest(m.Body),
		MD5OfMessageAttributes: attributesDigest(chosen),
		MessageAttributes:      chosen,
		MessageId:              m.ID,
		ReceiptHandle:          handle{m.Serial, r.Receipt}.encode(s.arn(q.Name)),
	}
}

func (s *Service) systemAttributes(m *message, r receipt, asked []string) map[string]string {
	all := map[string]string{
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(r.FirstReceived, 10),
		"ApproximateReceiveCount":          strconv.Itoa(r.Receives),
		"SenderId":                         account,
		"SentTimestamp":                    strconv.FormatInt(m.Sent, 10),
	}
	if m.Origin != "" {
		all["DeadLetterQueueSourceArn"] = m.Origin
	}
	chosen := map[string]string{}
	for _, name := range asked {
		if name == "All" {
			return all
		}
		if value, ok := all[name]; ok {
			chosen[name] = value
		}
	}
	return chosen
}
