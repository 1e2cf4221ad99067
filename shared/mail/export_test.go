package mail

import (
	"maps"
	"slices"
)

// Types are all that have a text of their own.
func Types() []string { return slices.Sorted(maps.Keys(texts)) }

// Parse reads a message.
func Parse(body []byte) (kind, address, event string, err error) {
	r, err := parse(body)
	return r.Kind, r.Address, r.Event, err
}

// NewRequest is the message of a letter by address.
var NewRequest = newRequest

// Plain makes a text harmless.
func Plain(text string) string { return plain(text, maxPlain) }
