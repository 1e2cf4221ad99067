package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// concern commits a change whose event an admin is to hear of, and endpoints too if there is a workspace, and gives the
// event's id.
func (s *stack) concern(workspace string) string {
	s.t.Helper()
	id, seen := s.Ledger.NewID("ses"), &heard{next: s.Ledger.Announcer}
	l := *s.Ledger
	l.Announcer = seen
	_, err := l.Commit(s.t.Context(), ledger.Change{
		By: worker, Action: "session.revoke_reuse", Target: audit.Target{Type: "session", ID: id},
		Key: ledger.Key{PK: "session#" + id, SK: "x"}, Item: ledger.Item{}, Else: edge.ErrForbidden,
		Events: []ledger.Event{{Type: "session.reuse_detected", Admin: "adm_1", Workspace: workspace}},
	})
	s.must(err)
	return seen.id
}

// letters are the messages on the mail queue.
func (s *stack) letters() (bodies []string) {
	s.t.Helper()
	for _, m := range s.receive(s.queues.Env.MailQueue) {
		bodies = append(bodies, string(m.Body))
	}
	return bodies
}

func (s *stack) wantLetters(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.letters()); diff != "" {
		s.t.Errorf("letters (-want +got):\n%s", diff)
	}
}

// An event that an admin is to hear of becomes one letter, beside the deliveries to endpoints; another becomes none.
func TestAdminIsTold(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	r.secret = s.endpoint(r.URL, "*").Secret
	first, second := s.concern(""), s.concern(s.workspace.String())
	s.happen("decision.approved", nil)
	s.work()
	s.wantLetters(`{"event":"`+first+`"}`, `{"event":"`+second+`"}`)
	if r.count() != 2 {
		t.Errorf("the endpoint got %d, want 2", r.count())
	}
	s.Clock.Step(time.Hour)
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("the sweeper found %+v, want nothing", got)
	}
}

// An admin is told at least once, wherever the way there ends: nobody announces the event; the mail queue is away; the
// worker dies after the letter was asked for and before the event has left the due index. A message that comes twice asks
// once.
func TestAdminIsToldAtLeastOnce(t *testing.T) {
	s := newStack(t)
	announcer := s.Ledger.Announcer
	s.Ledger.Announcer = nil
	event := s.concern("")
	s.Ledger.Announcer = announcer
	s.work()
	s.wantLetters()
	told := func(want ...string) {
		t.Helper()
		s.Clock.Step(ledger.EventGrace + time.Second)
		s.sweep()
		s.work()
		s.wantLetters(want...)
	}
	letter := `{"event":"` + event + `"}`

	away := s.sqs.Faults().Add(fault.Rule{Operation: "AmazonSQS.SendMessageBatch", Skip: 1, Effect: fault.Throttled}) // the sweeper's own passes
	told()
	if away.Hits() == 0 {
		t.Error("the queue was not away")
	}
	s.sqs.Faults().Clear()
	s.lose(1, always, fault.LostRequest)
	told(letter)
	s.AWS.Faults().Clear()
	told(letter)

	s.Clock.Step(time.Hour)
	if got := s.sweep(); got != (delivery.Swept{}) {
		t.Errorf("the sweeper found %+v, want nothing", got)
	}
	again := edge.Message{ID: "m", Body: []byte(letter)}
	s.must(edge.BindJob(s.World.Log, delivery.JobFan, s.service)(t.Context(), again))
	s.wantLetters()
}
