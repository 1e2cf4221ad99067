package delivery

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/webhook"
)

// leaseTime is how long an attempt holds its delivery. It is longer than the functions may run, so that nobody else
// begins while one could still be posting.
const leaseTime = time.Minute

// claim is a delivery that this worker alone may attempt.
type claim struct {
	Delivery
	event  ledger.Event
	at     ledger.Version
	holder string
}

// Send makes the attempt that the message asks for: claim, post, finish.
//
//	claim   the delivery is due, at this version, and leased by nobody → leased
//	post    nothing is held but the lease; a crash from here on is one more attempt, after the lease
//	finish  still at this version and leased by us → next state and the attempt's record, in one transaction
//
// A message about an attempt that was made, or that another worker is making, is done with.
func (s Service) Send(ctx context.Context, who caller.Caller, m edge.Message) error {
	asked, err := ParseMessage(m.Body)
	if err != nil {
		return err
	}
	c, err := s.read(ctx, asked)
	if err != nil {
		return err
	}
	if c.State != Due || c.Attempt != asked.Attempt {
		return nil
	}
	c.holder = s.Ledger.NewID("lse") // not the message's id: the same message can be in two hands
	until := s.Ledger.Now().Add(leaseTime)
	if err := s.Ledger.Lease(ctx, At(c.Event, c.Endpoint), c.at, c.holder, until); err != nil {
		return unlessMoved(err)
	}
	result, err := s.attempt(ctx, who, c)
	if err != nil {
		return err
	}
	return s.finish(ctx, who, c, result)
}

// read gets the delivery and its event in one round trip.
func (s Service) read(ctx context.Context, m Message) (claim, error) {
	items, err := s.Ledger.Get(ctx, At(m.Event, m.Endpoint), ledger.EventKey(m.Event))
	if err != nil {
		return claim{}, err
	}
	if items[0] == nil || items[1] == nil {
		return claim{}, errMissing
	}
	c := claim{at: items[0].Version()}
	if c.Delivery, err = parse(items[0]); err != nil {
		return claim{}, err
	}
	c.event, err = ledger.ParseEvent(items[1])
	return c, err
}

// attempt posts the message, unless it is too late or the endpoint is disabled. An error is trouble of ours: the lease
// runs out, and the attempt is made again.
func (s Service) attempt(ctx context.Context, who caller.Caller, c claim) (result, error) {
	if s.Ledger.Now().After(c.Deadline) {
		return result{ending: Exhausted}, nil
	}
	to, open, err := s.Endpoints.Destination(ctx, c.Workspace, c.Endpoint)
	if err != nil {
		return result{}, err
	}
	if !open {
		return result{ending: Skipped}, nil
	}
	got, err := s.post(ctx, c.event, to)
	if err != nil || got.ending != Refused {
		return got, err
	}
	// First the endpoint, then the delivery: whoever comes after a crash in between finds it disabled and stops too.
	return got, s.Endpoints.Disable(ctx, who, c.Workspace, c.Endpoint, "gone")
}

// post signs the very bytes that it sends.
func (s Service) post(ctx context.Context, e ledger.Event, to webhook.Destination) (result, error) {
	text, err := body(e)
	if err != nil {
		return result{}, err
	}
	begun := s.Ledger.Now()
	answer, err := s.Client.Post(ctx, to.URL, webhook.Sign(e.ID, begun, text, to.Keys...), text)
	return s.judge(begun, answer, err), nil
}
