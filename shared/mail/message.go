package mail

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/strict"
)

// The kinds of letters that are asked for by address, known here or not.
const (
	Reset  = "reset"  // a link that sets a new password
	Locked = "locked" // logging in is paused after wrong attempts
)

// kinds is the closed set.
var kinds = []string{Reset, Locked}

const (
	// MessageSize is that of every message that asks for a letter by address, in bytes: who sees the traffic learns
	// nothing of the address, nor of the kind.
	MessageSize = 640

	maxAddress = 254 // characters (RFC 5321 §4.5.3.1, RFC 3696 erratum 1690)
)

// request is a message on the mail queue: an event that an admin is to be told of, or a kind and an address.
type request struct {
	Event string `json:"event,omitempty"`

	Kind    string `json:"kind,omitempty"`
	Address string `json:"address,omitempty"`
	At      int64  `json:"at,omitempty"`  // when it was asked for, Unix ms
	Pad     string `json:"pad,omitempty"` // dots, up to MessageSize
}

// newRequest makes the message of a letter by address, of one size whatever is in it.
func newRequest(kind, address string, at time.Time) ([]byte, error) {
	if !slices.Contains(kinds, kind) {
		return nil, errKind
	}
	if !fits(address) {
		return nil, errAddress
	}
	r := request{Kind: kind, Address: address, At: at.UnixMilli(), Pad: "."}
	r.Pad += strings.Repeat(".", MessageSize-len(encode(r))) // the longest, of quotes alone, leaves room
	return encode(r), nil
}

func encode(r request) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // six bytes of one
	encoder.Encode(r)            //nolint:errcheck // of texts and a number, in memory
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// fits takes what may be an address. Whether it is one, and somebody's, is not seen here.
func fits(address string) bool {
	unfit := func(c rune) bool { return c <= ' ' || c >= 0x7f }
	return address != "" && len(address) <= maxAddress && !strings.ContainsFunc(address, unfit)
}

// parse reads what newRequest writes, or the announcement of an event, and nothing else.
func parse(body []byte) (request, error) {
	var r request
	if err := strict.Decode(body, &r); err != nil {
		return request{}, errMessage.Because(err)
	}
	if r == (request{Event: r.Event}) && id.Valid("evt", r.Event) {
		return r, nil
	}
	if r.Event != "" || !slices.Contains(kinds, r.Kind) || !fits(r.Address) || r.At <= 0 || strings.Trim(r.Pad, ".") != "" {
		return request{}, errMessage
	}
	return r, nil
}

// EventMessage asks for the letter about an event.
func EventMessage(event string) []byte {
	text, _ := json.Marshal(ledger.Announcement{Event: event}) // of a text
	return text
}
