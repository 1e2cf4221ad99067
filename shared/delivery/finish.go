package delivery

import (
	"context"
	"maps"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// finish commits what came of a claim and sends the message for the next attempt, if there is one that can wait in a
// queue.
func (s Service) finish(ctx context.Context, who caller.Caller, c claim, r result) error {
	now := s.Ledger.Now()
	next := c.Delivery
	if next.State = r.ending; next.State == "" {
		next = c.after(r, now, wait(min(c.Attempt, len(schedule)), s.Ledger.Random))
	}
	change := ledger.Change{
		By: who, Action: "delivery.end", Target: c.target(), Workspace: c.Workspace.String(),
		Before: c.fields(), After: next.fields(),
		Key: At(c.Event, c.Endpoint), Prior: c.at, There: true, Item: next.item(now),
		If: ledger.Held(c.holder), Else: errMoved, Events: c.tells(next, r),
	}
	if !r.begun.IsZero() {
		change.Action = "delivery.attempt"
		maps.Copy(change.After, r.fields())
		change.Also = []ledger.Write{{Key: attemptKey(c.Delivery), Put: r.record(c.Delivery), If: ledger.Absent(), Else: errRecorded}}
	}
	if _, err := s.Ledger.Commit(ctx, change); err != nil {
		return unlessMoved(err)
	}
	if next.State == Due && next.announced(now) {
		return s.Queue.Send(ctx, edge.RetryQueue, next.NextAt.Sub(now), next.message())
	}
	return nil
}

// after is the delivery after a failed attempt: due again after the wait, or exhausted.
func (d Delivery) after(r result, now time.Time, wait time.Duration) Delivery {
	last := d.Deadline.Add(-lastCall)
	if d.Attempt >= MaxAttempts || !now.Before(last) {
		d.State = Exhausted
		return d
	}
	d.State, d.Attempt, d.NextAt = Due, d.Attempt+1, now.Add(max(wait, r.atLeast))
	if d.NextAt.After(last) {
		d.NextAt = last
	}
	return d
}

// tells is the event of a delivery that came to nothing. There is none for news of that kind itself: an endpoint that
// is down would hear of its own silence for ever.
func (c claim) tells(next Delivery, r result) []ledger.Event {
	if next.State != Exhausted || c.event.Type == exhausted {
		return nil
	}
	return []ledger.Event{{Type: exhausted, Workspace: c.Workspace.String(), Data: audit.Fields{
		"event": c.Event, "event_type": c.event.Type, "endpoint": c.Endpoint, "attempts": c.Attempt,
		"status": r.status, "error": r.trouble,
	}}}
}

const exhausted = "delivery.exhausted"
