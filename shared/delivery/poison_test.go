package delivery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Items that can't be read, or are nothing of ours, keep the sweeper from nothing else in their shard, and are told as an
// error.
func TestSweepPassesWhatItCannotRead(t *testing.T) {
	s := newStack(t)
	r := newReceiver(t, nil)
	s.endpoint(r.URL, "*")
	due := s.Clock.Now().UnixMilli()
	for n := range ledger.DueShards {
		for _, key := range []ledger.Key{{PK: fmt.Sprintf("delivery#evt_%d", n), SK: "ep_1"}, {PK: fmt.Sprintf("other#%d", n), SK: "x"}} {
			broken := ledger.Item{"due_shard": ledger.DueShardName(n), "due_at": due, "state": "due"}
			write := ledger.Write{Key: key, Put: broken, If: ledger.Absent(), Else: edge.ErrForbidden}
			s.must(s.Ledger.Store.Transact(t.Context(), s.Ledger.NewID("t"), []ledger.Write{write}))
		}
	}
	s.happen("decision.approved", nil)
	s.must(s.service.Fan(t.Context(), worker, s.receive(s.queues.Env.EventQueue)[0]))
	s.receive(s.queues.Env.DeliveryQueue) // lost
	s.Clock.Step(2 * time.Minute)
	swept, err := s.service.Sweep(t.Context(), worker, struct{}{})
	if want := (delivery.Swept{Attempts: 1}); swept != want || err == nil {
		t.Errorf("swept: got %+v, %v, want %+v and an error", swept, err, want)
	}
	s.work()
	if r.count() != 1 {
		t.Errorf("received: got %d, want 1", r.count())
	}
}
