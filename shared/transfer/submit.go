package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/ledger"
)

// submit has the provider make the transaction, once.
//
//	claim   created or submitting, at this version, held by nobody → submitting, held, "it may have been asked"
//	find    if it may have been asked before: is there one? Whatever leaves that open ends the attempt
//	order   only where there is none
//	settle  still held → submitted, an end, or due again; what the answer left open stays open
//
// A crash anywhere after the claim leaves it open too, so that whoever comes next finds before it orders.
func (s Service) submit(ctx context.Context, who caller.Caller, t Transfer) error {
	if s.Ledger.Now().Before(t.nextAt) {
		return nil
	}
	p, err := s.partner(ctx, t)
	var refusal *custody.Refusal
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	claimed, err := s.claim(ctx, who, t, p.account.APIKey)
	if err != nil {
		return err
	}
	o := outcome{refusal: refusal}
	if refusal == nil {
		o = s.order(ctx, p, t)
	}
	return s.settle(ctx, who, t, claimed, o)
}

// claim commits that the provider is about to be asked.
func (s Service) claim(ctx context.Context, who caller.Caller, t Transfer, as string) (Transfer, error) {
	now := s.Ledger.Now()
	next := t
	if t.State != Submitting {
		next = t.into(Submitting, now)
	}
	next.attempts, next.unsure = t.attempts+1, true
	if !t.unsure {
		next.sentAs = as
	}
	next.lease, next.leaseUntil, next.nextAt = s.Ledger.NewID("lse"), now.Add(leaseTime), now
	change := t.change(who, next, "attempt")
	change.If = ledger.MissingOrAtMost("lease_until", now.UnixMilli())
	receipt, err := s.Ledger.Commit(ctx, change)
	next.version = receipt.Version
	return next, err
}

// outcome is what came of an attempt: one of a transaction, an end, a refusal, and trouble.
type outcome struct {
	tx      *custody.Transaction
	end     State
	problem Problem
	refusal *custody.Refusal // nothing was made by this attempt
	trouble error            // it is open whether anything was
}

var errOtherUser = errors.New("the connection's API user is another one than the one that may have ordered it")

// order asks the provider, as far as it is not known what it did. The transfer is as it was before the claim.
func (s Service) order(ctx context.Context, p partner, t Transfer) outcome {
	if t.unsure {
		tx, err := p.Find(ctx, p.account, t.Ref.String())
		switch {
		case err == nil:
			return t.found(tx)
		case !errors.Is(err, custody.ErrAbsent):
			return outcome{trouble: err}
		case t.sentAs != p.account.APIKey: // it may be where this one can't see it
			return outcome{trouble: errOtherUser}
		}
	}
	switch {
	case !t.CancelAt.IsZero():
		return outcome{end: Cancelled}
	case s.Ledger.Now().Sub(t.CreatedAt) > SubmitWithin:
		return outcome{end: Failed, problem: t.expired()}
	}
	tx, err := p.Submit(ctx, p.account, custody.Order{Ref: t.Ref, Asset: t.Asset, Amount: t.Amount, Source: t.Source, Destination: t.Destination, Note: t.Note})
	var refusal *custody.Refusal
	switch {
	case err == nil:
		return t.found(tx)
	case !errors.As(err, &refusal):
		return outcome{trouble: err}
	case refusal.Passing:
		return outcome{refusal: refusal}
	}
	return s.refused(ctx, p, t, refusal)
}

// refused looks behind a refusal that is meant for good: the provider refuses a second order of a reference too. It is
// believed if nothing went before it; else it may be about an order whose making the provider does not show yet.
func (s Service) refused(ctx context.Context, p partner, t Transfer, refusal *custody.Refusal) outcome {
	tx, err := p.Find(ctx, p.account, t.Ref.String())
	switch {
	case err == nil:
		return t.found(tx)
	case !errors.Is(err, custody.ErrAbsent):
		return outcome{trouble: err}
	case t.unsure:
		return outcome{trouble: refusal}
	}
	return outcome{end: Failed, problem: Problem{refusal.Code, refusal.Message}}
}

