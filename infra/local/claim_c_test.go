package local_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/caller"
)

// transact is the one call that writes.
const transact = "DynamoDB_20120810.TransactWriteItems"

// decisions are what is stored about a request: its decision by kind.
func (v *vault) decisions(t testing.TB, requestID string) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for key, item := range v.dump(t).vault {
		if strings.HasPrefix(key.PK, "decision#") && strings.HasSuffix(key.PK, "#"+requestID) {
			found[key.SK] = item.attributes
		}
	}
	return found
}

// A retried callback is answered byte for byte as the first time, also after a restart on the same state; nothing more is
// written.
func TestClaim_C1_RetryIsVerbatimAlsoAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	started, err := local.Start(t.Context(), local.Options{Dir: dir})
	must(t, err)
	v := &vault{gateway: enter(t, started)}
	v.home = v.workspace(t, "Home")
	v.publish(t, v.home)
	v.cosigner, v.provider = v.register(t, v.home)
	over := transfer(v.home, "over")
	over.Amount = "1.5"
	tokens := map[string][]byte{
		"APPROVE": sign(t, v.provider, transfer(v.home, "inside").Payload()),
		"REJECT":  sign(t, v.provider, over.Payload()),
	}
	first := map[string]simulator.Answer{}
	for action, token := range tokens {
		if first[action] = post(t, v.provider, token); first[action].Action != action {
			t.Fatalf("got %+v, want %s", first[action], action)
		}
	}
	before := v.dump(t)
	for action, token := range tokens {
		same(t, action+" again", first[action].Body, post(t, v.provider, token).Body)
	}
	unchanged(t, "a retry", before, v.dump(t))

	must(t, v.Close())
	restarted := startGateway(t, local.Options{Dir: dir})
	v.gateway, v.provider.BaseURL = restarted, restarted.URL+"/cosigner/fireblocks/"+v.cosigner
	before = v.dump(t)
	for action, token := range tokens {
		same(t, action+" after a restart", first[action].Body, post(t, v.provider, token).Body)
	}
	after := v.dump(t)
	unchanged(t, "a retry after a restart", before, after)
	after.verify(t)
}

