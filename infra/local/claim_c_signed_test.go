package local_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
)

// No message of any provider that was changed on its way, however little, is answered with a signature, unless it is read as the
// very same message: then the answer is the one that the message had, byte for byte. Nothing is written for any of them.
func TestClaim_C3_NoMutatedMessageIsAnsweredSigned(t *testing.T) {
	v := shared(t)
	workspace, lines := v.lined(t)
	type sample struct {
		path string
		good []byte
		more []codectest.Mutation
	}
	samples := map[string]sample{
		"fireblocks": {path: "/cosigner/fireblocks/" + v.cosigner + "/v2/tx_sign_request", good: sign(t, v.provider, transfer(v.home, "mutated").Payload())},
		"fireblocks configuration": {path: "/cosigner/fireblocks/" + v.cosigner + "/v2/config_change_sign_request",
			good: sign(t, v.provider, map[string]any{"requestId": "cfg-mutated", "type": "EXCHANGE", "extraInfo": map[string]any{"a": 1}})},
	}
	for provider, l := range lines {
		s := sample{path: l.path, good: l.message(t, want(workspace, "mutated"))}
		if provider == "safeheron" {
			s.more = codectest.Members(s.good)
		}
		samples[provider] = s
	}
	for about, s := range samples {
		first := v.send(t, request{method: "POST", path: s.path, body: string(s.good)})
		if first.status != 200 {
			t.Fatalf("%s: the message itself: %d %s", about, first.status, first.body)
		}
		before, same := v.dump(t), 0
		for _, m := range slices.Concat(codectest.Bytes(s.good, max(1, len(s.good)/24)), s.more) {
			got := v.send(t, request{method: "POST", path: s.path, body: string(m.Body)})
			switch {
			case got.status == 200 && !m.Refused && bytes.Equal([]byte(got.body), []byte(first.body)):
				same++
			case got.status != 401 || got.code() != "callback_not_authentic":
				t.Errorf("%s, %s: got %d %s", about, m.About, got.status, got.body)
			}
		}
		unchanged(t, about+", mutated", before, v.dump(t))
		if about == "safeheron" && same == 0 {
			t.Error("no other spacing was read as the same")
		}
	}
}

// A signature is released only over what was declared and judged: the hash is that of the transaction beside it, which moves
// the declared amount to the declared destination.
func TestWhatIsSignedIsWhatWasDeclared(t *testing.T) {
	v := shared(t)
	const (
		rawTx = "02ef0104843b9aca008506a0c1987d825208945dc69b1fbb13bafd09af88a782f0f285772ad5f8872386f26fc1000080c0"
		hash  = "77b4e74099ce90c08503c0e0bb6e672dbe1c5e3e127ce333bf22eb581cd3f6ce" // the vendor's example: 0.01 ETH to the address
	)
	for about, c := range map[string]struct {
		amount, to, rawTx, hash string
		action                  string
	}{
		"what was declared":   {"0.01", address, rawTx, hash, "APPROVE"},
		"another hash":        {"0.01", address, rawTx, strings.Repeat("00", 32), "REJECT"},
		"another transaction": {"0.01", address, strings.Replace(rawTx, "2386f2", "2386f3", 1), hash, "REJECT"},
		"less was declared":   {"0.009", address, rawTx, hash, "REJECT"},
		"more was declared":   {"0.02", address, rawTx, hash, "REJECT"},
		"to another":          {"0.01", "0x0000000000000000000000000000000000000001", rawTx, hash, "REJECT"},
		"unreadable":          {"0.01", address, "00", hash, "REJECT"},
	} {
		tx := transfer(v.home, strings.ReplaceAll(about, " ", "-"))
		tx.Amount, tx.Address, tx.Signing = c.amount, c.to, true
		payload := tx.Payload()
		payload["rawTx"] = []map[string]string{{"keyDerivationPath": "[ 44, 60, 0, 0, 0 ]", "rawTx": c.rawTx, "payload": c.hash}}
		answer := post(t, v.provider, sign(t, v.provider, payload))
		if answer.Action != c.action || c.action == "REJECT" && !strings.HasPrefix(answer.Reason, "inconsistent:") {
			t.Errorf("%s: got %s, %q, want %s", about, answer.Action, answer.Reason, c.action)
		}
		stored := v.decisions(t, tx.RequestID)["fireblocks.tx.signing"]
		if got := stored["decision"]; got != strings.ToLower(c.action) {
			t.Errorf("%s: stored is %v", about, got)
		}
	}
}

// The repeat of an answered request may tell another value in USD, as the market moves: it is answered as the first time.
func TestClaim_C1_RetryAtAnotherPriceIsVerbatim(t *testing.T) {
	v := shared(t)
	tx := transfer(v.home, "priced")
	var first []byte
	for _, usd := range []string{"18.74292937", "25.1", "0"} {
		payload := tx.Payload()
		payload["destinations"].([]map[string]any)[0]["amountUSD"] = json.Number(usd)
		answer := post(t, v.provider, sign(t, v.provider, payload))
		if answer.Action != "APPROVE" {
			t.Fatalf("at %s: %+v", usd, answer)
		}
		if first == nil {
			first = answer.Body
		}
		same(t, "at "+usd, first, answer.Body)
	}
}
