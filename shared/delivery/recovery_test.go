package delivery_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/ledger"
)

// minutes runs the workers, and the sweeper once a minute.
func (s *stack) minutes(n int) {
	s.t.Helper()
	for range n {
		s.work()
		s.Clock.Step(time.Minute)
		s.sweep()
	}
	s.work()
}

// A lost request or reply at any write between the event and its end costs time, and nothing else: the event arrives at
// least once, the delivery ends once, its entries are a chain without a gap, and each attempt has one record. What is
// lost once, the SDK repeats; after more, the worker gives up.
func TestLostRequestsAndReplies(t *testing.T) {
	for n, write := range []string{"fan-out", "claim", "finish"} {
		for what, effect := range map[string]fault.Effect{"request": fault.LostRequest, "reply": fault.LostReply} {
			for _, times := range []int{once, always} {
				t.Run(fmt.Sprintf("%s %s %d", write, what, times), func(t *testing.T) {
					t.Parallel()
					s := newStack(t)
					r := newReceiver(t, nil)
					to := s.endpoint(r.URL, "*")
					r.secret = to.Secret
					event := s.happen("decision.approved", nil)
					lost := s.lose(n+1, times, effect)
					s.work()
					s.AWS.Faults().Clear()
					s.minutes(5)
					want := 1
					if write == "finish" && what == "request" && times == always {
						want = 2 // posted, and not known to be
					}
					if lost.Hits() == 0 || r.count() != want || s.item(event, to)["state"] != "delivered" {
						t.Errorf("lost %d times: got %d posts, %v, want %d, delivered", lost.Hits(), r.count(), s.item(event, to)["state"], want)
					}
					s.checkRecords(event, to, 1)
				})
			}
		}
	}
}

// checkRecords wants so many attempts, each with one record and one entry, in a chain.
func (s *stack) checkRecords(event string, to endpoint.Created, attempts int) {
	s.t.Helper()
	page, err := s.Ledger.Query(s.t.Context(), ledger.Query{Partition: delivery.Keys + event, Prefix: string(to.ID) + "#"})
	s.must(err)
	entries := s.trail(event, to)
	if len(page.Items) != attempts || len(entries) != attempts {
		s.t.Errorf("got %d records and %d entries, want %d", len(page.Items), len(entries), attempts)
	}
	prev := ""
	for i, e := range entries {
		if e.Version != int64(i+1) || e.Prev != prev {
			s.t.Errorf("entry %d is version %d after %q, want after %q", i, e.Version, e.Prev, prev)
		}
		prev = e.Hash
	}
	if got := s.item(event, to)["audit_hash"]; got != prev {
		s.t.Errorf("the item's hash: got %v, want %s", got, prev)
	}
}

// A worker that dies between claim and finish keeps its delivery from the others until the lease is over, and not a
// moment longer: then the sweeper has it attempted once more, under the same number.
func TestCrashBetweenClaimAndFinish(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, status(500))
	to := s.endpoint(r.URL, "*")
	event := s.happen("decision.approved", nil)
	s.must(s.service.Fan(t.Context(), worker, s.receive(s.queues.Env.EventQueue)[0]))
	m := s.receive(s.queues.Env.DeliveryQueue)[0]
	s.lose(2, always, fault.LostRequest)
	if err := s.service.Send(t.Context(), worker, m); err == nil {
		t.Fatal("got nil, want the lost commit's error")
	}
	s.AWS.Faults().Clear()
	s.must(s.service.Send(t.Context(), worker, m))
	s.Clock.Step(59 * time.Second)
	s.must(s.service.Send(t.Context(), worker, m))
	if got := s.sweep(); got != (delivery.Swept{}) || r.count() != 1 {
		t.Errorf("under the lease: swept %+v and %d attempts, want nothing and 1", got, r.count())
	}
	s.Clock.Step(time.Second)
	if got := s.sweep(); got != (delivery.Swept{Attempts: 1}) {
		t.Errorf("after the lease: swept %+v, want 1 attempt", got)
	}
	for range 3 {
		s.work()
	}
	if r.count() != 2 {
		t.Errorf("attempts: got %d, want 2", r.count())
	}
	s.checkRecords(event, to, 1)
}

