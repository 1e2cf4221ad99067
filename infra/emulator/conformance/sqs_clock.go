package conformance

import (
	"slices"
	"sync"
	"time"
)

// SteppedClock is a clock that stands still until it is moved. It is what the timed cases give to a service as its
// protocol.Clock.
type SteppedClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*steppedTimer
	change chan struct{} // closed and replaced whenever a timer is set or gone
}

type steppedTimer struct {
	due time.Time
	run func()
}

// NewSteppedClock starts at a fixed date.
func NewSteppedClock() *SteppedClock {
	return &SteppedClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), change: make(chan struct{})}
}

// Now is the time that the clock was last moved to.
func (c *SteppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc runs f, in its own goroutine, as soon as the clock has been moved by d.
func (c *SteppedClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &steppedTimer{c.now.Add(d), f}
	c.timers = append(c.timers, t)
	c.changed()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		before := len(c.timers)
		c.timers = slices.DeleteFunc(c.timers, func(other *steppedTimer) bool { return other == t })
		c.changed()
		return len(c.timers) < before
	}
}

// Advance moves the clock and starts what has become due.
func (c *SteppedClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.timers = slices.DeleteFunc(c.timers, func(t *steppedTimer) bool {
		due := !t.due.After(c.now)
		if due {
			go t.run()
		}
		return due
	})
	c.changed()
}

// changed wakes those who wait for a number of timers. c.mu is held.
func (c *SteppedClock) changed() {
	close(c.change)
	c.change = make(chan struct{})
}

// AwaitTimers returns when at least n timers are set, that is when n calls are waiting.
func (c *SteppedClock) AwaitTimers(n int) { c.await(func(set int) bool { return set >= n }) }

// AwaitNoTimers returns when no call is waiting any more.
func (c *SteppedClock) AwaitNoTimers() { c.await(func(set int) bool { return set == 0 }) }

func (c *SteppedClock) await(enough func(set int) bool) {
	for {
		c.mu.Lock()
		set, change := len(c.timers), c.change
		c.mu.Unlock()
		if enough(set) {
			return
		}
		<-change
	}
}
