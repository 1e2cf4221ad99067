package transfer_test

import (
	"testing"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/transfer"
)

// A stored transfer is found by its reference alone in one read, and gives what a request must agree with.
func TestIntentByReference(t *testing.T) {
	s := newStack(t)
	v, ref := s.made("intent")
	want := []transfer.State{transfer.Created, transfer.Submitted}
	for i, step := range []func(){func() {}, func() { s.must(s.look(v.ID)) }} {
		step()
		item, err := s.Ledger.GetOne(t.Context(), transfer.Key(ref))
		s.must(err)
		intent, err := transfer.ParseIntent(item)
		s.must(err)
		if intent.Initiator != "key_01jd0000000000000000000000" || intent.State != want[i] || intent.Asset != "ETH" || intent.Amount != number(t, "0.25") {
			t.Errorf("the intent is %+v", intent)
		}
	}
	if _, err := transfer.ParseIntent(ledger.Item{"reference": "x"}); err == nil {
		t.Error("half an item is an intent")
	}
}

// A request agrees with the intent in all that it names, or what disagrees is named: what it does not tell disagrees.
func TestContradicts(t *testing.T) {
	known := custody.Party{Type: "EXTERNAL_WALLET", ID: "w1"}
	address := custody.Party{Type: custody.OneTime, Address: "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", Tag: "7"}
	exact := custody.Party{Type: custody.OneTime, Address: "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh"}
	quantity := func(text string) *amount.Decimal { d := number(t, text); return &d }
	good := func() signing.Request {
		return signing.Request{Operation: "TRANSFER", Asset: "ETH", Amount: quantity("0.2500"), Source: signing.Party{Type: "VAULT", ID: "0"},
			Destinations: []signing.Party{{Type: "EXTERNAL_WALLET", ID: "w1", Address: "0xabc"}}}
	}
	to := func(p ...signing.Party) func(*signing.Request) {
		return func(r *signing.Request) { r.Destinations = p }
	}
	for _, c := range []struct {
		name   string
		to     custody.Party
		state  transfer.State
		change func(*signing.Request)
		want   string
	}{
		{"the same", known, transfer.Submitted, func(*signing.Request) {}, ""},
		{"the same, its answer on the way", known, transfer.Submitting, func(*signing.Request) {}, ""},
		{"not ordered", known, transfer.Created, func(*signing.Request) {}, "state"},
		{"cancelled", known, transfer.Cancelled, func(*signing.Request) {}, "state"},
		{"failed", known, transfer.Failed, func(*signing.Request) {}, "state"},
		{"completed", known, transfer.Completed, func(*signing.Request) {}, "state"},
		{"no state", known, "", func(*signing.Request) {}, "state"},
		{"another asset", known, transfer.Submitted, func(r *signing.Request) { r.Asset = "ETH_TEST" }, "asset"},
		{"no asset", known, transfer.Submitted, func(r *signing.Request) { r.Asset = "" }, "asset"},
		{"more", known, transfer.Submitted, func(r *signing.Request) { r.Amount = quantity("0.250000000000000001") }, "amount"},
		{"less", known, transfer.Submitted, func(r *signing.Request) { r.Amount = quantity("0.2") }, "amount"},
		{"no amount", known, transfer.Submitted, func(r *signing.Request) { r.Amount = nil }, "amount"},
		{"another source", known, transfer.Submitted, func(r *signing.Request) { r.Source.ID = "1" }, "source"},
		{"a source of another type", known, transfer.Submitted, func(r *signing.Request) { r.Source.Type = "EXCHANGE" }, "source"},
		{"no source", known, transfer.Submitted, func(r *signing.Request) { r.Source = signing.Party{} }, "source"},
		{"another destination", known, transfer.Submitted, to(signing.Party{Type: "EXTERNAL_WALLET", ID: "w2"}), "destination"},
		{"a destination of another type", known, transfer.Submitted, to(signing.Party{Type: "INTERNAL_WALLET", ID: "w1"}), "destination"},
		{"no destination", known, transfer.Submitted, to(), "destination"},
		{"two destinations", known, transfer.Submitted, to(signing.Party{Type: "EXTERNAL_WALLET", ID: "w1"}, signing.Party{Type: "EXTERNAL_WALLET", ID: "w1"}), "destination"},
		{"the address", address, transfer.Submitted, to(signing.Party{Type: custody.OneTime, Address: "0x5DC69b1fbb13bafd09af88a782f0f285772ad5f8", Tag: "7"}), ""},
		{"another address", address, transfer.Submitted, to(signing.Party{Type: custody.OneTime, Address: "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f9", Tag: "7"}), "destination"},
		{"another tag", address, transfer.Submitted, to(signing.Party{Type: custody.OneTime, Address: "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", Tag: "8"}), "destination"},
		{"no tag", address, transfer.Submitted, to(signing.Party{Type: custody.OneTime, Address: "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8"}), "destination"},
		{"a tag that was not asked for", exact, transfer.Submitted, to(signing.Party{Type: custody.OneTime, Address: "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", Tag: "1"}), "destination"},
		{"an address in another case that is another one", exact, transfer.Submitted, to(signing.Party{Type: custody.OneTime, Address: "reb8tk3gbgk5auzkwc6shnwrgvjh8dualh"}), "destination"},
		{"no address", exact, transfer.Submitted, to(signing.Party{Type: custody.OneTime}), "destination"},
	} {
		intent := transfer.Intent{State: c.state, Asset: "ETH", Amount: number(t, "0.25"), Source: custody.Party{Type: "VAULT", ID: "0"}, Destination: c.to}
		r := good()
		c.change(&r)
		if got := intent.Contradicts(r); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
