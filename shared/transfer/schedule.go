package transfer

import (
	"encoding/binary"
	"io"
	"math"
	"time"
)

const (
	// SubmitWithin bounds how long after its creation a transfer is ordered: who asked for it waits no longer, and may have
	// found another way. What may have been ordered by then is followed for as long as it takes.
	SubmitWithin = time.Hour

	// leaseTime is how long a worker holds a transfer that it orders. It is longer than the function may run, so that nobody
	// else begins while one could still be asking.
	leaseTime = time.Minute
	// grace is how long a message may be under way before the sweeper sends another one.
	grace = time.Minute
	// maxAnnounced is the longest wait that a message is sent for; a longer one is left to the sweeper. (A message that sends
	// the next one is stopped by Lambda as a loop after about 16 rounds; waits that double are past this after four.)
	maxAnnounced = time.Minute

	shortest = 5 * time.Second
	longest  = 15 * time.Minute
)

// retries are the waits after attempts that the provider did not take; the last one is repeated.
var retries = [...]time.Duration{shortest, 15 * time.Second, 45 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}

// retryAfter is the wait after the nth attempt, from 1, with ±20 % so that what failed together is not met together again.
func retryAfter(attempt int, random io.Reader) time.Duration {
	nominal := retries[min(max(attempt, 1), len(retries))-1]
	var raw [4]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return nominal // jitter is a courtesy
	}
	drawn := float64(binary.BigEndian.Uint32(raw[:])) / math.MaxUint32
	return time.Duration(float64(nominal) * (0.8 + 0.4*drawn))
}

// pause is the wait between two looks at something that does not change: as long as it has not, within bounds. So a
// transaction that takes a day costs about a hundred questions.
func pause(since, now time.Time) time.Duration { return min(max(now.Sub(since), shortest), longest) }
