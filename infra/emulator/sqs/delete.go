package sqs

import (
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type deleteInput struct {
	QueueUrl      string
	ReceiptHandle string
}

// deleteMessage succeeds with the handle of an earlier receive too, and then deletes nothing ("the request will succeed,
// but the message might not be deleted", DeleteMessage reference): a consumer must not lean on it.
func (s *Service) deleteMessage(in deleteInput) (nothing, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	m, err := s.received(q, in.ReceiptHandle)
	if m == nil || err != nil {
		return nothing{}, err
	}
	return nothing{}, s.commit(change{Drop: []reference{{q.Name, m.Serial}}})
}

type deleteBatchInput struct {
	QueueUrl string
	Entries  []deleteEntry
}

type deleteEntry struct {
	batchID
	ReceiptHandle string
}

func (s *Service) deleteMessageBatch(in deleteBatchInput) (batchOutput[batchID], error) {
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
		m, err := s.received(q, e.ReceiptHandle)
		if err != nil {
			out.fail(e.Id, err)
			continue
		}
		if m != nil {
			c.Drop = append(c.Drop, reference{q.Name, m.Serial})
		}
		out.Successful = append(out.Successful, e.batchID)
	}
	if len(c.Drop) == 0 {
		return out, nil
	}
	return out, s.commit(c)
}

type purgeInput struct{ QueueUrl string }

// purgeQueue deletes all messages at once, where AWS takes up to 60 seconds; like there, it may be called once in 60.
func (s *Service) purgeQueue(in purgeInput) (nothing, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	now := s.clock.Now().UnixMilli()
	if q.purged != 0 && now < q.purged+60_000 {
		return nothing{}, protocol.Refuse("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.Name)
	}
	return nothing{}, s.commit(change{Purge: &purge{q.Name, now}})
}
