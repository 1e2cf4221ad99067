package cosign_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
)

const (
	reads  = "DynamoDB_20120810.BatchGetItem"
	writes = "DynamoDB_20120810.TransactWriteItems"
)

// While the database is out of reach the answer is a signed RETRY that is not stored, and the log tells why; once it is
// back, the same request is decided.
func TestRetryInTrouble(t *testing.T) {
	s := newStage(t)
	s.ask(object{"requestId": "warm"})
	retry := object{"action": "RETRY", "requestId": "req-1"}
	for _, operation := range []string{reads, writes} {
		s.aws.Faults().Add(fault.Rule{Operation: operation, Effect: fault.LostRequest})
		if diff := cmp.Diff(retry, s.ask(nil)); diff != "" {
			t.Errorf("without %s (-want +got):\n%s", operation, diff)
		}
		s.aws.Faults().Clear()
		if item := s.decision("req-1", "fireblocks.tx.approval"); item != nil {
			t.Errorf("without %s: decided: %v", operation, item)
		}
	}
	if !strings.Contains(s.log.String(), `"level":"ERROR"`) || !strings.Contains(s.log.String(), `"decision":"retry"`) {
		t.Errorf("the log does not tell of the trouble:\n%s", s.log)
	}
	if got := s.ask(nil); got["action"] != "APPROVE" {
		t.Errorf("afterwards: %v", got)
	}
}

// A lost request or reply at the write leaves one decision, one entry and one answer, whoever retries.
func TestLostReply(t *testing.T) {
	for about, effect := range map[string]fault.Effect{"request": fault.LostRequest, "reply": fault.LostReply} {
		for lost, count := range map[string]int{"once": 1, "always": 0} {
			t.Run(about+" "+lost, func(t *testing.T) {
				s := newStage(t)
				s.ask(object{"requestId": "warm"})
				s.aws.Faults().Add(fault.Rule{Operation: writes, Count: count, Effect: effect})
				first := s.ask(nil)
				s.aws.Faults().Clear()
				if want := map[string]string{"once": "APPROVE", "always": "RETRY"}[lost]; first["action"] != want {
					t.Errorf("first: %v, want %s", first, want)
				}
				if second := s.ask(nil); second["action"] != "APPROVE" {
					t.Errorf("second: %v", second)
				}
				if n := len(s.trail("req-1", "fireblocks.tx.approval")); n != 1 {
					t.Errorf("%d entries, want 1", n)
				}
			})
		}
	}
}

// A database that hangs is answered with RETRY when the budget of 3 s is over, long before the co-signer gives up.
func TestBudget(t *testing.T) {
	s := newStage(t)
	s.ask(object{"requestId": "warm"})
	hang := func(ctx context.Context, _ fault.Call, _ fault.Act) (any, error) {
		<-ctx.Done()
		return nil, fault.ErrCut
	}
	s.aws.Faults().Add(fault.Rule{Operation: reads, Effect: hang})
	if got := s.ask(nil); got["action"] != "RETRY" {
		t.Errorf("got %v", got)
	}
	s.aws.Faults().Clear()
}
