package policy

import (
	"time"

	"github.com/zenvault/zenvault/shared/amount"
)

// UsedUp is the state in which caps over time, by id, have let through so much at a time, and the request nothing.
func UsedUp(d Document, at time.Time, by map[string]amount.Decimal) State {
	s := State{used: map[string]Usage{}}
	for i := range d.Caps {
		c := &d.Caps[i]
		if used := by[c.ID]; c.overTime() && !used.IsZero() {
			s.used[c.span()] = Usage{}.add(c, used, at)
		}
	}
	return s
}

// Sliding is a usage of a cap, for what is to be seen of its buckets.
type Sliding struct {
	Cap   Cap
	usage Usage
}

// Add counts a value at a time, and gives what counts then.
func (s *Sliding) Add(value amount.Decimal, at time.Time) amount.Decimal {
	s.usage = s.usage.add(&s.Cap, value, at)
	return s.At(at)
}

// At is what counts at a time.
func (s *Sliding) At(at time.Time) amount.Decimal { return s.usage.At(&s.Cap, at) }

// Buckets is how many are kept.
func (s *Sliding) Buckets() int { return len(s.usage.buckets) }

// BucketLength is how coarse the window of a cap is.
func BucketLength(c Cap) time.Duration { return c.bucketLength() }

// Pack is the form in which a document is stored.
func Pack(text []byte) []byte {
	packed, err := pack(text)
	if err != nil {
		panic(err)
	}
	return packed
}
