package transfer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/transfer"
)

func (s *stack) actions(v transfer.View) (names []string) {
	for _, e := range s.Trail(s.t, audit.Target{Type: "transfer", ID: v.ID}) {
		names = append(names, strings.TrimPrefix(e.Action, "transfer."))
	}
	return names
}

// News may come in any order, twice, or from the past: a transfer goes forward only, and news that changes nothing writes
// nothing.
func TestApplyInAnyOrder(t *testing.T) {
	s := newStack(t)
	v, ref := s.submitted("order")
	tx := v.Provider.Transaction
	for _, news := range []struct {
		p      custody.Progress
		status string
		want   transfer.State
	}{
		{custody.Pending, "SUBMITTED", transfer.Submitted}, {custody.Pending, "BROADCASTING", transfer.Submitted}, {custody.Pending, "BROADCASTING", transfer.Submitted},
		{custody.Completed, "COMPLETED", transfer.Completed}, {custody.Completed, "COMPLETED", transfer.Completed}, {custody.Pending, "QUEUED", transfer.Completed},
	} {
		if got := s.apply(ref, tx, news.p, news.status); got != news.want {
			t.Errorf("%s: %s, want %s", news.status, got, news.want)
		}
	}
	if got := s.actions(v); !slices.Equal(got, []string{"create", "submit", "accept", "observe", "complete"}) {
		t.Errorf("the trail says %q", got)
	}
	if got := s.read(v.ID); got.Provider.Status != "COMPLETED" {
		t.Errorf("the status is %s", got.Provider.Status)
	}
}

// News that can't be true moves nothing, and is in the trail as a warning: a completion after the end, another transaction, other
// assets, a transaction of what was never ordered.
func TestApplyContradictions(t *testing.T) {
	s := newStack(t)
	hook := caller.Caller{Kind: caller.Provider, ID: "hook"}
	quantity := number(t, "0.26")
	for name, news := range map[string]custody.Transaction{
		"another transaction": {ID: "other", Progress: custody.Completed, Status: "COMPLETED"},
		"another reference":   {Ref: "x", Progress: custody.Completed, Status: "COMPLETED"},
		"another asset":       {Asset: "BTC", Progress: custody.Completed, Status: "COMPLETED"},
		"another amount":      {Amount: &quantity, Progress: custody.Completed, Status: "COMPLETED"},
	} {
		v, ref := s.submitted(strings.ReplaceAll(name, " ", "-"))
		if news.ID == "" {
			news.ID = v.Provider.Transaction
		}
		state, err := s.service.Apply(t.Context(), hook, ref, news)
		if err != nil || state != transfer.Submitted || s.read(v.ID).State != transfer.Submitted {
			t.Errorf("%s: %s, %v", name, state, err)
		}
		s.contradicted(v)
	}
	v, ref := s.submitted("ended")
	s.apply(ref, v.Provider.Transaction, custody.Failed, "FAILED")
	if got := s.apply(ref, v.Provider.Transaction, custody.Completed, "COMPLETED"); got != transfer.Failed {
		t.Errorf("a failed transfer is %s", got)
	}
	s.contradicted(v)
	early, ref := s.made("early")
	if got := s.apply(ref, "tx", custody.Completed, "COMPLETED"); got != transfer.Created {
		t.Errorf("what was never ordered is %s", got)
	}
	s.contradicted(early)
	none, err := tenant.NewRef(s.workspace, "none")
	s.must(err)
	if _, err := s.service.Apply(t.Context(), hook, none, custody.Transaction{ID: "tx"}); !errors.Is(err, transfer.ErrNotFound) {
		t.Errorf("no transfer: %v", err)
	}
}

func (s *stack) contradicted(v transfer.View) {
	s.t.Helper()
	minute := s.Clock.Now().Format("20060102T1504Z")
	notes := s.Trail(s.t, audit.Target{Type: "denial", ID: "transfer.observe_denied#transfer/" + v.ID + "#" + minute})
	if len(notes) != 1 || notes[0].Severity != audit.Warning || notes[0].Workspace != s.workspace.String() {
		s.t.Errorf("%s: the trail has %+v", v.Reference, notes)
	}
}

// News that comes before the answer of the order is the answer: whoever then looks orders nothing.
func TestApplyBeforeTheAnswer(t *testing.T) {
	s := newStack(t)
	v, ref := s.made("first")
	s.service.Ledger.Store = applying{s.service.Ledger.Store, func() { s.apply(ref, "tx-early", custody.Completed, "COMPLETED") }, new(int)}
	s.must(s.look(v.ID))
	if got := s.read(v.ID); got.State != transfer.Completed || got.Provider.Transaction != "tx-early" {
		t.Errorf("%+v", got)
	}
}

// applying does something between the second and the third transaction that go through it: after the claim, before the record
// of the answer.
type applying struct {
	ledger.Store
	do func()
	n  *int
}

func (a applying) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	if *a.n++; *a.n == 2 {
		*a.n++
		a.do()
	}
	return a.Store.Transact(ctx, token, writes)
}

// What was reserved for a transaction that came to nothing is given back: for each of the three ends, once it succeeds, and not
// again. For a completed one, and one that the provider never had, nothing is.
func TestReleased(t *testing.T) {
	s := newStack(t)
	var given []string
	failures := 2
	s.service.Released = func(_ context.Context, by caller.Caller, ref tenant.Ref, txID string) error {
		if given = append(given, ref.Key()+" "+txID); len(given) <= failures {
			return errNotNow
		}
		return nil
	}
	v, ref := s.submitted("failing")
	tx := v.Provider.Transaction
	s.apply(ref, tx, custody.Failed, "FAILED")
	for range 5 {
		s.must(s.look(v.ID))
		s.Clock.Step(minute)
	}
	if want := []string{"failing " + tx, "failing " + tx, "failing " + tx}; !slices.Equal(given, want) {
		t.Errorf("given back %q, want %q", given, want)
	}
	if got := s.actions(v); !slices.Equal(got, []string{"create", "submit", "accept", "fail", "release"}) {
		t.Errorf("the trail says %q", got)
	}
	if !strings.Contains(s.log.String(), "giving back what was reserved") {
		t.Error("the failures are not logged")
	}
	failures, given = 0, nil
	for name, p := range map[string]custody.Progress{"rejected": custody.Rejected, "cancelled": custody.Cancelled, "completed": custody.Completed} {
		v, ref := s.submitted(name)
		s.apply(ref, v.Provider.Transaction, p, strings.ToUpper(name))
		for range 2 {
			s.must(s.look(v.ID))
			s.Clock.Step(minute)
		}
	}
	v, _ = s.made("never")
	_, err := s.service.Cancel(t.Context(), s.program(""), transfer.CancelInput{Transfer: v.ID})
	s.must(err)
	s.must(s.look(v.ID))
	keys := []string{}
	for _, one := range given {
		keys = append(keys, strings.Fields(one)[0])
	}
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"cancelled", "rejected"}) {
		t.Errorf("given back for %q", keys)
	}
}
