package local_test

import (
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
)

// asked is the co-signer's request about a transfer that the provider has made a transaction of.
func (d *desk) asked(t testing.TB, m moved) simulator.Transaction {
	t.Helper()
	d.advance(t, m.ID)
	return simulator.Transaction{RequestID: d.in(t, m.ID, "submitted").Provider.Transaction, Reference: m.Reference, Asset: "ETH", Amount: "0.25", Address: address}
}

// What a failed transfer has used up of a cap is given back once, when the provider says that it failed; and a request that
// comes for it afterwards is rejected.
func TestClaim_C4_FailedTransferGivesBackItsCaps(t *testing.T) {
	d := newDesk(t, local.Options{})
	d.enact(t, d.home, dailyETH)
	d.api.Script()
	made := d.ordered(t, newName("fails"))
	tx := d.asked(t, made)
	if a := ask(t, d.provider, tx); a.Action != "APPROVE" {
		t.Fatalf("the approval: %+v", a)
	}
	if used := d.usage(t, d.home).Caps[0].Used; used != "0.25" {
		t.Errorf("approved: %s is used up, want 0.25", used)
	}
	d.api.Move(tx.RequestID, "FAILED", "WHY")
	d.until(t, made.ID, "failed")
	for range 2 {
		d.advance(t, made.ID)
	}
	if used := d.usage(t, d.home).Caps[0].Used; used != "0" {
		t.Errorf("failed: %s is used up, want 0", used)
	}
	releases := 0
	for _, item := range d.dump(t).audit {
		if item.attributes["action"] == "reservation.release" {
			releases++
		}
	}
	if releases != 1 {
		t.Errorf("%d releases in the trail, want 1", releases)
	}
	tx.Signing = true
	if a := ask(t, d.provider, tx); a.Action != "REJECT" {
		t.Errorf("the signature of what failed: %+v", a)
	}
	d.dump(t).verify(t)
}

// tells reports whether the entry of a request's approval says something, as JSON.
func (d dump) tells(requestID, what string) bool {
	for key, item := range d.audit {
		if after, _ := item.attributes["after"].(string); strings.HasSuffix(key.PK, "/fireblocks.tx.approval/"+requestID) && strings.Contains(after, what) {
			return true
		}
	}
	return false
}

// A request under the reference of a transfer is judged only if it asks for what was ordered.
func TestClaim_C4_RequestMustBeWhatWasOrdered(t *testing.T) {
	d := newDesk(t, local.Options{})
	d.enact(t, d.home, `{"rules":[{"id":"all","effect":"allow","match":{}}],"caps":[]}`)
	d.api.Script()
	for missing, change := range map[string]func(*simulator.Transaction){
		"intent_amount": func(tx *simulator.Transaction) { tx.Amount = "0.2500001" },
		"intent_asset":  func(tx *simulator.Transaction) { tx.Asset = "BTC" },
	} {
		tx := d.asked(t, d.ordered(t, newName("other")))
		change(&tx)
		if a := ask(t, d.provider, tx); a.Action != "REJECT" {
			t.Errorf("%s: %+v", missing, a)
		}
		told := d.decisions(t, tx.RequestID)["fireblocks.tx.approval"]
		if told["reason"] != "inconsistent" || !d.dump(t).tells(tx.RequestID, `"missing":["`+missing+`"]`) {
			t.Errorf("%s: rejected as %v", missing, told["reason"])
		}
	}
	if a := ask(t, d.provider, d.asked(t, d.ordered(t, newName("same")))); a.Action != "APPROVE" {
		t.Errorf("what was ordered: %+v", a)
	}
}

// A policy can ask whether a transfer was made through zenvault, and by which API key.
func TestClaim_C4_PolicyKnowsWhoAskedForATransfer(t *testing.T) {
	d := newDesk(t, local.Options{})
	d.api.Script()
	for match, want := range map[string]struct{ ordered, past string }{
		`{"intent":true}`:                       {"APPROVE", "REJECT"},
		`{"intent":false}`:                      {"REJECT", "APPROVE"},
		`{"initiator":"` + d.homeKey.ID + `"}`:  {"APPROVE", "REJECT"},
		`{"initiator":"` + d.otherKey.ID + `"}`: {"REJECT", "REJECT"},
	} {
		d.enact(t, d.home, `{"rules":[{"id":"who","effect":"allow","match":`+match+`}],"caps":[]}`)
		if a := ask(t, d.provider, d.asked(t, d.ordered(t, newName("who")))); a.Action != want.ordered {
			t.Errorf("%s, ordered: %+v, want %s", match, a, want.ordered)
		}
		if a := ask(t, d.provider, transfer(d.home, "past")); a.Action != want.past {
			t.Errorf("%s, past zenvault: %+v, want %s", match, a, want.past)
		}
	}
}
