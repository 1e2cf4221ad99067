package delivery_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// An event reaches the endpoints that want it, signed so that the reference library verifies it, once each.
func TestFromEventToReceiver(t *testing.T) {
	s := newStack(t)
	wants, other := newReceiver(t, nil), newReceiver(t, nil)
	to := s.endpoint(wants.URL+"/hook", "decision.*")
	wants.secret = to.Secret
	s.endpoint(other.URL, "policy.published")
	event := s.happen("decision.approved", audit.Fields{"amount": "1.50", "note": "<café ₿>"})
	s.work()
	if other.count() != 0 || wants.count() != 1 {
		t.Fatalf("received: got %d and %d, want 1 and 0", wants.count(), other.count())
	}
	got := wants.got[0]
	if got.verified != nil {
		t.Errorf("the reference library: %v", got.verified)
	}
	item, err := s.Ledger.GetOne(t.Context(), ledger.EventKey(event))
	s.must(err)
	want := fmt.Sprintf(`{"data":{"amount":"1.50","note":"<café ₿>"},"id":"%s","resource":{"id":"%s","type":"decision"},`+
		`"sequence":1,"timestamp":"2026-11-24T12:00:00Z","type":"decision.approved","workspace":"%s"}`,
		event, item["resource_id"], s.workspace)
	if diff := cmp.Diff(want, string(got.body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"Webhook-Id": event, "Webhook-Timestamp": "1795521600", "Content-Type": "application/json"} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if state := s.item(event, to)["state"]; state != "delivered" {
		t.Errorf("state: got %v, want delivered", state)
	}
	s.Clock.Step(time.Hour)
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("the sweeper found %+v, want nothing", got)
	}
}

// A failed attempt is recorded with its answer and entry, and followed by others at the times of the schedule, all with
// one id and body and each with a signature of its own time, until the endpoint takes it.
func TestRetriesUntilTaken(t *testing.T) {
	s := newStack(t)
	well := false
	r := newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
		if !well {
			status(500)(w, q)
		}
	})
	to := s.endpoint(r.URL, "*")
	r.secret = to.Secret
	event := s.happen("decision.approved", nil)
	s.work()
	for _, wait := range []time.Duration{6, 34, 133} { // seconds: the longest that 5, 30 and 120 with jitter become, and one
		s.Clock.Step(wait * time.Second)
		s.work()
	}
	well = true
	s.Clock.Step(11*time.Minute + time.Second)
	s.work()
	if r.count() != 5 {
		t.Fatalf("attempts: got %d, want 5", r.count())
	}
	stamps := map[string]bool{}
	for _, got := range r.got {
		if got.verified != nil || got.header.Get("Webhook-Id") != event || string(got.body) != string(r.got[0].body) {
			t.Errorf("attempt: %v %v", got.verified, got.header)
		}
		stamps[got.header.Get("Webhook-Timestamp")] = true
	}
	if len(stamps) != 5 {
		t.Errorf("timestamps: got %d, want 5", len(stamps))
	}
	page, err := s.Ledger.Query(t.Context(), ledger.Query{Partition: delivery.Keys + event, Prefix: string(to.ID) + "#"})
	s.must(err)
	if len(page.Items) != 5 {
		t.Fatalf("records: got %d, want 5", len(page.Items))
	}
	first := page.Items[0]
	delete(first, "pk")
	delete(first, "sk")
	want := ledger.Item{"attempt": int64(1), "begun_at": int64(1795521600000), "duration_ms": int64(0), "status": int64(500),
		"error": "", "answer": []byte("said the receiver")}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	entries := s.trail(event, to)
	if len(entries) != 5 {
		t.Fatalf("entries: got %d, want 5", len(entries))
	}
	for i, e := range entries {
		if e.Version != int64(i+1) || e.Action != "delivery.attempt" || i > 0 && e.Prev != entries[i-1].Hash {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
}

// An endpoint that never answers well gets fourteen attempts within 72 hours; then its owner is told, once, and the news
// of that, coming to nothing too, makes no more news.
func TestExhausted(t *testing.T) {
	s := newStack(t)
	dead, well := newReceiver(t, status(500)), newReceiver(t, nil)
	to := s.endpoint(dead.URL, "*")
	well.secret = s.endpoint(well.URL, "delivery.*").Secret
	event := s.happen("decision.approved", nil)
	began := s.Clock.Now()
	for s.work(); s.nextDue(); s.work() {
		s.Clock.Step(2 * time.Minute) // a sweeper that is a little late each time
		s.sweep()
	}
	var last int64
	page, err := s.Ledger.Query(t.Context(), ledger.Query{Partition: delivery.Keys + event, Prefix: string(to.ID) + "#"})
	s.must(err)
	for _, record := range page.Items {
		last = max(last, record["begun_at"].(int64))
	}
	if took := time.UnixMilli(last).Sub(began); len(page.Items) != 14 || took < 60*time.Hour || took > 72*time.Hour {
		t.Errorf("got %d attempts over %s, want 14 over about 71 h", len(page.Items), took)
	}
	if state := s.item(event, to)["state"]; state != "exhausted" {
		t.Errorf("state: got %v, want exhausted", state)
	}
	if well.count() != 1 || !strings.Contains(string(well.got[0].body), `"type":"delivery.exhausted"`) || well.got[0].verified != nil {
		t.Errorf("the owner was told %d times, want 1", well.count())
	}
	s.Clock.Step(24 * time.Hour)
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("the sweeper found %+v, want nothing", got)
	}
}

