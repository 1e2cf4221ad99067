package sqs

// DuplicateNext makes each of the next n messages that are received from the queue come a second time: a copy with the
// same MessageId is there for the next receive, and outlives the deletion of the first. That is what AWS warns of when
// a server that holds a copy is away ("at-least-once delivery", SQS Developer Guide). Copies count as messages.
func (s *Service) DuplicateNext(queue string, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[queue]
	if !ok {
		return errNoQueue
	}
	q.duplicates += n
	return nil
}

// duplicate is the copy of a message that was just received as r.
func (m *message) duplicate(serial uint64, r receipt, now int64) *message {
	copied := *m
	copied.Serial = serial
	copied.receipt = r
	copied.Visible, copied.Receipt = now, 0
	return &copied
}
