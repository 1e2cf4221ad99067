// Package rewrap is the change of a master key: a new one is made, what older ones sealed is sealed anew under it, and it
// is told when an older one may go. A pass looks at every record that depends on a master key, in runs of bounded work;
// it can be stopped anywhere, repeated from anywhere, and run twice at once.
package rewrap

import (
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Kind is one sort of records that depend on a master key: either they hold sealed values, or they name the key that
// something of theirs was derived from, which can't be made anew.
type Kind struct {
	Name    string // in reports, such as "endpoints"
	Owners  string // the partition of the directory that lists whose records they are
	Records func(owner string) ledger.Query

	Sealed []string                                     // attributes that hold envelopes; one may be missing or empty
	Home   func(ledger.Item) (audit.Target, Place)      // of a record with sealed values; the place is without the field
	Uses   func(ledger.Item, time.Time) (keys []string) // of one that names its keys: those that may still be asked for
}

// Place is where a sealed value belongs; moved to another, it does not open.
type Place struct {
	Table     string
	Workspace string
	Record    string
	Field     string
}

// Keys are the master keys. What is sealed is never seen here.
type Keys interface {
	// IDs names the keys, the newest first, and WrappedIDs their wrapped forms in the same order.
	IDs() []string
	WrappedIDs() []string
	// SealedBy names the key of an envelope; false if the bytes are none.
	SealedBy(envelope []byte) (string, bool)
	// Reseal seals what an envelope holds under the newest key, for the same place.
	Reseal(of Place, envelope []byte) ([]byte, error)
}

// The rules' faults.
var (
	ErrLimit = fault.New(fault.Unprocessable, "rewrap_limit_invalid", "A run looks at 1 to 100000 records; at 2000 if nothing is said.").At("/limit")
	ErrFrom  = fault.New(fault.Unprocessable, "rewrap_position_invalid",
		`The place to go on from is not the "next" of an earlier run. Begin a new pass, without one.`).At("/from")
	ErrKeysChanged = fault.New(fault.Conflict, "rewrap_keys_changed",
		"The newest master key is another one than when this pass began, so its counts mean nothing. Begin a new pass.").At("/from")
	errMoved = fault.New(fault.Conflict, "record_changed", "The record was changed by someone else in this moment.")
)

// Service is what a pass is made of.
type Service struct {
	Ledger *ledger.Ledger
	Keys   Keys
	Kinds  []Kind
}

// Input begins a pass or goes on with one.
type Input struct {
	From  *Position `json:"from,omitempty"`  // the "next" of the run before; none begins a new pass
	Limit int       `json:"limit,omitempty"` // of records to look at; 0 is 2000
}

// Position is how far a pass has come, and what it has found so far. It is all that there is to know: nothing is kept
// between runs.
type Position struct {
	Newest string  `json:"newest"`          // the key that the pass seals with
	Kind   string  `json:"kind"`            // of the records that it is at
	Owner  string  `json:"owner,omitempty"` // whose they are; none before the first
	After  string  `json:"after,omitempty"` // the last of them that was looked at
	Counts []Count `json:"counts"`
}

// Count is how many records of a kind were found to depend on an older key.
type Count struct {
	Key  string `json:"key"`
	Kind string `json:"kind"`
	Done int    `json:"done"` // sealed anew
	Left int    `json:"left"`
}

// Progress is what a pass has come to.
type Progress struct {
	Keys   []Key     `json:"keys"`             // of the stack, the newest first
	Done   int       `json:"done"`             // records sealed anew, in the pass so far
	Left   int       `json:"left"`             // records that still depend on an older key, in the pass so far
	Counts []Count   `json:"counts"`           // the same by key and kind
	Failed []Failure `json:"failed,omitempty"` // the first 20 records of this run that could not be sealed anew
	// Waiting names the first 100 records of this run that only their owners can move from an older key.
	Waiting []Waiting `json:"waiting,omitempty"`
	Next    *Position `json:"next,omitempty"` // where to go on; none when the pass is complete
	// Retire names the keys under which a complete pass has found nothing, also nothing to seal anew: they may go.
	Retire []string `json:"retire,omitempty"`
}

// Key is a master key by its names.
type Key struct {
	ID      string `json:"id"`
	Wrapped string `json:"wrapped_id"`
}

// Waiting is a record that names an older key.
type Waiting struct {
	Key    string `json:"key"`
	Kind   string `json:"kind"`
	Owner  string `json:"owner"`  // a workspace or an admin
	Record string `json:"record"` // its id, or the owner's where it has none
}

// Failure is a record that stays under its old key, and why: a fault's code.
type Failure struct {
	Record string `json:"record"` // "<type>/<id>"
	Why    string `json:"why"`
}
