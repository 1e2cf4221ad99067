package session_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	ours "github.com/zenvault/zenvault/shared/fault"
)

const (
	transact = "DynamoDB_20120810.TransactWriteItems"
	sign     = "TrentService.Sign"
)

// A refresh whose write is lost on the way there or back is done once: one rotation, one entry, and the client holds the
// token that is good.
func TestLostWrite(t *testing.T) {
	for name, lost := range map[string]fault.Effect{"request": fault.LostRequest, "reply": fault.LostReply} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			begun := h.login(t, laptop)
			family := h.family(t, begun)
			armed := h.AWS.Faults().Add(fault.Rule{Operation: transact, Count: 1, Effect: lost})
			good := h.must(t, laptop, begun.RefreshToken)
			if armed.Hits() != 1 {
				t.Fatal("nothing was lost")
			}
			want := []string{"session.login", "session.refresh"}
			if diff := cmp.Diff(want, h.actions(t, family)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			h.must(t, laptop, good)
		})
	}
}

// A client that never heard of its refresh, because every reply was lost, asks again and gets the token that was made.
func TestLostAnswer(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family := h.family(t, begun)
	h.AWS.Faults().Add(fault.Rule{Operation: transact, Effect: fault.LostReply})
	if _, err := h.refresh(laptop, begun.RefreshToken); ours.From(err).Code != "outcome_unknown" {
		t.Fatalf("refresh: %v", err)
	}
	h.AWS.Faults().Clear()
	good := h.must(t, laptop, begun.RefreshToken)
	if s := h.stored(t, family); s.Generation != 2 || s.Repeats != 1 {
		t.Errorf("session %+v", s)
	}
	h.must(t, laptop, good)
}

// When the signing key can't be reached, a refresh costs the client nothing, and a login leaves no session.
func TestNoSignature(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family := h.family(t, begun)
	h.AWS.Faults().Add(fault.Rule{Operation: sign, Effect: fault.LostRequest})
	if _, err := h.refresh(laptop, begun.RefreshToken); ours.From(err).Kind != ours.Unavailable {
		t.Fatalf("refresh: %v", err)
	}
	h.AWS.Faults().Clear()
	if diff := cmp.Diff([]string{"session.login"}, h.actions(t, family)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	h.must(t, laptop, begun.RefreshToken)
}

// A refresh is one read, one signature and one transaction.
func TestCallsOfARefresh(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	h.AWS.Forget()
	h.must(t, laptop, begun.RefreshToken)
	var calls []string
	for _, c := range h.AWS.Calls() {
		calls = append(calls, c.Operation)
	}
	want := []string{"DynamoDB_20120810.GetItem", sign, transact}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
