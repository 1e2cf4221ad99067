package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
)

// The attributes of a lease.
const (
	attrLease      = "lease"       // who holds it
	attrLeaseUntil = "lease_until" // Unix ms
)

// ErrLeased is told when another worker holds the item, or has moved it on.
var ErrLeased = fault.New(fault.Conflict, "leased", "Another worker has this.")

// Lease marks an item as being worked on until a time, under the condition that it is still at this version and that
// nobody holds it. It is the one write without an entry: it coordinates workers and changes no business state, and the
// due-time index moves with it so that a crashed worker's item comes due again. The holder finishes with a Commit under
// Held.
func (l *Ledger) Lease(ctx context.Context, key Key, at Version, holder string, until time.Time) error {
	free := Is(attrVersion, at.Number).And(MissingOrAtMost(attrLeaseUntil, l.Now().UnixMilli()))
	set := Item{attrLease: holder, attrLeaseUntil: until.UnixMilli(), "due_at": until.UnixMilli()}
	err := l.Store.Transact(ctx, l.NewID("lse"), []Write{{Key: key, Set: set, If: free, Else: ErrLeased}})
	var refused *Refused
	if errors.As(err, &refused) {
		return &Refusal{ErrLeased, refused.Old}
	}
	return err
}

// Held is the condition that this holder still has the lease.
func Held(holder string) Condition { return Is(attrLease, holder) }
