package session

import "time"

// The grace for a client that asked twice or lost the answer: for so long after the rotation, and so often, it is given
// the good token again. In the first moments it may ask more often without ending its session, and gets nothing: many
// requests that set out together, as a browser's tabs do, can't be told from one another.
const (
	grace      = 10 * time.Second
	maxRepeats = 2
	burst      = 2 * time.Second
)

// verdict is what to do with a proven token.
type verdict uint8

const (
	reuse   verdict = iota // it was replaced, and comes from who should not have it: end the family
	rotate                 // it is the good one: replace it
	repeat                 // it was replaced a moment ago, for the same client: give the good one again
	raced                  // it is one of many at the same moment: say so, harm nobody
	expired                // it was the good one, too late
	replay                 // the family has ended: count it
)

// judge looks at the state, then the generation, then the expiry: a replaced token ends the family also when it is
// expired. (The token's HMAC has been checked before.)
func (s Session) judge(generation int64, from client, now time.Time) verdict {
	since := now.Sub(s.RotatedAt)
	switch {
	case s.State != Active:
		return replay
	case generation == s.Generation && s.expired(now):
		return expired
	case generation == s.Generation:
		return rotate
	case generation != s.Generation-1, from != s.client, since > grace:
		return reuse
	case s.expired(now):
		return expired
	case s.Repeats < maxRepeats:
		return repeat
	case since <= burst:
		return raced
	}
	return reuse
}
