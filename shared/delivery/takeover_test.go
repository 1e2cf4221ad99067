package delivery_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// Two workers of the same function with the same message are told apart: one that outlived its lease does not end the
// attempt that the other is still making.
func TestLeaseIsTheWorkersOwn(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	var m edge.Message
	second, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	r.answer = func(w http.ResponseWriter, q *http.Request) {
		if r.count() == 1 {
			s.Clock.Step(time.Minute)
			go func() { done <- s.service.Send(t.Context(), worker, m) }()
			<-second
			status(500)(w, q)
			return
		}
		close(second)
		<-release
		status(200)(w, q)
	}
	to := s.endpoint(r.URL, "*")
	event := s.happen("decision.approved", nil)
	s.must(s.service.Fan(t.Context(), worker, s.receive(s.queues.Env.EventQueue)[0]))
	m = s.receive(s.queues.Env.DeliveryQueue)[0]
	s.must(s.service.Send(t.Context(), worker, m))
	if entries := s.trail(event, to); len(entries) != 0 {
		t.Errorf("the first worker ended the second's attempt: %+v", entries)
	}
	close(release)
	s.must(<-done)
	if got := s.item(event, to)["state"]; got != "delivered" || r.count() != 2 {
		t.Errorf("got %v after %d attempts, want delivered after 2", got, r.count())
	}
	s.checkRecords(event, to, 1)
}