// 410 ends the delivery and disables the endpoint; the owner is told through another one, and what was still on its way
// to it is skipped.
func TestGone(t *testing.T) {
	s := newStack(t)
	code := 500
	gone, well := newReceiver(t, func(w http.ResponseWriter, r *http.Request) { status(code)(w, r) }), newReceiver(t, nil)
	to := s.endpoint(gone.URL, "decision.*")
	well.secret = s.endpoint(well.URL, "endpoint.*").Secret
	earlier := s.happen("decision.approved", nil)
	s.work()
	code = 410
	event := s.happen("decision.approved", nil)
	s.work()
	s.Clock.Step(time.Minute)
	s.work()
	if gone.count() != 2 || s.item(event, to)["state"] != "refused" || s.item(earlier, to)["state"] != "skipped" {
		t.Errorf("got %d attempts, %v and %v, want 2, refused and skipped", gone.count(), s.item(event, to)["state"], s.item(earlier, to)["state"])
	}
	view, err := s.endpoints.Get(t.Context(), caller.Caller{Workspace: s.workspace}, endpoint.GetInput{Endpoint: to.ID})
	if err != nil || view.State != "disabled" || view.Reason != "gone" {
		t.Errorf("endpoint: got %+v, %v", view, err)
	}
	if well.count() != 1 || !strings.Contains(string(well.got[0].body), `"type":"endpoint.disabled"`) {
		t.Errorf("the owner was told %d times, want 1", well.count())
	}
	s.happen("decision.approved", nil)
	s.work()
	if gone.count() != 2 {
		t.Errorf("a disabled endpoint was sent to")
	}
}

// What a receiver may answer, and when the next attempt is due after it.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		answer  func(http.ResponseWriter, *http.Request)
		state   string
		atLeast time.Duration
		atMost  time.Duration
	}{
		{"200", status(200), "delivered", 0, 0},
		{"299", status(299), "delivered", 0, 0},
		{"redirect", status(302, "Location", "/elsewhere"), "due", 4500 * time.Millisecond, 5500 * time.Millisecond},
		{"permanent redirect", status(308, "Location", "/elsewhere"), "due", 4500 * time.Millisecond, 5500 * time.Millisecond},
		{"400", status(400), "due", 4500 * time.Millisecond, 5500 * time.Millisecond},
		{"429 in seconds", status(429, "Retry-After", "3600"), "due", time.Hour, time.Hour},
		{"503 as a date", status(503, "Retry-After", "Tue, 24 Nov 2026 14:00:00 GMT"), "due", 2 * time.Hour, 2 * time.Hour},
		{"503 asking for less", status(503, "Retry-After", "1"), "due", 4500 * time.Millisecond, 5500 * time.Millisecond},
		{"503 asking for too much", status(503, "Retry-After", "9999999"), "due", 12 * time.Hour, 12 * time.Hour},
		{"500 may not ask", status(500, "Retry-After", "3600"), "due", 4500 * time.Millisecond, 5500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStack(t)
			r := newReceiver(t, c.answer)
			to := s.endpoint(r.URL, "*")
			event := s.happen("decision.approved", nil)
			s.work()
			item := s.item(event, to)
			wait := time.UnixMilli(item["next_attempt_at"].(int64)).Sub(s.Clock.Now())
			if item["state"] != c.state || wait < c.atLeast || wait > c.atMost || r.count() != 1 {
				t.Errorf("got %v after %s (%d attempts), want %s after %s to %s", item["state"], wait, r.count(), c.state, c.atLeast, c.atMost)
			}
			if _, leased := item["lease"]; leased {
				t.Error("the lease is still there")
			}
		})
	}
}

