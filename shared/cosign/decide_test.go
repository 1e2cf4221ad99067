package cosign_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// A callback inside the policy is approved in the co-signer's words; decision, entry and event are there, and say by which
// rule, cap and version.
func TestApprove(t *testing.T) {
	s := newStage(t)
	s.aws.Forget()
	got := s.ask(nil)
	if diff := cmp.Diff(object{"action": "APPROVE", "requestId": "req-1"}, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	item := s.decision("req-1", "fireblocks.tx.approval")
	want := ledger.Item{
		"pk": "decision#" + s.cosigner + "#req-1", "sk": "fireblocks.tx.approval", "version": int64(1),
		"workspace": s.workspace.String(), "ref": s.workspace.String() + ":order-1",
		"signature": "valid", "decision": "approve", "reason": "allowed", "policy_version": int64(1),
		"claims": []byte(`{"action":"APPROVE","requestId":"req-1"}`), "response_key": "dir:fireblocks-response#" + version(ours()),
	}
	ignored := cmpopts.IgnoreMapEntries(func(name string, _ any) bool {
		return name == "audit_hash" || name == "digest" || name == "decided_at"
	})
	if diff := cmp.Diff(want, item, ignored); diff != "" {
		t.Errorf("stored decision (-want +got):\n%s", diff)
	}
	entries := s.trail("req-1", "fireblocks.tx.approval")
	if len(entries) != 1 || entries[0].Action != "decision.approve" || entries[0].Actor.ID != s.cosigner ||
		entries[0].Workspace != s.workspace.String() || entries[0].IP != "203.0.113.7" {
		t.Fatalf("entries: %+v", entries)
	}
	told := audit.Fields{
		"cosigner": s.cosigner, "provider": "fireblocks", "external_id": "req-1", "kind": "fireblocks.tx.approval", "tx_id": "tx-1",
		"ref": s.workspace.String() + ":order-1", "operation": "TRANSFER", "asset": "ETH", "amount": "0.01",
		"signature": "valid", "decision": "approve", "reason": "allowed", "policy_version": int64(1), "spent": []string{},
		"rules": []string{"pay"}, "caps": []string{"one-eth"}, "missing": []string{},
		"source": audit.Fields{"type": "VAULT", "id": "0"}, "destinations": entries[0].After["destinations"], "digest": item["digest"],
	}
	if diff := cmp.Diff(told, entries[0].After); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if s.announced() != 1 {
		t.Errorf("%d events were announced, want 1", s.announced())
	}
	if !strings.Contains(s.log.String(), `"decision":"approve"`) {
		t.Errorf("the request's log record does not tell the decision:\n%s", s.log)
	}
}

// What is not inside the policy is rejected for the first reason that speaks, and the stored decision and its entry tell which.
func TestReject(t *testing.T) {
	s := newStage(t)
	bare, strangers := s.newWorkspace(), s.newWorkspace()
	s.cosigner = s.register(s.workspace, bare)
	one := func(changes object) []object {
		d := object{"amountNativeStr": "0.01", "dstAddressType": "WHITELISTED", "dstId": "1", "dstType": "VAULT"}
		for name, value := range changes {
			d[name] = value
		}
		return []object{d}
	}
	cases := []struct {
		id      string
		changes object
		reason  string
		told    string
		rules   []string
		caps    []string
		missing []string
		event   bool
	}{
		{"operation", object{"operation": "CONTRACT_CALL"}, "unsupported_kind", "requests of this kind are not supported", nil, nil, nil, true},
		{"operation-lower", object{"operation": "transfer"}, "unsupported_kind", "requests of this kind are not supported", nil, nil, nil, true},
		{"no-operation", object{"operation": nil}, "unsupported_kind", "requests of this kind are not supported", nil, nil, nil, true},
		{"no-ref", object{"externalTxId": nil}, "no_reference", "the request has no customer reference", nil, nil, nil, false},
		{"empty-ref", object{"externalTxId": ""}, "no_reference", "the request has no customer reference", nil, nil, nil, false},
		{"other-ref", object{"externalTxId": "order-7"}, "foreign_reference", "the customer reference is not of a workspace of this cosigner", nil, nil, nil, false},
		{"foreign", object{"externalTxId": strangers.String() + ":order-1"}, "foreign_reference", "the customer reference is not of a workspace of this cosigner", nil, nil, nil, false},
		{"no-policy", object{"externalTxId": bare.String() + ":order-1"}, "no_policy", "the workspace has no published policy", nil, nil, nil, true},
		{"sum", object{"amountStr": "0.02"}, "inconsistent", "the request contradicts itself", nil, nil, []string{"destinations_sum"}, true},
		{"exponent", object{"amountStr": "1e-2"}, "inconsistent", "the request contradicts itself", nil, nil, []string{"amount_malformed"}, true},
		{"address", object{"destAddress": "0x0000000000000000000000000000000000000000"}, "inconsistent", "the request contradicts itself", nil, nil, []string{"destination_address"}, true},
		{"party", object{"destId": "2"}, "inconsistent", "the request contradicts itself", nil, nil, []string{"destination_party"}, true},
		{"denied", object{"destId": "13", "destinations": one(object{"dstId": "13"})}, "denied", "a rule of the policy denies it", []string{"not-13"}, nil, nil, true},
		{"asset", object{"asset": "BTC"}, "no_rule_allows", "no rule of the policy allows it", nil, nil, nil, true},
		{"source", object{"sourceId": "5"}, "no_rule_allows", "no rule of the policy allows it", nil, nil, nil, true},
		{"one-time", object{"destAddressType": "ONE_TIME", "destinations": one(object{"dstAddressType": "ONE_TIME"})}, "no_rule_allows", "no rule of the policy allows it", nil, nil, nil, true},
		{"untold", object{"destAddressType": nil, "destinations": one(object{"dstAddressType": ""})}, "no_rule_allows", "no rule of the policy allows it", nil, nil, []string{"destination.whitelisted"}, true},
		{"cap", object{"amountStr": "1.000000000000000001", "destinations": one(object{"amountNativeStr": "1.000000000000000001"})}, "cap_exceeded", "it is above a cap of the policy", []string{"pay"}, []string{"one-eth"}, nil, true},
		{"no-amount", object{"amountStr": nil}, "data_missing", "the request does not tell what the policy asks for", []string{"pay"}, []string{"one-eth"}, []string{"amount"}, true},
		{"no-dest", object{"destId": nil, "destinations": one(object{"dstId": ""})}, "data_missing", "the request does not tell what the policy asks for", []string{"not-13"}, nil, []string{"destination.id"}, true},
	}
	for _, c := range cases {
		t.Run(c.id, func(t *testing.T) {
			c.changes["requestId"] = c.id
			s.t = t
			s.aws.Forget()
			got := s.ask(c.changes)
			if diff := cmp.Diff(object{"action": "REJECT", "requestId": c.id, "rejectionReason": c.reason + ": " + c.told}, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if (s.announced() == 1) != c.event {
				t.Errorf("%d events were announced, want %v", s.announced(), c.event)
			}
			item := s.decision(c.id, "fireblocks.tx.approval")
			type told struct {
				Signature, Decision, Reason any
				Rules, Caps, Missing        any
			}
			list := func(l []string) []string { return append([]string{}, l...) }
			want := told{"valid", "reject", c.reason, list(c.rules), list(c.caps), list(c.missing)}
			trail := s.trail(c.id, "fireblocks.tx.approval")
			if len(trail) != 1 || trail[0].Action != "decision.reject" {
				t.Fatalf("entries: %+v, want one of decision.reject", trail)
			}
			after := trail[0].After
			is := told{after["signature"], after["decision"], after["reason"], after["rules"], after["caps"], after["missing"]}
			if diff := cmp.Diff(want, is); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			kept := []any{item["signature"], item["decision"], item["reason"]}
			if diff := cmp.Diff([]any{"valid", "reject", c.reason}, kept); diff != "" {
				t.Errorf("stored decision (-want +got):\n%s", diff)
			}
		})
	}
}

// A repeated callback gets the first answer byte for byte, with no second entry: from the same process, from a new one,
// after the policy changed, with other text around the same request.
func TestRepeat(t *testing.T) {
	s := newStage(t)
	body := sign(theirs(), s.request(nil))
	first := s.post(body)
	s.claims(first)
	same := func(about string, again edge.Response) {
		t.Helper()
		if !bytes.Equal(first.Body, again.Body) || again.Status != first.Status {
			t.Errorf("%s: got %s, want %s", about, again.Body, first.Body)
		}
	}
	same("at once", s.post(body))
	s.restart()
	same("after a restart", s.post(body))
	s.publish(s.workspace, `{"rules": [], "caps": []}`)
	same("under another policy", s.post(body))
	same("from another signer", s.post(sign(theirs(), s.request(object{"signerId": "signer-2", "note": "again", "amountStr": "0.01"}))))
	if n := len(s.trail("req-1", "fireblocks.tx.approval")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
	if got := s.ask(object{"requestId": "req-2"}); got["action"] != "REJECT" {
		t.Errorf("a new request under the new policy: %v", got)
	}
}

// The approval and the signing of one transaction, which have one id, are two decisions.
func TestStages(t *testing.T) {
	s := newStage(t)
	s.ask(nil)
	s.publish(s.workspace, `{"rules": [], "caps": []}`)
	for about, mark := range map[string]object{
		"fee": {"fee": "0.0005"}, "fee as a number": {"fee": 0.0005}, "rawTx": {"rawTx": []object{}}, "players": {"players": []string{"p"}},
	} {
		mark["requestId"] = "req-" + strings.ReplaceAll(about, " ", "-")
		if about == "fee" {
			mark["requestId"] = "req-1"
		}
		if got := s.ask(mark); got["action"] != "REJECT" {
			t.Errorf("%s: signing was answered %v from the approval", about, got)
		}
	}
	if s.decision("req-1", "fireblocks.tx.signing")["decision"] != "reject" || s.decision("req-1", "fireblocks.tx.approval")["decision"] != "approve" {
		t.Error("the two stages are not stored apart")
	}
}

// Another request under a used id never gets the stored answer: a signing is rejected, an approval sent away with RETRY,
// and both are recorded. What is stored stays.
func TestConflict(t *testing.T) {
	changes := map[string]object{
		"amount":  {"amountStr": "0.02", "destinations": []object{{"amountNativeStr": "0.02", "dstId": "1", "dstType": "VAULT", "dstAddressType": "WHITELISTED"}}},
		"asset":   {"asset": "BTC"},
		"address": {"destAddress": "0x1111111111111111111111111111111111111111", "destinations": nil},
		"tag":     {"destTag": "7"},
		"raw":     {"rawTx": []object{{"keyDerivationPath": "[ 44, 60, 0, 0, 0 ]", "rawTx": "02", "payload": "77"}}},
	}
	s := newStage(t)
	signing := object{"players": []string{"p"}, "rawTx": []object{{"keyDerivationPath": "[ 44, 60, 0, 0, 0 ]", // 0.01 ETH to the address
		"rawTx":   "02ef0104843b9aca008506a0c1987d825208945dc69b1fbb13bafd09af88a782f0f285772ad5f8872386f26fc1000080c0",
		"payload": "77b4e74099ce90c08503c0e0bb6e672dbe1c5e3e127ce333bf22eb581cd3f6ce"}}}
	s.ask(nil)
	if got := s.ask(signing); got["action"] != "APPROVE" {
		t.Fatalf("signing: %v", got)
	}
	before := []ledger.Item{s.decision("req-1", "fireblocks.tx.approval"), s.decision("req-1", "fireblocks.tx.signing")}
	for about, change := range changes {
		if about != "raw" {
			if got := s.ask(change); !cmp.Equal(got, object{"action": "RETRY", "requestId": "req-1"}) {
				t.Errorf("approval with another %s: %v", about, got)
			}
		}
		both := object{}
		for _, some := range []object{signing, change} {
			for name, value := range some {
				both[name] = value
			}
		}
		want := object{"action": "REJECT", "requestId": "req-1", "rejectionReason": "conflicting: another request with this id was answered before"}
		if got := s.ask(both); !cmp.Equal(got, want) {
			t.Errorf("signing with another %s: %v", about, got)
		}
	}
	after := []ledger.Item{s.decision("req-1", "fireblocks.tx.approval"), s.decision("req-1", "fireblocks.tx.signing")}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the stored decisions changed (-before +after):\n%s", diff)
	}
	subjects := map[string]bool{}
	for _, e := range s.denials("cosign.conflict_denied") {
		subjects[e.After["subject"].(string)] = true
	}
	want := map[string]bool{"decision/" + s.cosigner + "/fireblocks.tx.approval/req-1": true, "decision/" + s.cosigner + "/fireblocks.tx.signing/req-1": true}
	if diff := cmp.Diff(want, subjects); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// Of many sendings at once, one decides, and all get its bytes.
func TestParallel(t *testing.T) {
	s := newStage(t)
	body := sign(theirs(), s.request(nil))
	answers := make([]edge.Response, 16)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = s.post(body) })
	}
	all.Wait()
	for _, answer := range answers {
		if !bytes.Equal(answer.Body, answers[0].Body) {
			t.Errorf("%d %s, want %s", answer.Status, answer.Body, answers[0].Body)
		}
	}
	s.claims(answers[0])
	if n := len(s.trail("req-1", "fireblocks.tx.approval")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

// A decision in a warm process takes one batch of reads and one transaction; a repeat takes the batch alone.
func TestRoundTrips(t *testing.T) {
	s := newStage(t)
	s.ask(nil)
	calls := func(changes object) []string {
		s.aws.Forget()
		s.ask(changes)
		var names []string
		for _, c := range s.aws.Calls() {
			names = append(names, c.Operation[strings.LastIndex(c.Operation, ".")+1:])
		}
		return names
	}
	if diff := cmp.Diff([]string{"BatchGetItem", "TransactWriteItems", "SendMessageBatch"}, calls(object{"requestId": "req-2"})); diff != "" {
		t.Errorf("a decision (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"BatchGetItem"}, calls(object{"requestId": "req-2"})); diff != "" {
		t.Errorf("a repeat (-want +got):\n%s", diff)
	}
}

func problem(t *testing.T, r edge.Response) edge.Problem {
	t.Helper()
	var p edge.Problem
	if err := json.Unmarshal(r.Body, &p); err != nil || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("not a problem: %d %s", r.Status, r.Body)
	}
	return p
}

// An authentic message that can't be read is told so, recorded, and decides nothing.
func TestUnreadable(t *testing.T) {
	s := newStage(t)
	for about, payload := range map[string]string{
		"no JSON":            `requestId`,
		"an array":           `[]`,
		"no requestId":       `{"operation":"TRANSFER"}`,
		"empty requestId":    `{"requestId":""}`,
		"blank requestId":    `{"requestId":"a b"}`,
		"long requestId":     `{"requestId":"` + strings.Repeat("x", 201) + `"}`,
		"hash in requestId":  `{"requestId":"a#b"}`,
		"number requestId":   `{"requestId":7}`,
		"twice":              `{"requestId":"a","requestId":"b"}`,
		"twice inside":       `{"requestId":"a","extra":{"b":1,"b":2}}`,
		"trailing":           `{"requestId":"a"}{}`,
		"bad UTF-8":          "{\"requestId\":\"a\",\"note\":\"\xff\"}",
		"amount as a number": `{"requestId":"a","amountStr":1}`,
	} {
		answer := s.post(signRaw(theirs(), `{"typ":"JWT","alg":"RS256"}`, []byte(payload)))
		if p := problem(t, answer); answer.Status != http.StatusBadRequest || p.Code != "callback_unreadable" {
			t.Errorf("%s: %d %s", about, answer.Status, answer.Body)
		}
	}
	denials := s.denials("callback.open_denied")
	if len(denials) != 1 || denials[0].Actor.ID != s.cosigner || denials[0].After["why"] != "callback_unreadable" {
		t.Errorf("recorded: %+v", denials)
	}
}
