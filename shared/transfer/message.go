package transfer

import (
	"context"
	"encoding/json"
	"time"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/strict"
)

// Message asks for a look at a transfer.
type Message struct {
	Transfer string `json:"transfer"`
}

// ParseMessage reads what a message says, and nothing else.
func ParseMessage(body []byte) (Message, error) {
	var m Message
	if err := strict.Decode(body, &m); err != nil {
		return Message{}, errMessage.Because(err)
	}
	if !id.Valid(idPrefix, m.Transfer) {
		return Message{}, errMessage
	}
	return m, nil
}

func message(transferID string) []byte {
	text, err := json.Marshal(Message{transferID})
	if err != nil {
		panic("transfer: " + err.Error()) // a text is always encoded
	}
	return text
}

// announce asks for a look after a wait, unless that is the sweeper's to do. A message that is lost is only late: the
// sweeper finds the transfer.
func (s Service) announce(ctx context.Context, transferID string, after time.Duration) {
	if s.Queue == nil || after > maxAnnounced {
		return
	}
	if err := s.Queue.Send(ctx, edge.TransferQueue, max(after, 0), message(transferID)); err != nil {
		s.Log.Error("announcing a transfer", "transfer", transferID, "error", err.Error())
	}
}