// A long wait is never made shorter by the sweeper, and ends before the deadline, however long the receiver asks.
func TestRetryAfterNeverPassesTheDeadline(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, status(503, "Retry-After", "40000"))
	to := s.endpoint(r.URL, "decision.*")
	event := s.happen("decision.approved", nil)
	began := s.Clock.Now()
	var at []string
	for more := true; more; more = s.nextDue() {
		before := r.count()
		s.sweep()
		s.work()
		if r.count() > before {
			at = append(at, s.Clock.Now().Sub(began).String())
		}
	}
	want := []string{"0s", "11h6m40s", "22h13m20s", "33h20m0s", "44h26m40s", "55h33m20s", "66h40m0s", "71h55m0s"}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if state := s.item(event, to)["state"]; state != "exhausted" {
		t.Errorf("state: got %v, want exhausted", state)
	}
}

// Messages that come twice, late or early, and workers that run at once, make one attempt.
func TestOneAttemptForManyMessages(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, status(500))
	to := s.endpoint(r.URL, "*")
	event := s.happen("decision.approved", nil)
	announcements := s.receive(s.queues.Env.EventQueue)
	for range 3 {
		s.must(s.service.Fan(t.Context(), worker, announcements[0]))
	}
	first := s.receive(s.queues.Env.DeliveryQueue)
	if len(first) != 1 {
		t.Fatalf("first messages: got %d, want 1", len(first))
	}
	errs := make([]error, 16)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = s.service.Send(t.Context(), worker, first[0]) })
	}
	all.Wait()
	for _, err := range errs {
		s.must(err)
	}
	s.must(s.service.Send(t.Context(), worker, first[0]))
	early := edge.Message{Body: fmt.Appendf(nil, `{"event":"%s","endpoint":"%s","attempt":3}`, event, to.ID)}
	s.must(s.service.Send(t.Context(), worker, early))
	if r.count() != 1 || len(s.trail(event, to)) != 1 {
		t.Errorf("got %d attempts and %d entries, want 1 and 1", r.count(), len(s.trail(event, to)))
	}
}

// Sixteen fan-outs of one event at once make each delivery once and one entry.
func TestFanOutAtOnce(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	for range 20 {
		s.endpoint(r.URL, "*")
	}
	event := s.happen("decision.approved", nil)
	m := s.receive(s.queues.Env.EventQueue)[0]
	errs := make([]error, 16)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = s.service.Fan(t.Context(), worker, m) })
	}
	all.Wait()
	for _, err := range errs {
		s.must(err)
	}
	s.work()
	if entries := s.Trail(t, audit.Target{Type: "event", ID: event}); r.count() != 20 || len(entries) != 1 {
		t.Errorf("got %d posts and %d entries, want 20 and 1", r.count(), len(entries))
	}
}

// A lease is longer than the function that holds it may run, and a queue's message stays away for longer than that.
func TestLeaseOutlivesTheFunction(t *testing.T) {
	s := newStack(t)
	var until int64
	var event string
	var to endpoint.Created
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) { until, _ = s.item(event, to)["lease_until"].(int64) })
	to = s.endpoint(r.URL, "*")
	event = s.happen("decision.approved", nil)
	s.work()
	lease := time.UnixMilli(until).Sub(s.Clock.Now())
	for _, job := range []edge.Job[delivery.Service]{delivery.JobSend, delivery.JobRetry} {
		if lease <= job.Timeout || 180*time.Second <= lease {
			t.Errorf("%s: lease %s, time-out %s, visibility 180 s: want them in the order time-out, lease, visibility", job.Name, lease, job.Timeout)
		}
	}
}

// An event of another workspace, or of none, reaches nobody here.
func TestOtherWorkspacesEvents(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	s.endpoint(r.URL, "*")
	ours := s.workspace
	s.workspace = tenant.New("eu-central-1", s.Clock.Now(), s.Ledger.Random)
	s.happen("decision.approved", nil)
	s.workspace = tenant.ID{}
	s.happen("session.reuse_detected", nil)
	s.workspace = ours
	s.work()
	if r.count() != 0 {
		t.Errorf("received: got %d, want 0", r.count())
	}
}

// Data that does not fit is left out, and the message says so.
func TestLargeData(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	to := s.endpoint(r.URL, "*")
	r.secret = to.Secret
	s.happen("decision.approved", audit.Fields{"note": strings.Repeat("x", 70000)})
	s.work()
	if r.count() != 1 || len(r.got[0].body) > 65536 || !strings.Contains(string(r.got[0].body), `"data":{},"data_omitted":true`) || r.got[0].verified != nil {
		t.Errorf("got %d messages: %.200s", r.count(), r.got[0].body)
	}
}