// A worker that wakes up after its lease was taken over changes nothing.
func TestStaleWorkerChangesNothing(t *testing.T) {
	s := newStack(t)
	var to endpoint.Created
	var event string
	slept := false
	r := newReceiver(t, nil)
	m := edge.Message{}
	r.answer = func(w http.ResponseWriter, q *http.Request) {
		if slept {
			status(200)(w, q)
			return
		}
		slept = true
		s.Clock.Step(time.Minute) // the lease is over, and another worker makes the attempt
		s.must(s.service.Send(t.Context(), worker, m))
		status(500)(w, q)
	}
	to = s.endpoint(r.URL, "*")
	event = s.happen("decision.approved", nil)
	s.must(s.service.Fan(t.Context(), worker, s.receive(s.queues.Env.EventQueue)[0]))
	m = s.receive(s.queues.Env.DeliveryQueue)[0]
	s.must(s.service.Send(t.Context(), worker, m))
	if got := s.item(event, to)["state"]; got != "delivered" || r.count() != 2 {
		t.Errorf("got %v after %d attempts, want delivered after 2", got, r.count())
	}
	s.checkRecords(event, to, 1)
	if left := s.receive(s.queues.Env.RetryQueue); len(left) != 0 {
		t.Errorf("the stale worker asked for another attempt: %s", left[0].Body)
	}
}

// A worker whose lease was taken over by one that is still posting changes nothing either.
func TestLeaseTakenOver(t *testing.T) {
	s := newStack(t)
	var to endpoint.Created
	var event string
	r := newReceiver(t, nil)
	r.answer = func(w http.ResponseWriter, q *http.Request) {
		s.Clock.Step(time.Minute)
		until := s.Clock.Now().Add(time.Minute)
		s.must(s.Ledger.Lease(t.Context(), delivery.At(event, string(to.ID)), ledger.Version{}, "the other", until))
		status(200)(w, q)
	}
	to = s.endpoint(r.URL, "*")
	event = s.happen("decision.approved", nil)
	s.work()
	item := s.item(event, to)
	if item["state"] != "due" || item["lease"] != "the other" || len(s.trail(event, to)) != 0 {
		t.Errorf("got %v, leased by %v, want due, leased by the other", item["state"], item["lease"])
	}
}

// After a silence of more than three days, when no worker ran at all, what is too old is not sent any more, and its
// owner is told.
func TestTooLate(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, status(500))
	to := s.endpoint(r.URL, "*")
	event := s.happen("decision.approved", nil)
	s.work()
	s.Clock.Step(72*time.Hour + time.Second)
	r.answer = nil
	s.minutes(1)
	if got := s.item(event, to)["state"]; got != "exhausted" || r.count() != 2 {
		t.Errorf("got %v after %d posts, want exhausted after 2: the first attempt and the news of its end", got, r.count())
	}
	entries := s.trail(event, to)
	if last := entries[len(entries)-1]; last.Action != "delivery.end" || last.After["state"] != "exhausted" {
		t.Errorf("entry: got %+v", last)
	}
}

// The sweeper leaves alone what has a message under way.
func TestSweeperWaits(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, status(500))
	s.endpoint(r.URL, "*")
	s.happen("decision.approved", nil)
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("just announced: swept %+v, want nothing", got)
	}
	s.work()
	s.Clock.Step(30 * time.Second)
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("message under way: swept %+v, want nothing", got)
	}
}

// What was never announced, and what was announced and lost, is found within two minutes of the loss.
func TestLostMessages(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(*stack)
	}{
		{"announcement not sent", func(s *stack) { s.Ledger.Announcer = nil; s.happen("decision.approved", nil) }},
		{"announcement lost", func(s *stack) { s.happen("decision.approved", nil); s.receive(s.queues.Env.EventQueue) }},
		{"first message lost", func(s *stack) {
			s.happen("decision.approved", nil)
			s.must(s.service.Fan(s.t.Context(), worker, s.receive(s.queues.Env.EventQueue)[0]))
			s.receive(s.queues.Env.DeliveryQueue)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStack(t)
			r := newReceiver(t, nil)
			s.endpoint(r.URL, "*")
			c.lose(s)
			s.minutes(2)
			if r.count() != 1 {
				t.Errorf("received: got %d, want 1", r.count())
			}
		})
	}
}

