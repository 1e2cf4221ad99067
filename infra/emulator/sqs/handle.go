package sqs

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// A receipt handle names one receive of one message from one queue:
//
//	version (1) | message serial (8) | receive serial (8) | check (8)
//
// in base64url. The check is a hash with the queue's ARN, so that a mistyped handle and one of another queue are told
// from one of a message that is gone. It is no protection against forgery, which an emulator does not need.
const (
	handleVersion = 1
	handleSize    = 1 + 8 + 8 + 8
)

type handle struct{ serial, receipt uint64 }

func (h handle) encode(arn string) string {
	b := append(make([]byte, 0, handleSize), handleVersion)
	b = binary.BigEndian.AppendUint64(b, h.serial)
	b = binary.BigEndian.AppendUint64(b, h.receipt)
	return base64.URLEncoding.EncodeToString(append(b, handleCheck(b, arn)...))
}

func handleCheck(head []byte, arn string) []byte {
	sum := sha256.Sum256(append([]byte(arn+"\x00"), head...))
	return sum[:8]
}

func parseHandle(text, arn string) (handle, error) {
	raw, err := base64.URLEncoding.DecodeString(text)
	if err != nil || len(raw) != handleSize || raw[0] != handleVersion {
		return handle{}, handleError(text)
	}
	if base64.URLEncoding.EncodeToString(raw) != text { // the decoder skips line breaks and spare bits
		return handle{}, handleError(text)
	}
	head, check := raw[:handleSize-8], raw[handleSize-8:]
	if subtle.ConstantTimeCompare(handleCheck(head, arn), check) != 1 {
		return handle{}, handleError(text)
	}
	return handle{binary.BigEndian.Uint64(head[1:]), binary.BigEndian.Uint64(head[9:])}, nil
}

func handleError(text string) error {
	return protocol.Refuse("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", text)
}

// received finds the message that a handle is good for: nil when it is gone, or has been received again, after which
// only the newer handle counts.
func (s *Service) received(q *queue, text string) (*message, error) {
	if text == "" {
		return nil, missing("ReceiptHandle")
	}
	h, err := parseHandle(text, s.arn(q.Name))
	if err != nil {
		return nil, err
	}
	if m, ok := q.messages[h.serial]; ok && m.Receipt == h.receipt {
		return m, nil
	}
	return nil, nil
}
