package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Advance looks at the transfer that the message names and does the next thing about it: order it, see what became of the
// order, ask for its cancellation, or give back what was reserved for it. A message about a transfer that is over, not due,
// or in another worker's hands is done with.
//
// Trouble of a provider is no error: it is kept with the transfer, which comes due again. An error is trouble of ours, and
// leaves the message in the queue.
func (s Service) Advance(ctx context.Context, who caller.Caller, m edge.Message) error {
	asked, err := ParseMessage(m.Body)
	if err != nil {
		return err
	}
	t, err := s.load(ctx, asked.Transfer)
	switch {
	case err != nil:
		return err
	case t.State == Created || t.State == Submitting:
		err = s.submit(ctx, who, t)
	case t.State == Submitted:
		err = s.follow(ctx, who, t)
	case t.releaseDue:
		err = s.release(ctx, who, t)
	}
	if errors.Is(err, errMoved) || errors.Is(err, ledger.ErrLeased) {
		return nil // another worker was faster: the message has done its work
	}
	return err
}

func (s Service) load(ctx context.Context, transferID string) (Transfer, error) {
	item, err := s.Ledger.GetOne(ctx, at(transferID))
	if err != nil {
		return Transfer{}, err
	}
	if item == nil {
		return Transfer{}, errMissing
	}
	return parse(item)
}

// partner is a transfer's provider and whom it is called as.
type partner struct {
	Provider
	account custody.Account
}

// partner fails with a *custody.Refusal where there is none: then nothing can be asked there, and nothing was.
func (s Service) partner(ctx context.Context, t Transfer) (partner, error) {
	account, there, err := s.Connections.Account(ctx, t.workspace(), t.Connection)
	if err != nil {
		return partner{}, err
	}
	provider := s.Providers[account.Provider]
	if !there || provider == nil {
		return partner{}, &custody.Refusal{Code: "connection_unknown"}
	}
	return partner{provider, account}, nil
}

// follow asks the provider what became of a transaction. The lease is the schedule too: as long as it holds, nobody asks
// again, and a worker that dies is followed by another one when it ends.
func (s Service) follow(ctx context.Context, who caller.Caller, t Transfer) error {
	p, err := s.partner(ctx, t)
	if err != nil {
		return err
	}
	wait := s.pause(t)
	if err := s.hold(ctx, t, wait); err != nil {
		return err
	}
	if !t.CancelAt.IsZero() {
		if err := p.Cancel(ctx, p.account, t.TxID); err != nil { // too late, or asked again: the status tells
			s.note(t, "asking for a cancellation", err)
		}
	}
	tx, err := p.Status(ctx, p.account, t.TxID)
	if err != nil {
		s.note(t, "asking for a transaction", err)
		s.announce(ctx, t.ID, wait)
		return nil
	}
	state, err := s.Apply(ctx, who, t.Ref, tx)
	if err == nil && !state.Ended() {
		s.announce(ctx, t.ID, wait)
	}
	return err
}

// pause is how long a transfer that did not change is left alone.
func (s Service) pause(t Transfer) time.Duration {
	since := t.ChangedAt
	if t.CancelAt.After(since) {
		since = t.CancelAt
	}
	return pause(since, s.Ledger.Now())
}

// hold leases the transfer for so long, if nobody has it and it is as it was read.
func (s Service) hold(ctx context.Context, t Transfer, wait time.Duration) error {
	return s.Ledger.Lease(ctx, at(t.ID), t.version, s.Ledger.NewID("lse"), s.Ledger.Now().Add(wait))
}

// note logs what was in the way.
func (s Service) note(t Transfer, doing string, err error) {
	s.Log.Warn("transfer", "transfer", t.ID, "for_workspace", t.workspace().String(), "doing", doing, "error", err.Error())
}

// release gives back what was reserved for a transaction that came to nothing, until that succeeds.
func (s Service) release(ctx context.Context, who caller.Caller, t Transfer) error {
	if err := s.hold(ctx, t, s.pause(t)); err != nil {
		return err
	}
	if s.Released != nil {
		if err := s.Released(ctx, who, t.Ref, t.TxID); err != nil {
			s.note(t, "giving back what was reserved", err)
			return nil
		}
	}
	next := t.free()
	next.releaseDue, next.nextAt = false, time.Time{}
	_, err := s.Ledger.Commit(ctx, t.change(who, next, "release"))
	return err
}
