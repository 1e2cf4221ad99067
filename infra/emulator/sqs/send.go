package sqs

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// outgoing is one message to send, alone or in a batch.
type outgoing struct {
	DelaySeconds      *int
	MessageAttributes map[string]attribute
	MessageBody       string
}

type sendInput struct {
	QueueUrl string
	outgoing
}

type sendOutput struct {
	MD5OfMessageAttributes string `json:",omitempty"`
	MD5OfMessageBody       string
	MessageId              string
}

func (s *Service) sendMessage(in sendInput) (sendOutput, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return sendOutput{}, err
	}
	if err := q.check(in.outgoing); err != nil {
		return sendOutput{}, err
	}
	var c change
	out := s.add(&c, q, in.outgoing)
	return out, s.commit(c)
}

// add puts a checked message into a change.
func (s *Service) add(c *change, q *queue, in outgoing) sendOutput {
	now := s.clock.Now()
	delay := q.settings.delay
	if in.DelaySeconds != nil {
		delay = time.Duration(*in.DelaySeconds) * time.Second
	}
	m := &message{Serial: s.next(), ID: newID(), Body: in.MessageBody, Attributes: in.MessageAttributes,
		Sent: now.UnixMilli(), receipt: receipt{Visible: now.Add(delay).UnixMilli()}}
	c.Put = append(c.Put, placement{q.Name, m})
	return sendOutput{attributesDigest(m.Attributes), digest(m.Body), m.ID}
}

// next numbers a message copy or a receive.
func (s *Service) next() uint64 {
	s.serial++
	return s.serial
}

// newID is a random UUID (RFC 9562 §5.4).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (q *queue) check(in outgoing) error {
	if in.MessageBody == "" {
		return missing("MessageBody")
	}
	if in.DelaySeconds != nil && (*in.DelaySeconds < 0 || *in.DelaySeconds > 900) {
		return invalid("DelaySeconds", *in.DelaySeconds, "DelaySeconds must be >= 0 and <= 900.")
	}
	if len(in.MessageBody)+size(in.MessageAttributes) > q.settings.maxSize {
		return protocol.Refuse("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.settings.maxSize)
	}
	if err := checkText(in.MessageBody); err != nil {
		return err
	}
	return checkMessageAttributes(in.MessageAttributes)
}

// checkText refuses the characters that SQS does not carry (SendMessage: those outside of XML 1.0).
func checkText(text string) error {
	for _, r := range text {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return protocol.Refuse("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
		}
	}
	return nil
}

type sendBatchInput struct {
	QueueUrl string
	Entries  []sendEntry
}

type sendEntry struct {
	batchID
	outgoing
}

type sentEntry struct {
	batchID
	sendOutput
}

// sendMessageBatch sends the good entries all together, and answers the bad ones as failed.
func (s *Service) sendMessageBatch(in sendBatchInput) (batchOutput[sentEntry], error) {
	out := newBatchOutput[sentEntry]()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return out, err
	}
	if err := checkBatch(in.Entries); err != nil {
		return out, err
	}
	total := 0
	for _, e := range in.Entries {
		total += len(e.MessageBody) + size(e.MessageAttributes)
	}
	if total > MaxMessage {
		return out, protocol.Refuse("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", MaxMessage, total)
	}
	var c change
	for _, e := range in.Entries {
		if err := q.check(e.outgoing); err != nil {
			out.fail(e.Id, err)
			continue
		}
		out.Successful = append(out.Successful, sentEntry{e.batchID, s.add(&c, q, e.outgoing)})
	}
	if len(c.Put) == 0 {
		return out, nil
	}
	return out, s.commit(c)
}