// found takes a transaction for the transfer's, unless it moves something else: then somebody ordered it past zenvault, and
// the transfer can't be made under its name any more.
func (t Transfer) found(tx custody.Transaction) outcome {
	if !t.matches(tx) {
		return outcome{end: Failed, problem: Problem{Code: "reference_taken", Message: "The provider has another transaction of this reference."}}
	}
	return outcome{tx: &tx}
}

// expired tells what kept the provider from making the transaction in time.
func (t Transfer) expired() Problem {
	if t.Problem.Code != "" {
		return t.Problem
	}
	return Problem{Code: "submission_expired"}
}

// settle commits what came of the attempt. Whoever asked for a cancellation meanwhile has moved the version, not the lease.
func (s Service) settle(ctx context.Context, who caller.Caller, before, claimed Transfer, o outcome) error {
	for range rounds {
		next, wait := s.after(before, claimed, o)
		change := claimed.change(who, next, "retry")
		change.If = ledger.Held(claimed.lease)
		_, err := s.Ledger.Commit(ctx, change)
		if err == nil {
			return s.goOn(ctx, who, next, o, wait)
		}
		if !errors.Is(err, errMoved) {
			return err
		}
		again, errLoad := s.load(ctx, claimed.ID)
		if errLoad != nil {
			return errLoad
		}
		if again.lease != claimed.lease || again.State != Submitting {
			return err
		}
		claimed = again
	}
	return errMoved
}

// after is the transfer after the attempt, and how long until it is looked at again.
func (s Service) after(before, claimed Transfer, o outcome) (next Transfer, wait time.Duration) {
	now := s.Ledger.Now()
	switch {
	case o.tx != nil:
		next = claimed.into(Submitted, now)
		next.TxID, next.Status, next.Reason, next.Hash, next.Problem = o.tx.ID, o.tx.Status, o.tx.Reason, o.tx.Hash, Problem{}
		next.unsure, next.nextAt = false, now.Add(shortest)
		return next, shortest
	case o.end != "":
		next = claimed.into(o.end, now)
		next.Problem, next.unsure = o.problem, false
		return next, 0
	}
	next = claimed.free()
	wait = retryAfter(claimed.attempts, s.Ledger.Random)
	if o.refusal != nil {
		next.Problem, next.unsure = Problem{o.refusal.Code, o.refusal.Message}, before.unsure
		wait = max(wait, o.refusal.After)
		if !o.refusal.Passing && !before.unsure { // there is nobody to ask
			next = claimed.into(Failed, now)
			next.Problem, next.unsure = Problem{o.refusal.Code, o.refusal.Message}, false
			return next, 0
		}
	} else {
		next.Problem, next.unsure = troubleOf(o.trouble), true
	}
	next.nextAt = now.Add(wait)
	return next, wait
}

// troubleOf names what left an attempt open. What a connection's error says is for the log alone.
func troubleOf(err error) Problem {
	var refusal *custody.Refusal
	switch {
	case errors.As(err, &refusal):
		return Problem{refusal.Code, refusal.Message}
	case errors.Is(err, errOtherUser):
		return Problem{Code: "api_user_changed"}
	}
	return Problem{Code: "provider_unanswered"}
}

// goOn does what follows a settled attempt at once.
func (s Service) goOn(ctx context.Context, who caller.Caller, t Transfer, o outcome, wait time.Duration) error {
	if o.trouble != nil {
		s.note(t, "ordering", o.trouble)
	}
	if !t.State.Ended() {
		s.announce(ctx, t.ID, wait)
	}
	if o.tx == nil || o.tx.Progress == custody.Pending {
		return nil
	}
	_, err := s.Apply(ctx, who, t.Ref, *o.tx)
	return err
}
