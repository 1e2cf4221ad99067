package policy

import (
	"strconv"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

// of is what a request uses up of the cap, nil if the request does not tell.
func (c *Cap) of(r signing.Request) *amount.Decimal {
	switch {
	case c.Amount != nil:
		return r.Amount
	case c.USD != nil:
		return r.USD
	}
	one := amount.Whole(1)
	return &one
}

// limit is the most that the cap lets through.
func (c *Cap) limit() amount.Decimal {
	switch {
	case c.Amount != nil:
		return *c.Amount
	case c.USD != nil:
		return *c.USD
	}
	return amount.Whole(c.Count)
}

// unit is what the limit is counted in: the asset, "usd" or "count".
func (c *Cap) unit() string {
	if c.Amount != nil {
		return c.Asset
	}
	return c.measure()
}

// measure is what the limit is of: "amount", "usd" or "count".
func (c *Cap) measure() string {
	switch {
	case c.Amount != nil:
		return "amount"
	case c.USD != nil:
		return "usd"
	}
	return "count"
}

// overTime reports whether the cap counts what was let through before.
func (c *Cap) overTime() bool { return c.Per != perTransaction }

// span names what is counted together: a cap that keeps its id through versions goes on counting, unless its window or its
// unit become others.
func (c *Cap) span() string {
	per := c.Per
	if c.Per == perWindow {
		per += ":" + strconv.FormatInt(c.Hours, 10)
	}
	return c.ID + "#" + per + "#" + c.measure() + ":" + c.Asset
}

// bucketsPerWindow is how finely a window slides: what was let through leaves it up to a 24th of its length late, never
// early.
const bucketsPerWindow = 24

func (c *Cap) window() time.Duration { return time.Duration(c.Hours) * time.Hour }

func (c *Cap) bucketLength() time.Duration { return c.window() / bucketsPerWindow }

// bucket is the start of the bucket that a time belongs to. A lifetime is one bucket.
func (c *Cap) bucket(at time.Time) time.Time {
	if c.Per == perLifetime {
		return time.UnixMilli(0).UTC()
	}
	length := c.bucketLength().Milliseconds()
	return time.UnixMilli(at.UnixMilli() / length * length).UTC()
}

// frees is when a bucket stops to count.
func (c *Cap) frees(bucket time.Time) time.Time { return bucket.Add(c.bucketLength() + c.window()) }

// counts reports whether what stands in a bucket counts at a time: for as long as any of it may be within the window.
func (c *Cap) counts(bucket, at time.Time) bool {
	return c.Per == perLifetime || at.Before(c.frees(bucket))
}

// hold reports whether a time, in UTC, is one of these hours.
func (h *Hours) hold(at time.Time) bool {
	if len(h.Weekdays) > 0 && !h.on(at.Weekday()) {
		return false
	}
	if h.From == nil || h.Until == nil {
		return true
	}
	hour := int64(at.Hour())
	if *h.From < *h.Until {
		return *h.From <= hour && hour < *h.Until
	}
	return hour >= *h.From || hour < *h.Until
}

func (h *Hours) on(day time.Weekday) bool {
	for _, name := range h.Weekdays {
		if weekdays[name] == day {
			return true
		}
	}
	return false
}

var weekdays = map[string]time.Weekday{"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday,
	"wednesday": time.Wednesday, "thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday}
