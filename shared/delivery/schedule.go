package delivery

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

// schedule is the wait after each failed attempt: 14 attempts over nominally 70 h 43 min (70:42:35). It begins close together,
// since most failures pass within a minute, and ends twice a day, so that a weekend without anybody is survived.
var schedule = [...]time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour,
	6 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

const (
	// MaxAttempts is one more than there are waits.
	MaxAttempts = len(schedule) + 1
	// Lifetime is the hard stop: no attempt begins later than this after the fan-out.
	Lifetime = 72 * time.Hour

	// lastCall is how long before the deadline a wait ends at the latest, so that a sweeper that is a few minutes late
	// still makes the last attempt in time.
	lastCall = 5 * time.Minute
	// maxRetryAfter is the longest wait that a receiver can ask for.
	maxRetryAfter = 12 * time.Hour
	// maxQueueDelay is SQS's longest DelaySeconds.
	maxQueueDelay = 900 * time.Second
)

// wait is how long after the attempt's failure the next one is due, with ±10 % so that receivers that failed together
// are not met together again.
func wait(attempt int, random io.Reader) time.Duration {
	nominal := schedule[attempt-1]
	var raw [4]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return nominal // jitter is a courtesy
	}
	drawn := float64(binary.BigEndian.Uint32(raw[:])) / math.MaxUint32
	return time.Duration(float64(nominal) * (0.9 + 0.2*drawn))
}

// ParseRetryAfter reads the header of RFC 9110 §10.2.3, seconds or a date, as a wait from now: between nothing and 12
// hours. What can't be read asks for nothing.
func ParseRetryAfter(text string, now time.Time) time.Duration {
	var asked time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		asked = maxRetryAfter
		if seconds < uint64(maxRetryAfter/time.Second) {
			asked = time.Duration(seconds) * time.Second
		}
	} else if date, err := http.ParseTime(text); err == nil {
		asked = date.Sub(now)
	}
	return min(max(asked, 0), maxRetryAfter)
}