// A lost retry message is found too, and a long wait, which never was a message, ends when it is due.
func TestLostRetry(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, status(503, "Retry-After", "1200"))
	s.endpoint(r.URL, "*")
	s.happen("decision.approved", nil)
	s.work()
	if left := s.receive(s.queues.Env.RetryQueue); len(left) != 0 {
		t.Errorf("a wait of 20 minutes is in the queue: %s", left[0].Body)
	}
	s.minutes(19)
	if r.count() != 1 {
		t.Errorf("before it is due: got %d attempts, want 1", r.count())
	}
	r.answer = status(500)
	s.minutes(1)
	if r.count() != 2 {
		t.Errorf("when it is due: got %d attempts, want 2", r.count())
	}
	s.Clock.Step(34 * time.Second)
	s.receive(s.queues.Env.RetryQueue)
	s.minutes(2)
	if r.count() != 3 {
		t.Errorf("after the loss: got %d attempts, want 3", r.count())
	}
}

// The sweeper reads on, page after page, through all shards: 450 events that nobody announced are all fanned out.
func TestSweepPages(t *testing.T) {
	s := newStack(t)
	s.Ledger.Announcer = nil
	var events []string
	for range 450 {
		events = append(events, s.happen("decision.approved", nil))
	}
	s.Clock.Step(2 * time.Minute)
	if got := s.sweep(); got != (delivery.Swept{Events: 450}) {
		t.Errorf("got %+v, want 450 events", got)
	}
	s.work()
	for _, event := range events {
		if entries := s.Trail(t, audit.Target{Type: "event", ID: event}); len(entries) != 1 {
			t.Fatalf("%s: got %d entries, want 1", event, len(entries))
		}
	}
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("afterwards: got %+v, want nothing", got)
	}
}

// A secret that does not open is trouble of ours: nothing is posted, no attempt is used up, and the message stays.
func TestSecretThatDoesNotOpen(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	to := s.endpoint(r.URL, "*")
	event := s.happen("decision.approved", nil)
	broken := ledger.Write{Key: endpoint.At(s.workspace, to.ID), Set: ledger.Item{"secret": []byte("whatever")}, If: ledger.Exists(), Else: edge.ErrForbidden}
	s.must(s.Ledger.Store.Transact(t.Context(), "t", []ledger.Write{broken}))
	s.must(s.service.Fan(t.Context(), worker, s.receive(s.queues.Env.EventQueue)[0]))
	if err := s.service.Send(t.Context(), worker, s.receive(s.queues.Env.DeliveryQueue)[0]); err == nil {
		t.Error("got nil, want an error")
	}
	item := s.item(event, to)
	if diff := cmp.Diff([]any{"due", int64(1)}, []any{item["state"], item["attempt"]}); diff != "" || r.count() != 0 {
		t.Errorf("%d posts, delivery (-want +got):\n%s", r.count(), diff)
	}
}

// Messages of nothing that is there stay in the queue, for the dead letters: they are faults of ours.
func TestMessagesOfNothing(t *testing.T) {
	s := newStack(t)
	const ulid = "01jd0000000000000000000000"
	for _, c := range []struct {
		do   func(edge.Message) error
		body string
	}{
		{s.fan, fmt.Sprintf(`{"event":"evt_%s"}`, ulid)}, {s.fan, `{}`}, {s.fan, ``}, {s.fan, `{"event":"../x"}`},
		{s.send, fmt.Sprintf(`{"event":"evt_%s","endpoint":"ep_%s","attempt":1}`, ulid, ulid)}, {s.send, `{}`}, {s.send, ``},
	} {
		if err := c.do(edge.Message{Body: []byte(c.body)}); err == nil {
			t.Errorf("%s: got nil, want an error", c.body)
		}
	}
}

func (s *stack) fan(m edge.Message) error  { return s.service.Fan(s.t.Context(), worker, m) }
func (s *stack) send(m edge.Message) error { return s.service.Send(s.t.Context(), worker, m) }
