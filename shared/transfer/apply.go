package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// ends are the states that a provider's word leads to.
var ends = map[custody.Progress]State{custody.Completed: Completed, custody.Failed: Failed, custody.Rejected: Rejected, custody.Cancelled: Cancelled}

// Apply moves a transfer on by what the provider says of its transaction, whoever brings it: an answer to a question or a
// message of the provider's own. News that is old, repeated or of another transaction moves nothing; news that contradicts
// what the transfer is goes into the trail, once a minute. The state afterwards comes back. It fails with ErrNotFound
// where the reference is of no transfer.
func (s Service) Apply(ctx context.Context, by caller.Caller, ref tenant.Ref, tx custody.Transaction) (State, error) {
	for range rounds {
		item, err := s.Ledger.GetOne(ctx, Key(ref))
		if err != nil {
			return "", err
		}
		if item == nil {
			return "", ErrNotFound
		}
		t, err := parse(item)
		if err != nil {
			return "", err
		}
		next, moves, credible := t.observe(tx, s.Ledger.Now())
		if !credible {
			err = s.Ledger.Deny(ctx, ledger.Denial{By: by, Action: "transfer.observe_denied", Subject: t.target().String(),
				Workspace: t.workspace().String(), Why: "contradicted", Severity: audit.Warning})
		}
		if !moves {
			return t.State, err
		}
		_, err = s.Ledger.Commit(ctx, t.change(by, next, "observe"))
		switch {
		case errors.Is(err, errMoved): // read it again
		case err != nil:
			return "", err
		case next.releaseDue:
			s.announce(ctx, t.ID, 0)
			return next.State, nil
		case next.State.Ended() || t.State == Submitted:
			return next.State, nil
		}
	}
	return "", ErrMoved
}

// observe is the transfer one step on, whether there is a step, and whether the news can be true.
func (t Transfer) observe(tx custody.Transaction, now time.Time) (next Transfer, moves, credible bool) {
	end := ends[tx.Progress]
	switch {
	case t.State == Created, !t.matches(tx), t.TxID != "" && t.TxID != tx.ID:
		return t, false, false // nothing was ordered, or something else
	case t.State.Ended():
		return t, false, end == "" || end == t.State
	case t.State == Submitting:
		next = t.into(Submitted, now)
		next.unsure, next.nextAt, next.Problem = false, now.Add(shortest), Problem{}
	case end != "":
		next = t.into(end, now)
		if end != Completed {
			next.Problem, next.releaseDue, next.nextAt = Problem{Code: "provider_" + string(end)}, true, now
		}
	case t.Status == tx.Status && t.Reason == tx.Reason && (t.Hash == tx.Hash || tx.Hash == ""):
		return t, false, true
	default:
		next = t
	}
	next.TxID, next.Status, next.Reason = tx.ID, tx.Status, tx.Reason
	if tx.Hash != "" {
		next.Hash = tx.Hash
	}
	return next, true, true
}

// matches reports whether a transaction can be the transfer's, as far as the provider tells.
func (t Transfer) matches(tx custody.Transaction) bool {
	return (tx.Ref == "" || tx.Ref == t.Ref.String()) && (tx.Asset == "" || tx.Asset == t.Asset) && (tx.Amount == nil || *tx.Amount == t.Amount)
}

// cancelled is the transfer after somebody asked for its cancellation: over, where the provider can't have heard of it and
// no worker is about to ask, else marked. A worker that has it keeps it.
func (t Transfer) cancelled(now time.Time) Transfer {
	if t.State == Created || t.State == Submitting && !t.unsure && !t.leaseUntil.After(now) {
		next := t.into(Cancelled, now)
		next.CancelAt = now
		return next
	}
	next := t
	if t.State == Submitted {
		next = t.free()
		next.nextAt = now
	}
	next.CancelAt = now
	return next
}
