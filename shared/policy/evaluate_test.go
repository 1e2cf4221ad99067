package policy_test

import (
	"fmt"
	"testing"
	"time"

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

// noon is that of a Wednesday.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

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
		got := policy.Consider(compile(t, document(t, treasury)), c.request, noon).Verdict
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Without a policy, and under an empty one, nothing is approved.
func TestDefaultDeny(t *testing.T) {
	q := transfer("BTC", "0", wallet("bc1q1", true))
	if got := policy.Consider(nil, q, noon).Verdict; got.Approve || got.Reason != signing.NoPolicy {
		t.Errorf("no policy: got %+v", got)
	}
	if got := policy.Consider(compile(t, policy.Document{}), q, noon).Verdict; got.Approve || got.Reason != signing.NoRuleAllows {
		t.Errorf("an empty policy: got %+v", got)
	}
}

// One evaluation costs the same under 10 rules and under 10,000, the most that a document has.
func BenchmarkEvaluate(b *testing.B) {
	for _, rules := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(rules), func(b *testing.B) {
			d := policy.Document{}
			for i := range rules {
				asset, address := fmt.Sprint("ASSET", i), fmt.Sprint("bc1q", i)
				d.Rules = append(d.Rules, policy.Rule{ID: fmt.Sprint("r", i), Effect: "allow",
					Match: policy.Match{Asset: &asset, Destination: &policy.Destination{Address: &address}}})
			}
			s, q := compile(b, d), transfer("ASSET7", "1", wallet("bc1q7", true))
			for b.Loop() {
				if !policy.Consider(s, q, noon).Verdict.Approve {
					b.Fatal("rejected")
				}
			}
		})
	}
}

// Hours are full ones in UTC, the last not included, also over midnight; a weekday is that of the moment itself.
func TestHours(t *testing.T) {
	for hours, want := range map[string][]string{
		`{"from_hour":8,"until_hour":18}`:                          {"wed 08:00", "wed 17:59", "thu 12:00"},
		`{"from_hour":18,"until_hour":8}`:                          {"wed 07:59", "wed 18:00", "wed 23:59", "thu 00:00"},
		`{"from_hour":18,"until_hour":24}`:                         {"wed 18:00", "wed 23:59"},
		`{"weekdays":["thursday"]}`:                                {"thu 00:00", "thu 12:00"},
		`{"weekdays":["thursday"],"from_hour":18,"until_hour":8}`:  {"thu 00:00"},
		`{"weekdays":["wednesday"],"from_hour":22,"until_hour":1}`: {"wed 23:59"},
	} {
		s := compile(t, document(t, rule(`{"time":`+hours+`}`)))
		var got []string
		for _, at := range []string{"wed 07:59", "wed 08:00", "wed 17:59", "wed 18:00", "wed 23:59", "thu 00:00", "thu 12:00"} {
			day := map[string]string{"wed": "2026-11-25T", "thu": "2026-11-26T"}[at[:3]]
			moment, err := time.Parse(time.RFC3339, day+at[4:]+":30Z")
			if err != nil {
				t.Fatal(err)
			}
			if policy.Consider(s, transfer("BTC", "1"), moment.In(time.FixedZone("", -7*3600))).Verdict.Approve {
				got = append(got, at)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", hours, diff)
		}
	}
}
