package limit

import "time"

// Allowance is what a caller has left in a class.
type Allowance struct {
	Class     Class
	Rate      Rate
	Remaining int64         // requests that would be let through now
	Reset     time.Duration // until all of the rate's are there again; of a refused request, until one is
}

// The generic cell rate algorithm (ITU-T I.371 annex A, in the form of virtual scheduling) knows one number of each caller:
// the time at which the next request would come from one that keeps exactly to the rate. All times are Unix
// microseconds.

// step is what one request moves that time by.
func (r Rate) step() int64 { return (r.Period.Microseconds() + r.Count - 1) / r.Count }

// slack is how far that time may be ahead: so that a whole period's requests may come at once.
func (r Rate) slack() int64 { return r.step() * (r.Count - 1) }

func (r Rate) allows(next, now int64) bool { return next <= now+r.slack() }

func (r Rate) after(next, now int64) int64 { return max(next, now) + r.step() }

// allowed is what is left after a request that moved the time to next.
func (r Rate) allowed(class Class, next, now int64) Allowance {
	left := now + r.slack() + r.step() - next
	return Allowance{class, r, max(0, left/r.step()), micros(next - now)}
}

// refused is what there is to wait for.
func (r Rate) refused(class Class, next, now int64) (Allowance, error) {
	wait := micros(next - now - r.slack())
	return Allowance{class, r, 0, wait}, ErrRate.After(wait)
}

func micros(n int64) time.Duration { return time.Duration(max(0, n)) * time.Microsecond }
