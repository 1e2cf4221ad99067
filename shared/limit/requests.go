package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

// ErrRate is told to who asks too often.
var ErrRate = fault.New(fault.TooMany, "too_many_requests", "There were too many requests. Wait before the next one.")

// Requests bounds how often callers may ask. A decision is one conditional write. It is safe for concurrent use; all that
// it knows besides the table is what saves asking the table.
type Requests struct {
	Table    Table
	Rates    Rates
	Now      func() time.Time
	Degraded func(Class) // told of each decision that was made without the table; may be nil

	mu    sync.Mutex
	known map[string]int64 // by key, the time that the table has at least: it never goes back
	rest  int64            // until when the table is not asked, after it did not answer
}

// The bounds of a decision.
const (
	maxSteps = 4               // a race is lost to a first request, to an idle moment, to the limit: then it is decided
	patience = time.Second     // of a class that goes on without the table
	pause    = 5 * time.Second // after the table did not answer
	maxKnown = 10_000          // callers remembered; forgetting one costs a call
)

// Take counts one request of who in a class. It fails with ErrRate, which says how long to wait. Where the table does not
// answer, Auth fails with a fault of kind Unavailable; every other class goes on with what this process has seen itself,
// so that callers get at most their rate from each process.
func (r *Requests) Take(ctx context.Context, class Class, who string) (Allowance, error) {
	rate, now := r.Rates[class], r.Now().UnixMicro()
	key := rateKey(class, rate, who)
	if rate.Count == 0 {
		return Allowance{}, fmt.Errorf("limit: the class %q has no rate", class)
	}
	if seen := r.seen(key); !rate.allows(seen, now) {
		return rate.refused(class, seen, now)
	}
	next, room, err := int64(0), false, errResting
	if class == Auth || !r.resting(now) {
		next, room, err = r.count(ctx, class, key, rate, now)
	}
	switch {
	case err == nil && room:
		return rate.allowed(class, next, now), nil
	case err == nil:
		return rate.refused(class, next, now)
	case class == Auth || ctx.Err() != nil:
		return Allowance{}, err
	}
	return r.without(class, key, rate, now)
}

var errResting = errors.New("the table did not answer a moment ago")

// rateKey has the rate in it: times that were counted by another one say nothing about this one.
func rateKey(class Class, rate Rate, who string) string {
	return fmt.Sprintf("rate#%s#%d/%d#%s", class, rate.Count, rate.Period/time.Second, who)
}

// count moves the caller's time in the table if there is room, and gives the time that is there now. A caller whose time
// has passed is idle: it begins now. One whose time is ahead is busy: it moves on from there. Both say in their
// conditions what they take for true; the record that speaks against it tells the other.
func (r *Requests) count(ctx context.Context, class Class, key string, rate Rate, now int64) (next int64, room bool, err error) {
	if class != Auth {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = limited
	}
	next = r.seen(key)
	for range maxSteps {
		written, err := r.move(ctx, key, rate, next, now)
		var refused *ledger.Refused
		switch {
		case err == nil:
			next, err = timeOf(written)
			r.learn(key, next, now)
			return next, true, err
		case !errors.As(err, &refused):
			r.trouble(ctx, now)
			return 0, false, err
		}
		next, err = timeOf(refused.Old)
		if err != nil || !rate.allows(next, now) {
			r.learn(key, next, now)
			return next, false, err
		}
	}
	return 0, false, ledger.ErrUnavailable.Because(fmt.Errorf("counting a request: too many others at the same moment"))
}

func (r *Requests) move(ctx context.Context, key string, rate Rate, next, now int64) (ledger.Item, error) {
	// TTL, in seconds; a record that is gone is one whose time has passed.
	set := ledger.Item{"expires_at": (now+rate.slack()+rate.step())/1e6 + 3600}
	if next <= now {
		set["next"] = now + rate.step()
		return r.Table.Update(ctx, key, set, nil, ledger.MissingOrAtMost("next", now))
	}
	room := ledger.Above("next", now).And(ledger.AtMost("next", now+rate.slack()))
	return r.Table.Update(ctx, key, set, ledger.Item{"next": rate.step()}, room)
}

func timeOf(record ledger.Item) (int64, error) {
	r := record.Read()
	next := r.Int("next")
	if err := r.Err(); err != nil {
		return 0, ledger.ErrUnavailable.Because(fmt.Errorf("reading a count of requests: %w", err))
	}
	return next, nil
}

// without decides by what this process knows.
func (r *Requests) without(class Class, key string, rate Rate, now int64) (Allowance, error) {
	if r.Degraded != nil {
		r.Degraded(class)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.known[key]
	if !rate.allows(seen, now) {
		return rate.refused(class, seen, now)
	}
	next := rate.after(seen, now)
	r.remember(key, next, now)
	return rate.allowed(class, next, now), nil
}

func (r *Requests) seen(key string) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[key]
}

// learn keeps what the table said.
func (r *Requests) learn(key string, next, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(key, max(next, r.known[key]), now)
}

// remember keeps a time. Those that have passed are worth nothing, and make room.
func (r *Requests) remember(key string, next, now int64) {
	if r.known == nil {
		r.known = map[string]int64{}
	}
	if _, there := r.known[key]; !there && len(r.known) >= maxKnown {
		for other, at := range r.known {
			if at <= now {
				delete(r.known, other)
			}
		}
		if len(r.known) >= maxKnown {
			clear(r.known)
		}
	}
	r.known[key] = next
}

func (r *Requests) resting(now int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now < r.rest
}

// trouble lets the table rest, unless it was the caller who went away.
func (r *Requests) trouble(ctx context.Context, now int64) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = now + pause.Microseconds()
}
