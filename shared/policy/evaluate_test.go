package policy_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/signing"
)

// transfer is a request from vault account 0.
func transfer(asset, amount string, to ...signing.Party) signing.Request {
	d := decimal(amount)
	return signing.Request{Operation: "TRANSFER", Asset: asset, Amount: &d,
		Source: signing.Party{Type: "VAULT_ACCOUNT", ID: "0"}, Destinations: to}
}

func wallet(address string, whitelisted bool) signing.Party {
	return signing.Party{Type: "EXTERNAL_WALLET", ID: "w1", Address: address, Whitelisted: &whitelisted}
}

const treasury = `{"rules":[
 {"id":"btc-out","effect":"allow","match":{"operation":"TRANSFER","asset":"BTC","source":{"type":"VAULT_ACCOUNT"},"destination":{"whitelisted":true}}},
 {"id":"small","effect":"allow","match":{"asset":"ETH","amount":{"max":"0.5"},"destination":{"address":"0xAbCd"}}},
 {"id":"bad-place","effect":"deny","match":{"destination":{"address":"bc1qBAD"}}}],
"caps":[{"id":"btc-ten","match":{},"per":"transaction","asset":"BTC","amount":"10"}]}`

// The verdict of a policy, with the rules and caps that spoke and what was missing.
func TestVerdicts(t *testing.T) {
	unknown := signing.Party{Type: "EXTERNAL_WALLET", Address: "bc1q1"}
	hidden := signing.Party{Type: "VAULT_ACCOUNT", ID: "1"}
	noAmount := transfer("BTC", "1", wallet("bc1q1", true))
	noAmount.Amount = nil
	for name, c := range map[string]struct {
		request signing.Request
		want    signing.Verdict
	}{
		"inside": {transfer("BTC", "10.000", wallet("bc1q1", true)),
			signing.Verdict{Approve: true, Reason: "allowed", Rules: []string{"btc-out"}, Caps: []string{"btc-ten"}}},
		"over the cap": {transfer("BTC", "10.00000001", wallet("bc1q1", true)),
			signing.Verdict{Reason: "cap_exceeded", Rules: []string{"btc-out"}, Caps: []string{"btc-ten"}}},
		"not whitelisted": {transfer("BTC", "1", wallet("bc1q1", false)), signing.Verdict{Reason: "no_rule_allows"}},
		"not known to be whitelisted": {transfer("BTC", "1", unknown),
			signing.Verdict{Reason: "no_rule_allows", Missing: []string{"destination.whitelisted"}}},
		"deny wins, in any case": {transfer("BTC", "1", wallet("bc1qbad", true)),
			signing.Verdict{Reason: "denied", Rules: []string{"bad-place"}}},
		"a deny that can't be told": {transfer("BTC", "1", hidden),
			signing.Verdict{Reason: "data_missing", Rules: []string{"bad-place"}, Missing: []string{"destination.address"}}},
		"one of two destinations": {transfer("BTC", "1", wallet("bc1q1", true), wallet("bc1q2", false)), signing.Verdict{Reason: "no_rule_allows"}},
		"both of two": {transfer("BTC", "1", wallet("bc1q1", true), wallet("bc1q2", true)),
			signing.Verdict{Approve: true, Reason: "allowed", Rules: []string{"btc-out"}, Caps: []string{"btc-ten"}}},
		"one of two is denied": {transfer("BTC", "1", wallet("bc1q1", true), wallet("bc1qBAD", true)),
			signing.Verdict{Reason: "denied", Rules: []string{"bad-place"}}},
		"a cap that can't be told": {noAmount,
			signing.Verdict{Reason: "data_missing", Rules: []string{"btc-out"}, Caps: []string{"btc-ten"}, Missing: []string{"amount"}}},
		"hexadecimal in any case": {transfer("ETH", "0.5", wallet("0xaBcD", false)),
			signing.Verdict{Approve: true, Reason: "allowed", Rules: []string{"small"}}},
		"above the range": {transfer("ETH", "0.500000000000000001", wallet("0xAbCd", false)), signing.Verdict{Reason: "no_rule_allows"}},
		"another asset":   {transfer("SOL", "0.1", wallet("x", true)), signing.Verdict{Reason: "no_rule_allows"}},
	} {
		got := policy.Evaluate(compile(t, document(t, treasury)), c.request)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Without a policy, and under an empty one, nothing is approved.
func TestDefaultDeny(t *testing.T) {
	q := transfer("BTC", "0", wallet("bc1q1", true))
	if got := policy.Evaluate(nil, q); got.Approve || got.Reason != signing.NoPolicy {
		t.Errorf("no policy: got %+v", got)
	}
	if got := policy.Evaluate(compile(t, policy.Document{}), q); got.Approve || got.Reason != signing.NoRuleAllows {
		t.Errorf("an empty policy: got %+v", got)
	}
}

// One evaluation costs the same under 10 rules and under 2,000, the most that a document has.
func BenchmarkEvaluate(b *testing.B) {
	for _, rules := range []int{10, 100, 1000, 2000} {
		b.Run(fmt.Sprint(rules), func(b *testing.B) {
			d := policy.Document{}
			for i := range rules {
				asset, address := fmt.Sprint("ASSET", i), fmt.Sprint("bc1q", i)
				d.Rules = append(d.Rules, policy.Rule{ID: fmt.Sprint("r", i), Effect: "allow",
					Match: policy.Match{Asset: &asset, Destination: &policy.Destination{Address: &address}}})
			}
			s, q := compile(b, d), transfer("ASSET7", "1", wallet("bc1q7", true))
			for b.Loop() {
				if !policy.Evaluate(s, q).Approve {
					b.Fatal("rejected")
				}
			}
		})
	}
}
