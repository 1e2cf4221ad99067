package cosign_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/tenant"
)

// daily allows everything, up to 1 ETH in 24 hours.
const daily = `{"rules":[{"id":"all","effect":"allow","match":{}}],
"caps":[{"id":"daily","match":{},"per":"window","window_hours":24,"asset":"ETH","amount":"1"}]}`

// part is a request of its own for so much ETH.
func (s *stage) part(n int, amount string) object {
	return object{"requestId": fmt.Sprint("req-", n), "txId": fmt.Sprint("tx-", n), "externalTxId": fmt.Sprint(s.workspace, ":part-", n),
		"amountStr": amount, "requestedAmountStr": amount, "destinations": nil}
}

// used reads how far the cap is used up, by an entry of the trail that no other decision comes after.
func (s *stage) used() string {
	s.t.Helper()
	s.ask(s.part(9999, "1"))
	spent, _ := s.trail("req-9999", "fireblocks.tx.approval")[0].After["spent"].([]audit.Fields)
	if len(spent) != 1 {
		s.t.Fatalf("spent: %v", spent)
	}
	return spent[0]["before"].(string)
}

// A hundred callbacks at the edge of a cap, each sent again while it is answered with RETRY: as many are approved as the cap
// allows, and exactly that is used up. The reads and writes are as few as without a cap.
func TestParallelCallbacksNeverExceedACap(t *testing.T) {
	s := newStage(t)
	s.publish(s.workspace, daily)
	var wait sync.WaitGroup
	var mu sync.Mutex
	answers := map[any]int{}
	for n := range 100 {
		wait.Go(func() {
			for {
				got := s.ask(s.part(n, "0.05"))
				if got["action"] == "RETRY" {
					continue
				}
				mu.Lock()
				answers[got["action"]]++
				mu.Unlock()
				return
			}
		})
	}
	wait.Wait()
	if want := map[any]int{"APPROVE": 20, "REJECT": 80}; !cmp.Equal(answers, want) {
		t.Errorf("got %v, want %v", answers, want)
	}
	if got := s.used(); got != "1" {
		t.Errorf("used up: %s, want 1", got)
	}
}

// A repeat, a lost reply and the other stage of a request use up nothing more.
func TestCapCountsARequestOnce(t *testing.T) {
	s := newStage(t)
	s.publish(s.workspace, daily)
	s.ask(s.part(0, "0.1"))
	s.aws.Faults().Add(fault.Rule{Operation: writes, Count: 1, Effect: fault.LostReply})
	approval, signing := s.part(1, "0.3"), s.part(1, "0.3")
	signing["fee"] = "0.001"
	for range 2 {
		for _, r := range []object{approval, signing} {
			if got := s.ask(r); got["action"] != "APPROVE" {
				t.Errorf("got %v", got)
			}
		}
	}
	if got := s.used(); got != "0.4" {
		t.Errorf("used up: %s, want 0.4", got)
	}
}

// A warm decision under a cap over time reads once and writes once, as any other.
func TestCapTakesNoRoundTripMore(t *testing.T) {
	s := newStage(t)
	s.publish(s.workspace, daily)
	s.ask(s.part(0, "0.1"))
	s.aws.Forget()
	s.ask(s.part(1, "0.1"))
	var calls []string
	for _, c := range s.aws.Calls() {
		if strings.HasPrefix(c.Operation, "DynamoDB") {
			calls = append(calls, c.Operation)
		}
	}
	if diff := cmp.Diff([]string{reads, writes}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A signing request that relies on what its approval has reserved is not approved if that is given back just before its
// commit.
func TestReleaseBeforeTheSignature(t *testing.T) {
	s := newStage(t)
	s.publish(s.workspace, daily)
	approval, signing := s.part(1, "0.6"), s.part(1, "0.6")
	signing["fee"] = "0.001"
	s.ask(approval)
	ref, err := tenant.NewRef(s.workspace, "part-1")
	must(t, err)
	s.aws.Faults().Add(fault.Rule{Operation: writes, Count: 1, Effect: fault.Before(func() {
		if err := s.policies().Release(t.Context(), admin, ref, ""); err != nil {
			t.Error(err)
		}
	})})
	if got := s.ask(signing); got["action"] != "REJECT" {
		t.Errorf("got %v", got)
	}
	if entry := s.trail("req-1", "fireblocks.tx.signing")[0]; entry.After["reason"] != "ended" {
		t.Errorf("entry: %v", entry.After)
	}
	if got := s.used(); got != "0" {
		t.Errorf("used up: %s, want 0", got)
	}
}
