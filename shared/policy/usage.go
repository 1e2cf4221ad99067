package policy

import (
	"slices"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// UsageKeys is the prefix of what caps over time have let through.
const UsageKeys = "usage#"

// errUsageMoved says that another decision was counted in between. It is never told: the decision is made again.
var errUsageMoved = fault.New(fault.Conflict, "usage_moved", "Another decision was counted in this moment.")

// Usage is what a cap over time has let through, in buckets of time. The zero value is nothing.
type Usage struct {
	turn    int64 // counts the writes
	buckets []bucket
}

type bucket struct {
	from time.Time
	used amount.Decimal
}

func usageKey(workspace tenant.ID, c *Cap) ledger.Key {
	return ledger.Key{PK: UsageKeys + workspace.String(), SK: c.span()}
}

// At is how much counts at a time: at least what was let through within the window until then.
func (u Usage) At(c *Cap, at time.Time) amount.Decimal {
	var sum amount.Decimal
	for _, b := range u.buckets {
		if c.counts(b.from, at) {
			sum = sum.Add(b.used)
		}
	}
	return sum
}

// add counts a value in the bucket of a time, and forgets the buckets that count no more.
func (u Usage) add(c *Cap, value amount.Decimal, at time.Time) Usage {
	kept := slices.DeleteFunc(slices.Clone(u.buckets), func(b bucket) bool { return !c.counts(b.from, at) })
	from := c.bucket(at)
	i, there := slices.BinarySearchFunc(kept, from, func(b bucket, t time.Time) int { return b.from.Compare(t) })
	if !there {
		kept = slices.Insert(kept, i, bucket{from: from})
	}
	kept[i].used = kept[i].used.Add(value)
	return Usage{u.turn, kept}
}

// giveBack takes a value out of the bucket that it was counted in, if that is still there.
func (u Usage) giveBack(value amount.Decimal, from time.Time) Usage {
	kept := slices.Clone(u.buckets)
	for i, b := range kept {
		if b.from.Equal(from) {
			kept[i].used = b.used.Less(value)
		}
	}
	return Usage{u.turn, kept}
}

// write stores what has become of a usage, if nobody else has since.
func (u Usage) write(key ledger.Key) ledger.Write {
	buckets := make([]ledger.Item, len(u.buckets))
	for i, b := range u.buckets {
		buckets[i] = ledger.Item{"from": b.from.UnixMilli(), "used": b.used.String()}
	}
	unmoved := ledger.Absent()
	if u.turn > 0 {
		unmoved = ledger.Is("turn", u.turn)
	}
	return ledger.Write{Key: key, Put: ledger.Item{"turn": u.turn + 1, "buckets": buckets}, If: unmoved, Else: errUsageMoved}
}

func parseUsage(item ledger.Item) (Usage, error) {
	if item == nil {
		return Usage{}, nil
	}
	r := item.Read()
	u := Usage{turn: r.Int("turn")}
	for _, stored := range r.Items("buckets") {
		b := stored.Read()
		used, err := amount.ParseSum(b.Text("used"))
		u.buckets = append(u.buckets, bucket{b.Time("from"), used})
		if err := first(b.Err(), err); err != nil {
			return Usage{}, err
		}
	}
	return u, r.Err()
}
