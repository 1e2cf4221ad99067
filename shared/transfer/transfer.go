// Package transfer moves a workspace's assets through its custody provider: keeps what was asked for, orders it once,
// follows what becomes of it, and says what a co-signer's callback about it must agree with.
//
// The stored transfer is the only truth. A queue's message says "look at this one"; one that comes twice, late, or about
// something that was done already changes nothing.
package transfer

import (
	"context"
	"log/slog"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

const idPrefix = "tr"

// State is how far a transfer has come. A transfer only ever goes on to a later one of Created, Submitting, Submitted and
// an end; an end is never left.
type State string

// The states.
const (
	Created    State = "created"    // committed; the provider has not been asked
	Submitting State = "submitting" // the provider is asked, or was, and it is not known yet what it did
	Submitted  State = "submitted"  // the provider has a transaction
	Completed  State = "completed"
	Failed     State = "failed"
	Rejected   State = "rejected"
	Cancelled  State = "cancelled"
)

// Ended reports whether nothing more can happen.
func (s State) Ended() bool {
	return s == Completed || s == Failed || s == Rejected || s == Cancelled
}

// Transfer is one intent to move assets, and what became of it.
type Transfer struct {
	ID          string     // "tr_…", which follows from Ref
	Ref         tenant.Ref // under which the provider makes one transaction at most
	Connection  string
	Initiator   string // the API key that asked
	Asset       string
	Amount      amount.Decimal
	Source      custody.Party
	Destination custody.Party
	Note        string
	CreatedAt   time.Time

	State     State
	ChangedAt time.Time // when the state was reached
	Problem   Problem   // what was last in the way; of a failed one, why
	TxID      string    // the provider's; "" while it has none
	Status    string    // the provider's word for how far it is
	Reason    string    // the provider's word for why
	Hash      string    // on the chain
	CancelAt  time.Time // when a cancellation was asked for; zero if none was

	attempts   int    // how often the provider was asked to make the transaction
	unsure     bool   // one of them may have made it, and no answer has told
	sentAs     string // the provider's API user who last asked
	releaseDue bool   // what was reserved for it is to be given back

	nextAt     time.Time // not to be looked at before; zero for never again
	lease      string    // of the worker that has it
	leaseUntil time.Time
	version    ledger.Version
}

// Problem is what is in a transfer's way.
type Problem struct {
	Code    string // a word of ours, or the provider's code
	Message string // the provider's sentence; may be empty
}

// The faults that clients see.
var (
	ErrNotFound = fault.New(fault.NotFound, "transfer_not_found", "There is no such transfer.")
	ErrEnded    = fault.New(fault.Conflict, "transfer_ended", "The transfer is over and can't be cancelled any more.")
	ErrMoved    = fault.New(fault.Conflict, "transfer_changed", "The transfer went on in this moment. Try again.")
	errExists   = fault.New(fault.Conflict, "transfer_exists", "This transfer exists.")
	errMoved    = fault.New(fault.Conflict, "transfer_moved", "Another worker has moved this on.")
	errMessage  = fault.New(fault.Invalid, "message_malformed", "The message names no transfer.")
	errMissing  = fault.New(fault.Internal, "transfer_missing", "The message names a transfer that is not there.")
)

// Provider is a custody provider's API. It is safe for concurrent use and calls nothing twice by itself. A
// *custody.Refusal says that nothing was done, custody.ErrAbsent that there is no such transaction; any other error leaves
// open what happened.
type Provider interface {
	// Submit orders a transaction. The provider makes one at most for an order's reference.
	Submit(ctx context.Context, a custody.Account, o custody.Order) (custody.Transaction, error)
	// Find looks for a transaction by the reference of its order.
	Find(ctx context.Context, a custody.Account, ref string) (custody.Transaction, error)
	// Status asks for a transaction by the provider's id.
	Status(ctx context.Context, a custody.Account, txID string) (custody.Transaction, error)
	// Cancel asks for a cancellation, which may come too late. Asking twice asks once.
	Cancel(ctx context.Context, a custody.Account, txID string) error
}

// Connections knows whom providers are called as. The connection domain does.
type Connections interface {
	// Account is false where the workspace has no such connection.
	Account(ctx context.Context, workspace tenant.ID, connection string) (custody.Account, bool, error)
}

// Sender puts messages into queues, from which each comes out at least once, not before the delay (at most 15 minutes) is
// over.
type Sender interface {
	Send(ctx context.Context, to edge.Queue, after time.Duration, bodies ...[]byte) error
}

// Service is what the transfer routes and workers are made of.
type Service struct {
	Ledger      *ledger.Ledger
	Connections Connections         // nil where nothing is created or ordered
	Queue       Sender              // nil where nothing is set going
	Providers   map[string]Provider // by their names; nil where no provider is called
	Log         *slog.Logger        // of what was in the way of a worker; nil for routes that read

	// Released gives back what was reserved for a transaction that came to nothing: failed, rejected or cancelled. It is
	// called at least once for each, until it succeeds, and must do the same however often it is called. Nil is nothing to
	// give back.
	Released func(ctx context.Context, by caller.Caller, ref tenant.Ref, txID string) error
}

func (t Transfer) workspace() tenant.ID { return t.Ref.Workspace() }

func (t Transfer) target() audit.Target { return audit.Target{Type: "transfer", ID: t.ID} }

// fields are what the trail and the workspace's events say.
func (t Transfer) fields() audit.Fields {
	f := audit.Fields{
		"id": t.ID, "workspace": t.workspace().String(), "reference": t.Ref.String(), "connection": t.Connection, "initiator": t.Initiator,
		"asset": t.Asset, "amount": t.Amount.String(), "source": party(t.Source), "destination": party(t.Destination), "note": t.Note,
		"state": string(t.State), "problem": t.Problem.Code, "provider_transaction": t.TxID, "provider_status": t.Status,
		"provider_reason": t.Reason, "transaction_hash": t.Hash, "cancel_requested": !t.CancelAt.IsZero(),
	}
	return f
}

func party(p custody.Party) audit.Fields {
	f := audit.Fields{}
	for name, text := range map[string]string{"type": p.Type, "id": p.ID, "address": p.Address, "tag": p.Tag} {
		if text != "" {
			f[name] = text
		}
	}
	return f
}

// verbs are what the trail calls the way into a state.
var verbs = map[State]string{Created: "create", Submitting: "submit", Submitted: "accept", Completed: "complete", Failed: "fail", Rejected: "reject", Cancelled: "cancel"}

// change is the commit of a step from one form of a transfer to the next. A new state is an event.
func (t Transfer) change(by caller.Caller, next Transfer, verb string) ledger.Change {
	c := ledger.Change{
		By: by, Action: "transfer." + verb, Target: t.target(), Workspace: t.workspace().String(),
		Before: t.fields(), After: next.fields(),
		Key: at(t.ID), Prior: t.version, Item: next.item(), Else: errMoved,
	}
	if next.State != t.State {
		c.Action = "transfer." + verbs[next.State]
		c.Events = []ledger.Event{next.event()}
	}
	return c
}

// event says all of a transfer: who receives it needs to ask for nothing.
func (t Transfer) event() ledger.Event {
	return ledger.Event{Type: "transfer." + string(t.State), Workspace: t.workspace().String(), Data: t.fields()}
}
