package delivery

import (
	"strings"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/strict"
)

// Message asks for one attempt. Attempts are numbered through to the end, so that a message can be told from an older
// or newer one by its number alone.
type Message struct {
	Event    string `json:"event"`
	Endpoint string `json:"endpoint"`
	Attempt  int    `json:"attempt"`
}

// ParseMessage reads what bytes writes, and nothing else.
func ParseMessage(body []byte) (Message, error) {
	var m Message
	if err := strict.Decode(body, &m); err != nil {
		return Message{}, errMessage.Because(err)
	}
	if !id.Valid("evt", m.Event) || !isID(m.Endpoint) || m.Attempt < 1 || m.Attempt > MaxAttempts {
		return Message{}, errMessage
	}
	return m, nil
}

// ParseAnnouncement reads the message that tells of an event.
func ParseAnnouncement(body []byte) (ledger.Announcement, error) {
	var a ledger.Announcement
	if err := strict.Decode(body, &a); err != nil {
		return ledger.Announcement{}, errMessage.Because(err)
	}
	if !id.Valid("evt", a.Event) {
		return ledger.Announcement{}, errMessage
	}
	return a, nil
}

// isID takes "<prefix>_<ulid>": which prefix endpoints have is theirs to know, and whether one is there is seen later.
func isID(text string) bool {
	prefix, ulid, found := strings.Cut(text, "_")
	return found && prefix != "" && strings.Trim(prefix, "abcdefghijklmnopqrstuvwxyz") == "" && id.ValidULID(ulid)
}

func (d Delivery) message() []byte {
	return encode(audit.Fields{"event": d.Event, "endpoint": d.Endpoint, "attempt": d.Attempt})
}

func announcement(event string) []byte { return encode(audit.Fields{"event": event}) }

func encode(fields audit.Fields) []byte {
	text, err := fields.JSON()
	if err != nil {
		panic("delivery: " + err.Error()) // only for values that are not of the kinds above
	}
	return text
}
