package ledger

import (
	"context"
	"fmt"

	"github.com/zenvault/zenvault/shared/fault"
)

// Table is one of the tables of a stack.
type Table uint8

// The tables.
const (
	Vault Table = iota // the domains' items
	Audit              // entries only; nothing is ever changed or removed
)

// Key is an item's primary key: partition and sort key.
type Key struct{ PK, SK string }

// Store is the database as the ledger needs it; the DynamoDB adapter implements it. All methods are safe for concurrent
// use. An error is a *fault.Fault of kind Unavailable, or *Refused from Transact.
type Store interface {
	// Get reads vault items, strongly consistent, in one round trip, in the order of the keys; nil where none is.
	Get(ctx context.Context, keys ...Key) ([]Item, error)
	// Query reads one page of a partition.
	Query(ctx context.Context, q Query) (Page, error)
	// Transact applies all writes or none, durably. The same token within ten minutes applies once. When it fails with
	// ErrOutcomeUnknown, the same call again tells.
	Transact(ctx context.Context, token string, writes []Write) error
}

// Query asks for a page of one partition, in the order of the sort key.
type Query struct {
	Table     Table
	Index     string // "" is the table's own key
	Partition string
	Prefix    string // of the sort key
	After     string // only what comes after this sort key, in the order asked for; not together with Prefix and Newest
	UpTo      int64  // of DueIndex: due at or before this time, Unix ms
	Start     Item   // of DueIndex, instead of After: the Last of the page before
	Newest    bool   // descending
	Limit     int    // at most so many items are read
}

// Page is a part of a query's result.
type Page struct {
	Items []Item
	More  bool // there may be more after the last item
	Last  Item // where this page ended, if there may be more
}

// Write is one conditional write of a transaction: exactly one of Put, Set, Delete and Check.
type Write struct {
	Table  Table
	Key    Key
	Put    Item // the whole new item
	Set    Item // attributes to set on an item that exists
	Delete bool
	Check  bool // write nothing, only hold the condition

	If   Condition    // required: a write without a condition is refused
	Else *fault.Fault // what it means when the condition does not hold
}

// Refused tells which write's condition did not hold, and the item that was there instead.
type Refused struct {
	Index int
	Old   Item // nil where no item is there
}

func (r *Refused) Error() string {
	return fmt.Sprintf("the condition of write %d does not hold", r.Index)
}

// The database's own faults.
var (
	ErrUnavailable    = fault.New(fault.Unavailable, "unavailable", "The database did not answer. Nothing was written. Retry.")
	ErrOutcomeUnknown = fault.New(fault.Unavailable, "outcome_unknown",
		"The database did not answer in time, so it is not known whether this was done. Retry with the same Idempotency-Key.")
)
