package delivery

import (
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain. The deliveries of one event are a partition, each followed by its
// attempts.
const Keys = "delivery#"

// At is where the delivery of an event to an endpoint is stored: the same event can't be fanned out to it twice.
func At(event, endpoint string) ledger.Key { return ledger.Key{PK: Keys + event, SK: endpoint} }

// attemptKey is where an attempt is recorded.
func attemptKey(d Delivery) ledger.Key {
	return ledger.Key{PK: Keys + d.Event, SK: fmt.Sprintf("%s#%02d", d.Endpoint, d.Attempt)}
}

// grace is how long a delivery's message may be under way before the sweeper sends another one.
const grace = time.Minute

// announced reports whether a message for the next attempt can wait in a queue; a later one is left to the sweeper.
func (d Delivery) announced(now time.Time) bool { return d.NextAt.Sub(now) <= maxQueueDelay }

// item is the stored form. Only what is due is in the index that the sweeper reads.
func (d Delivery) item(now time.Time) ledger.Item {
	item := ledger.Item{
		"event": d.Event, "endpoint": d.Endpoint, "workspace": d.Workspace.String(), "state": string(d.State),
		"attempt": int64(d.Attempt), "next_attempt_at": d.NextAt.UnixMilli(), "deadline": d.Deadline.UnixMilli(),
	}
	if d.State != Due {
		return item
	}
	sweepAt := d.NextAt
	if d.announced(now) {
		sweepAt = sweepAt.Add(grace)
	}
	item["due_shard"], item["due_at"] = ledger.DueShard(d.id()), sweepAt.UnixMilli()
	return item
}

func parse(item ledger.Item) (Delivery, error) {
	r := item.Read()
	workspace, err := tenant.Parse(r.Text("workspace"))
	d := Delivery{
		Event: r.Text("event"), Endpoint: r.Text("endpoint"), Workspace: workspace, State: State(r.Text("state")),
		Attempt: int(r.Int("attempt")), NextAt: r.Time("next_attempt_at"), Deadline: r.Time("deadline"),
	}
	if err := errors.Join(r.Err(), err); err != nil {
		return Delivery{}, fmt.Errorf("reading a delivery: %w", err)
	}
	return d, nil
}
