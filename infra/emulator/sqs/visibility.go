package sqs

import (
	"fmt"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxHidden is how long, in milliseconds, a message may stay hidden after it was received: 12 hours in all.
const maxHidden = 43200 * 1000

type newVisibility struct {
	ReceiptHandle     string
	VisibilityTimeout *int
}

type changeVisibilityInput struct {
	QueueUrl string
	newVisibility
}

func (s *Service) changeVisibility(in changeVisibilityInput) (nothing, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	m, err := s.hide(q, in.newVisibility)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.commit(change{Mark: []mark{m}})
}

// hide checks one change of visibility.
func (s *Service) hide(q *queue, in newVisibility) (mark, error) {
	if in.VisibilityTimeout == nil {
		return mark{}, missing("VisibilityTimeout")
	}
	if *in.VisibilityTimeout < 0 || *in.VisibilityTimeout > 43200 {
		return mark{}, invalid("VisibilityTimeout", *in.VisibilityTimeout, "VisibilityTimeout must be an integer between 0 and 43200")
	}
	m, err := s.received(q, in.ReceiptHandle)
	if err != nil {
		return mark{}, err
	}
	if m == nil {
		return mark{}, invalid("ReceiptHandle", in.ReceiptHandle, "Message does not exist or is not available for visibility timeout change.")
	}
	now := s.clock.Now().UnixMilli()
	if !m.inFlight(now) {
		return mark{}, protocol.Refuse("MessageNotInflight", "The message is not in flight.")
	}
	until := now + int64(*in.VisibilityTimeout)*1000
	if until > m.Received+maxHidden {
		return mark{}, invalid("VisibilityTimeout", *in.VisibilityTimeout, fmt.Sprintf("Total VisibilityTimeout for the message is beyond the limit [%d seconds]", maxHidden/1000))
	}
	r := m.receipt
	r.Visible = until
	return mark{q.Name, m.Serial, r}, nil
}

type changeVisibilityBatchInput struct {
	QueueUrl string
	Entries  []changeVisibilityEntry
}

type changeVisibilityEntry struct {
	batchID
	newVisibility
}

func (s *Service) changeVisibilityBatch(in changeVisibilityBatchInput) (batchOutput[batchID], error) {
	out := newBatchOutput[batchID]()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return out, err
	}
	if err := checkBatch(in.Entries); err != nil {
		return out, err
	}
	var c change
	for _, e := range in.Entries {
		m, err := s.hide(q, e.newVisibility)
		if err != nil {
			out.fail(e.Id, err)
			continue
		}
		c.Mark = append(c.Mark, m)
		out.Successful = append(out.Successful, e.batchID)
	}
	if len(c.Mark) == 0 {
		return out, nil
	}
	return out, s.commit(c)
}
