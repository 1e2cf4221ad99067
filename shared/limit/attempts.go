package limit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

// The bounds of guessing: a person mistypes a few times, and after a hundred wrong attempts in a row the subject is closed
// until it was left alone for a day (NIST SP 800-63B-4 §3.2.2 asks for no more than 100).
const (
	free     = 5
	stop     = 100
	first    = time.Second
	longest  = 15 * time.Minute
	lifetime = 24 * time.Hour
)

// spare is how often one reservation may meet another that was quicker, besides those that lock the subject.
const spare = 5

// The faults of attempts.
var (
	ErrAttempts = fault.New(fault.TooMany, "too_many_attempts", "There were too many attempts. Wait before the next one.")
	errCrowded  = ledger.ErrUnavailable.Because(errors.New("reserving an attempt: too many others at the same moment"))
)

// Attempts bounds how often something can be guessed at. A subject is an opaque text that says what is guessed at, and
// for whom, such as "login/adm_…"; it is stored as a hash only.
type Attempts struct {
	Table  Table
	Now    func() time.Time
	Random io.Reader
}

// Reserve takes one attempt at the subject, and must be called before the attempt is made: 5 are free, then each locks the
// subject for twice as long as the one before, from 1 s to 15 min, and the hundredth until a day after it. Locking is
// true for an attempt after which the subject is locked unless it succeeds and Return is called. While it is locked,
// Reserve fails with ErrAttempts, which says how long; where the table does not answer with a fault of kind Unavailable,
// and then the attempt must not be made.
func (a Attempts) Reserve(ctx context.Context, subject string) (locking bool, err error) {
	return a.take(ctx, attemptsKey(subject), counter.next, free)
}

// Within takes one of the most that a subject has in a period, which begins with the first; success gives none back. When
// all are taken, it fails with ErrAttempts until the period is over, and otherwise as Reserve does. What Reserve counts
// under the same subject is apart.
func (a Attempts) Within(ctx context.Context, subject string, most int64, period time.Duration) error {
	_, err := a.take(ctx, withinKey(subject), flat(most, period), most)
	return err
}

// rule gives the counter with one more attempt, which has a mark of its own.
type rule func(c counter, now time.Time, mark string) counter

// take counts one more by a rule that locks the subject when so many are taken at once.
func (a Attempts) take(ctx context.Context, key string, more rule, locks int64) (locking bool, err error) {
	now, mine := a.Now(), a.nonce()
	next, free := more(counter{}, now, mine), ledger.MissingOrAtMost("until", now.UnixMilli())
	for range locks + spare {
		_, err := a.Table.Update(ctx, key, next.item(), nil, free)
		var refused *ledger.Refused
		if !errors.As(err, &refused) {
			return err == nil && next.locked(now), err
		}
		there, err := parseCounter(refused.Old)
		switch {
		case err != nil:
			return false, ledger.ErrUnavailable.Because(err)
		case there.last == mine: // the answer was lost, the write was not
			return next.locked(now), nil
		case there.locked(now):
			return false, ErrAttempts.After(there.lockedUntil.Sub(now))
		}
		next, free = more(there, now, mine), ledger.Is("last", there.last)
	}
	return false, errCrowded
}

// Return gives the subject all its attempts back, after one of them succeeded. It fails with a fault of kind Unavailable.
func (a Attempts) Return(ctx context.Context, subject string) error {
	set := ledger.Item{"until": int64(0), "last": "returned", "expires_at": a.Now().Add(time.Hour).Unix()}
	_, err := a.Table.Update(ctx, attemptsKey(subject), set, nil, ledger.Exists())
	var refused *ledger.Refused
	if errors.As(err, &refused) { // nothing is counted
		return nil
	}
	return err
}

func (a Attempts) nonce() string {
	b := make([]byte, 12)
	if _, err := io.ReadFull(a.Random, b); err != nil {
		panic("limit: no randomness: " + err.Error())
	}
	return hex.EncodeToString(b)
}

func attemptsKey(subject string) string { return "attempts#" + digest(subject) }
func withinKey(subject string) string   { return "attempts#within#" + digest(subject) }

// counter is what is known of a subject's attempts in a row.
type counter struct {
	tries       int64
	lockedUntil time.Time
	until       time.Time // then all is forgotten
	last        string    // who took the newest attempt, and so this state's own mark
}

// next is the counter with one more attempt.
func (c counter) next(now time.Time, by string) counter {
	n := counter{tries: c.tries + 1, until: now.Add(lifetime), last: by}
	switch {
	case !now.Before(c.until): // forgotten
		n.tries = 1
	case n.tries >= stop:
		n.lockedUntil = n.until
	case n.tries >= free:
		n.lockedUntil = now.Add(min(longest, first<<min(n.tries-free, 20)))
	}
	return n
}

// flat allows so many in a period.
func flat(most int64, period time.Duration) rule {
	return func(c counter, now time.Time, by string) counter {
		n := counter{tries: c.tries + 1, until: c.until, last: by}
		if !now.Before(c.until) { // the period is over
			n.tries, n.until = 1, now.Add(period)
		}
		if n.tries >= most {
			n.lockedUntil = n.until
		}
		return n
	}
}

func (c counter) locked(now time.Time) bool { return now.Before(c.lockedUntil) && now.Before(c.until) }

func (c counter) item() ledger.Item {
	return ledger.Item{
		"tries": c.tries, "locked_until": c.lockedUntil.UnixMilli(), "until": c.until.UnixMilli(), "last": c.last,
		"expires_at": c.until.Add(time.Hour).Unix(), // TTL, in seconds; it may come days late
	}
}

func parseCounter(item ledger.Item) (counter, error) {
	r := item.Read()
	c := counter{tries: r.Int("tries"), lockedUntil: r.Time("locked_until"), until: r.Time("until"), last: r.Text("last")}
	if err := r.Err(); err != nil {
		return counter{}, fmt.Errorf("reading a counter of attempts: %w", err)
	}
	return c, nil
}