// The approval and the signing of one transaction are two kinds: each is decided and stored for itself.
func TestClaim_C1_ApprovalAndSigningAreTwoKinds(t *testing.T) {
	v := shared(t)
	tx := transfer(v.home, "both")
	if a := ask(t, v.provider, tx); a.Action != "APPROVE" {
		t.Fatalf("approval: %+v", a)
	}
	over := tx // approved for a quarter, signed for more: the stored approval must not speak for it
	over.Signing, over.Amount = true, "1.5"
	if a := ask(t, v.provider, over); a.Action != "REJECT" {
		t.Fatalf("signing: %+v", a)
	}
	got := map[string]any{}
	for kind, item := range v.decisions(t, tx.RequestID) {
		got[kind] = item["decision"]
	}
	want := map[string]any{"fireblocks.tx.approval": "approve", "fireblocks.tx.signing": "reject"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// Another content under a used key is never answered from the store: an approval is put off, a signing is rejected, both
// are recorded, and what is stored stays.
func TestClaim_C1_OtherContentIsNeverAnsweredFromTheStore(t *testing.T) {
	v := shared(t)
	for _, tt := range []struct {
		signing bool
		want    string
	}{{false, "RETRY"}, {true, "REJECT"}} {
		tx := transfer(v.home, "used")
		tx.Signing = tt.signing
		if a := ask(t, v.provider, tx); a.Action != "APPROVE" {
			t.Fatalf("the first: %+v", a)
		}
		stored, before := v.decisions(t, tx.RequestID), v.dump(t)
		for field, change := range map[string]func(*simulator.Transaction){
			"amount":    func(tx *simulator.Transaction) { tx.Amount = "0.26" },
			"address":   func(tx *simulator.Transaction) { tx.Address = "0x0000000000000000000000000000000000000001" },
			"reference": func(tx *simulator.Transaction) { tx.Reference = v.home + ":another" },
			"asset":     func(tx *simulator.Transaction) { tx.Asset = "BTC" },
		} {
			other := tx
			change(&other)
			if a := ask(t, v.provider, other); a.Action != tt.want {
				t.Errorf("another %s, signing %v: got %s, want %s", field, tt.signing, a.Action, tt.want)
			}
		}
		after := v.dump(t)
		unchanged(t, "other content", before, after)
		if diff := cmp.Diff(stored, v.decisions(t, tx.RequestID)); diff != "" {
			t.Errorf("the stored decision changed:\n%s", diff)
		}
		if !after.hasNote("cosign.conflict_denied") {
			t.Error("the conflict is not recorded")
		}
	}
}

func (d dump) hasNote(action string) bool {
	for key, item := range d.audit {
		if isNote(key) && item.attributes["action"] == action {
			return true
		}
	}
	return false
}

// Our own trouble is answered with RETRY, which is never stored: the next sending is decided.
func TestClaim_C1_RetryIsNeverStored(t *testing.T) {
	v := shared(t)
	tx := transfer(v.home, "trouble")
	token := sign(t, v.provider, tx.Payload())
	armed := v.Emulator.Faults().Add(fault.Rule{Operation: transact, Effect: fault.LostRequest})
	trouble := post(t, v.provider, token)
	v.Emulator.Faults().Clear()
	if trouble.Action != "RETRY" || armed.Hits() == 0 {
		t.Fatalf("got %+v after %d lost calls, want RETRY", trouble, armed.Hits())
	}
	if stored := v.decisions(t, tx.RequestID); len(stored) != 0 {
		t.Errorf("stored: %v", stored)
	}
	if a := post(t, v.provider, token); a.Action != "APPROVE" {
		t.Errorf("the next sending: %+v", a)
	}
	if item := v.decisions(t, tx.RequestID)["fireblocks.tx.approval"]; bytes.Contains(item["claims"].([]byte), []byte("RETRY")) {
		t.Error("RETRY is stored")
	}
}

// Two workspaces may use the same idempotency key: their requests never meet.
func TestClaim_C2_SameKeyOfTwoWorkspacesNeverCollides(t *testing.T) {
	v, key := shared(t), "pay-"+rand.Text()
	for _, workspace := range []string{v.home, v.other} {
		tx := transfer(workspace, "pay")
		tx.Reference = workspace + ":" + key
		if a := ask(t, v.provider, tx); a.Action != "APPROVE" {
			t.Fatalf("%s: %+v", workspace, a)
		}
		item := v.decisions(t, tx.RequestID)["fireblocks.tx.approval"]
		if item["workspace"] != workspace || item["ref"] != workspace+":"+key {
			t.Errorf("%s: the decision belongs to %v, %v", workspace, item["workspace"], item["ref"])
		}
	}
	made := map[string]endpoint{}
	for name, program := range map[string]apiKey{"home": v.homeKey, "other": v.otherKey} {
		r := request{method: "POST", path: "/v1/webhook-endpoints", token: program.Token, once: key, body: `{"url":"http://127.0.0.1:9/hooks","events":["*"]}`}
		got := v.want(t, 201, r)
		var e endpoint
		if got.decode(t, &e); e.Secret == "" || got.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s was answered with another's reply: %s", name, got.body)
		}
		made[name] = e
	}
	if made["home"].ID == made["other"].ID {
		t.Error("the two workspaces share an endpoint")
	}
}

// A reference of a workspace that the co-signer does not serve, or that is none of ours, is rejected, signed, and
// recorded under no workspace.
func TestClaim_C2_ForeignReferenceIsRejectedAndRecorded(t *testing.T) {
	v := shared(t)
	unborn := v.home[:len(v.home)-26] + "01jd0000000000000000000000"
	for name, tt := range map[string]struct{ ref, reason string }{
		"another's workspace": {v.outside + ":pay", "foreign_reference"},
		"unborn workspace":    {unborn + ":pay", "foreign_reference"},
		"no workspace":        {"pay", "foreign_reference"},
		"empty workspace":     {":pay", "foreign_reference"},
		"empty key":           {v.home + ":", "foreign_reference"},
		"two colons":          {v.home + ":" + v.outside + ":pay", "foreign_reference"},
		"blank before":        {" " + v.home + ":pay", "foreign_reference"},
		"upper case":          {strings.ToUpper(v.home) + ":pay", "foreign_reference"},
		"none":                {"", "no_reference"},
	} {
		tx := transfer(v.home, strings.ReplaceAll(name, " ", "-"))
		tx.Reference = tt.ref
		before := v.dump(t)
		a := ask(t, v.provider, tx)
		if a.Action != "REJECT" || !strings.HasPrefix(a.Reason, tt.reason+":") || strings.Contains(a.Reason, v.outside) {
			t.Errorf("%s: got %s, %q, want REJECT for %s", name, a.Action, a.Reason, tt.reason)
		}
		_, entries := before.changes(v.dump(t))
		if len(entries) != 1 || entries[0].After["reason"] != tt.reason || entries[0].Workspace != "" || entries[0].Actor.ID != v.cosigner {
			t.Errorf("%s: recorded %+v", name, entries)
		}
	}
}

// A kind that is not supported is rejected honestly: signed, and stored with a valid signature as a matter of policy.
func TestClaim_C3_UnsupportedKindIsRejectedHonestly(t *testing.T) {
	v := shared(t)
	for _, operation := range []string{"MINT", "CONTRACT_CALL", "RAW", "transfer", "NOT_KNOWN_YET"} {
		tx := transfer(v.home, operation)
		tx.Operation = operation
		before := v.dump(t)
		a := ask(t, v.provider, tx)
		if a.Action != "REJECT" || a.RequestID != tx.RequestID || !strings.HasPrefix(a.Reason, "unsupported_kind:") {
			t.Errorf("%s: got %s, %q", operation, a.Action, a.Reason)
		}
		_, entries := before.changes(v.dump(t))
		if len(entries) != 1 {
			t.Fatalf("%s: %d entries", operation, len(entries))
		}
		for where, fields := range map[string]map[string]any{"stored": v.decisions(t, tx.RequestID)["fireblocks.tx.approval"], "trail": entries[0].After} {
			got := map[string]any{"signature": fields["signature"], "decision": fields["decision"], "reason": fields["reason"]}
			want := map[string]any{"signature": "valid", "decision": "reject", "reason": "unsupported_kind"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", operation, where, diff)
			}
		}
	}
}

// What is not signed by the co-signer is answered 401, never with a signed rejection, and decides nothing.
func TestClaim_C3_InvalidSignatureIsNeverAnsweredSigned(t *testing.T) {
	v := shared(t)
	stranger, err := simulator.NewFireblocks()
	must(t, err)
	_, neighbour := v.register(t, v.outside)
	mint := transfer(v.home, "mint")
	mint.Operation = "MINT"
	good := string(sign(t, v.provider, transfer(v.home, "forged").Payload()))
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	confused := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + parts[1]
	mac := hmac.New(sha256.New, []byte(v.provider.PublicKeyPEM()))
	mac.Write([]byte(confused))
	forgeries := map[string]string{
		"a flipped bit":           flip(good, len(good)-10),
		"another payload":         parts[0] + "." + encode([]byte(`{"requestId":"x"}`)) + "." + parts[2],
		"a stranger's key":        string(sign(t, stranger, transfer(v.home, "forged").Payload())),
		"another co-signer's key": string(sign(t, neighbour, transfer(v.home, "forged").Payload())),
		"unsupported, forged":     flip(string(sign(t, v.provider, mint.Payload())), 100),
		"no algorithm":            encode([]byte(`{"typ":"JWT","alg":"none"}`)) + "." + parts[1] + ".",
		"a public key as secret":  confused + "." + encode(mac.Sum(nil)),
		"no signature":            parts[0] + "." + parts[1],
		"JSON":                    `{"requestId":"x"}`,
		"nothing":                 "",
		"a newline in the token":  good[:40] + "\n" + good[40:],
	}
	before := v.dump(t)
	for name, forgery := range forgeries {
		got := v.send(t, request{method: "POST", path: "/cosigner/fireblocks/" + v.cosigner + "/v2/tx_sign_request", body: forgery})
		if got.status != 401 || got.code() != "callback_not_authentic" {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
	after := v.dump(t)
	unchanged(t, "a forgery", before, after)
	if !after.hasNote("callback.open_denied") {
		t.Error("no forgery is recorded")
	}
	for key, item := range after.audit {
		told, _ := item.attributes["after"].(string)
		if isNote(key) && strings.Contains(told, "callback_not_authentic") && item.attributes["actor_kind"] == string(caller.Provider) && item.attributes["actor_id"] != "" {
			t.Errorf("a forgery names %v as its actor", item.attributes["actor_id"])
		}
	}
}

// flip changes one character to another of the same alphabet.
func flip(text string, at int) string {
	other := byte('A')
	if text[at] == other {
		other = 'B'
	}
	return text[:at] + string(other) + text[at+1:]
}
