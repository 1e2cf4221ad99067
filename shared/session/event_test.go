package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/ledger"
)

// recorder keeps the transactions that reach the database.
type recorder struct {
	ledger.Store
	transactions *[][]ledger.Write
}

func (r recorder) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	*r.transactions = append(*r.transactions, writes)
	return r.Store.Transact(ctx, token, writes)
}

// The revocation, its entry and its security event are one transaction; the event says what came and from where.
func TestReuseEvent(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family := h.family(t, begun)
	h.must(t, laptop, begun.RefreshToken)
	h.Clock.Step(time.Minute)
	var transactions [][]ledger.Write
	h.Vault.Ledger.Store = recorder{h.Vault.Ledger.Store, &transactions}
	h.refused(t, phone, begun.RefreshToken)
	if len(transactions) != 1 || len(transactions[0]) != 3 {
		t.Fatalf("%d transactions, want one of three writes", len(transactions))
	}
	item, err := h.Vault.Ledger.GetOne(t.Context(), transactions[0][2].Key)
	if err != nil || item == nil {
		t.Fatalf("the event: %v, %v", item, err)
	}
	event, err := ledger.ParseEvent(item)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"admin":"` + h.owner + `","generation":2,"ip":"198.51.100.7","presented_generation":1,"session":"` + family + `","user_agent":"phone"}`
	if diff := cmp.Diff(want, string(event.DataJSON)); diff != "" || event.Type != "session.reuse_detected" || event.Resource.ID != family {
		t.Errorf("event %+v\n(-want +got):\n%s", event, diff)
	}
}

// A token that was not made here costs no read of any session, and no master key is asked for by trial.
func TestForgedIsNotLookedUp(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	h.Vault.Ledger.Store = blind{h.Vault.Ledger.Store, t}
	forged := strings.Replace(begun.RefreshToken, "zv_rt_A", "zv_rt_B", 1)
	h.refused(t, laptop, forged)
}

type blind struct {
	ledger.Store
	t *testing.T
}

func (b blind) Get(context.Context, ...ledger.Key) ([]ledger.Item, error) {
	b.t.Error("something was read")
	return nil, ledger.ErrUnavailable
}
