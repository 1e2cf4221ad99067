package delivery

import (
	"net/http"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/webhook"
)

// maxKept is how much of an answer is kept with its attempt, in bytes.
const maxKept = 1 << 10

// result is what came of an attempt, or why none was made.
type result struct {
	ending  State         // "" if another attempt is to follow
	atLeast time.Duration // what the receiver asked to be left alone for

	begun   time.Time // zero if nothing was posted
	took    time.Duration
	status  int    // 0 if there was no answer
	trouble string // a code, if there was no answer
	answer  []byte
}

// judge reads the answer: 2xx is success, 410 is an end, 429 and 503 may ask for time, and everything else, redirects
// too, is a failure that passes.
func (s Service) judge(begun time.Time, answer webhook.Answer, err error) result {
	now := s.Ledger.Now()
	r := result{begun: begun, took: now.Sub(begun)}
	if err != nil {
		r.trouble = err.Error()
		return r
	}
	r.status, r.answer = answer.Status, answer.Body[:min(len(answer.Body), maxKept)]
	switch {
	case 200 <= r.status && r.status < 300:
		r.ending = Delivered
	case r.status == http.StatusGone:
		r.ending = Refused
	case r.status == http.StatusTooManyRequests, r.status == http.StatusServiceUnavailable:
		r.atLeast = ParseRetryAfter(answer.RetryAfter, now)
	}
	return r
}

// record is the attempt as it is kept.
func (r result) record(d Delivery) ledger.Item {
	return ledger.Item{
		"attempt": int64(d.Attempt), "begun_at": r.begun.UnixMilli(), "duration_ms": r.took.Milliseconds(),
		"status": int64(r.status), "error": r.trouble, "answer": r.answer,
	}
}

func (r result) fields() audit.Fields {
	return audit.Fields{"status": r.status, "error": r.trouble, "duration_ms": r.took.Milliseconds()}
}
