package cosign

import (
	"context"
	"crypto/rsa"
	"errors"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// What a callback is told that gets no signed answer.
var (
	// ErrNotAuthentic is told of an unknown cosigner, a malformed token and a wrong signature alike: a stranger does not
	// learn which cosigners there are.
	ErrNotAuthentic = fault.New(fault.Unauthenticated, "callback_not_authentic", "This is not a message signed by a cosigner registered here.")
	// ErrExpired is told of authentic messages alone.
	ErrExpired    = fault.New(fault.Unauthenticated, "callback_expired", "The message is authentic, but too old, or from the future. Compare the clocks.")
	ErrUnreadable = fault.New(fault.Invalid, "callback_unreadable", "The message is authentic, but it does not say what the provider documents.")
	ErrNoKey      = fault.New(fault.Unavailable, "response_key_unavailable", "The key that answers this cosigner can't be used. Retry.")
	ErrUndecided  = fault.New(fault.Unavailable, "decision_unavailable", "This can't be decided now. Nothing was decided. Retry.")
	errDecided    = fault.New(fault.Conflict, "decided", "This request is decided.")
)

// Provider is one custody provider's way to ask and to be answered. All methods are safe for concurrent use.
type Provider interface {
	// Open verifies a message over exactly the bytes that came, at this time, and reads it. It fails with signing.ErrForged
	// or, if the message is authentic, with signing.ErrExpired or signing.ErrUnreadable.
	Open(message []byte, keys []*rsa.PublicKey, at time.Time) (signing.Callback, error)
	// Claims are the bytes that an answer signs: the same for the same answer. They are nil for an action that the provider
	// has no word for, which is never Approve or Reject.
	Claims(answer signing.Answer) []byte
	// Seal signs claims and gives the body that goes back: the same bytes for the same claims and key.
	Seal(ctx context.Context, claims []byte, key signing.Signer) ([]byte, error)
}

// Policies judge requests by the workspaces' published policies.
type Policies interface {
	// Keys are the items that Decide should read in its own batch to have a request judged.
	Keys(q signing.Question) []ledger.Key
	// Judge evaluates by the policy in force; none is no approval. The writes belong into the decision's transaction. If one
	// of them is refused, somebody was faster, and the request is to be judged again.
	Judge(ctx context.Context, q signing.Question, read map[ledger.Key]ledger.Item) (signing.Verdict, []ledger.Write, error)
}

// Intents tell of the transfers that workspaces made through zenvault.
type Intents interface {
	// Key is the item that tells of the transfer of a reference; Decide reads it in its own batch.
	Key(ref tenant.Ref) ledger.Key
	// Match holds a request against that item. It gives the API key that made the transfer, and the first thing in which the
	// request contradicts it, "" if it agrees.
	Match(item ledger.Item, r signing.Request) (initiator, contradiction string, err error)
}

// Decider answers the callbacks of one provider. It keeps the cosigners that it met in memory. Make it with NewDecider.
type Decider struct {
	Parts
	mu    sync.Mutex
	met   map[string]*met
	notes *edge.Notes
}

// Parts are what a Decider is made of.
type Parts struct {
	Ledger      *ledger.Ledger
	Name        string // of the provider, as cosigners are registered for it
	Provider    Provider
	ContentType string // of its answers
	Policies    Policies
	Intents     Intents // nil where what is asked about is no transfer
	// Keys finds response keys: the present one by the name that a cosigner has for it, or a very one by the reference that a
	// decision has. It is asked for every callback, so it keeps what it found.
	Keys func(ctx context.Context, reference string) (signing.Key, error)
}

type met struct {
	Cosigner
	lookedAgain time.Time
}

// NewDecider makes a Decider that knows nobody yet.
func NewDecider(p Parts) *Decider {
	return &Decider{Parts: p, met: map[string]*met{}, notes: &edge.Notes{To: p.Ledger, Now: p.Ledger.Now}}
}

const unknownCosigner = "cosigner/unknown" // one subject for all ids that nobody has: a stranger can't fill the trail

// admit finds the cosigner of the path and opens the message with its keys. Keys in memory that don't fit are read again,
// since they may have been changed; not more than once a second, since anybody can send a wrong signature.
func (d *Decider) admit(ctx context.Context, who caller.Caller, in edge.Raw, at time.Time) (Cosigner, signing.Callback, error) {
	c, known := d.recall(in.Params["cosigner"])
	if !known {
		var err error
		if c, err = d.meet(ctx, who, in.Params["cosigner"]); err != nil {
			return Cosigner{}, signing.Callback{}, err
		}
	}
	callback, err := d.Provider.Open(in.Body, c.verifiers(), at)
	if errors.Is(err, signing.ErrForged) && known && d.mayLookAgain(c.ID) {
		if c, err = d.meet(ctx, who, c.ID); err != nil {
			return Cosigner{}, signing.Callback{}, err
		}
		callback, err = d.Provider.Open(in.Body, c.verifiers(), at)
	}
	switch {
	case errors.Is(err, signing.ErrForged):
		return Cosigner{}, signing.Callback{}, d.refuse(ctx, who, "cosigner/"+c.ID)
	case errors.Is(err, signing.ErrExpired):
		who.ID = c.ID
		return Cosigner{}, signing.Callback{}, d.deny(ctx, who, "cosigner/"+c.ID, ErrExpired.Because(err))
	case err != nil:
		who.ID = c.ID
		return Cosigner{}, signing.Callback{}, d.deny(ctx, who, "cosigner/"+c.ID, ErrUnreadable.Because(err))
	}
	return c, callback, nil
}

// meet reads a cosigner and remembers it.
func (d *Decider) meet(ctx context.Context, who caller.Caller, cosignerID string) (Cosigner, error) {
	c, err := find(ctx, d.Ledger, cosignerID)
	if errors.Is(err, ErrNotFound) || err == nil && c.Provider != d.Name {
		d.forget(cosignerID)
		return Cosigner{}, d.refuse(ctx, who, unknownCosigner)
	}
	if err != nil {
		return Cosigner{}, err
	}
	d.remember(c)
	return c, nil
}

// refuse records that somebody sent what is not authentic, and gives the error that tells so. Nobody is named as the actor:
// nobody was proven.
func (d *Decider) refuse(ctx context.Context, who caller.Caller, subject string) error {
	return d.deny(ctx, who, subject, ErrNotAuthentic)
}

// deny records a denial, once a minute for each subject, and gives the fault. If it can't be recorded, that is the error
// instead.
func (d *Decider) deny(ctx context.Context, who caller.Caller, subject string, why *fault.Fault) error {
	err := d.notes.Deny(ctx, ledger.Denial{By: who, Action: "callback.open_denied", Subject: subject, Why: why.Code})
	if err != nil {
		return err
	}
	return why
}
