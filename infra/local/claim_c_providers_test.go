package local_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
)

// A request of any provider that comes again, signed anew and at another time, is answered byte for byte as the first time,
// also after a restart on the same state; nothing more is written.
func TestClaim_C1_EveryProvidersRetryIsVerbatimAlsoAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	started, err := local.Start(t.Context(), local.Options{Dir: dir})
	must(t, err)
	v := &vault{gateway: enter(t, started)}
	v.home = v.workspace(t, "Home")
	lines := v.lines(t, v.home)
	inside, over := want(v.home, "inside"), want(v.home, "over")
	over.amount = "1.5"
	asked := map[string]wanted{"APPROVE": inside, "REJECT": over}
	first := map[string]simulator.Answer{}
	for provider, l := range lines {
		for action, w := range asked {
			answer := l.ask(t, w)
			if answer.Action != action || answer.RequestID != w.id {
				t.Fatalf("%s: got %+v, want %s", provider, answer, action)
			}
			first[provider+action] = answer
		}
	}
	before := v.dump(t)
	for provider, l := range lines {
		for action, w := range asked {
			one, other := l.message(t, w), l.message(t, w)
			if bytes.Equal(one, other) {
				t.Fatalf("%s: two messages are the same", provider)
			}
			same(t, provider+" "+action+" again", first[provider+action].Body, l.post(t, one).Body)
			same(t, provider+" "+action+" once more", first[provider+action].Body, l.post(t, other).Body)
			same(t, provider+" "+action+", the same message", first[provider+action].Body, l.post(t, other).Body)
		}
	}
	unchanged(t, "a retry", before, v.dump(t))

	old := v.URL
	must(t, v.Close())
	v.gateway = startGateway(t, local.Options{Dir: dir})
	for provider, l := range lines {
		*l.base = v.URL + strings.TrimPrefix(*l.base, old)
		before := v.dump(t)
		for action, w := range asked {
			same(t, provider+" "+action+" after a restart", first[provider+action].Body, l.ask(t, w).Body)
		}
		unchanged(t, "a retry after a restart", before, v.dump(t))
	}
	v.dump(t).verify(t)
}

// Another content under a used id is never answered from the store at any provider: it is rejected and recorded, and what is
// stored stays.
func TestClaim_C1_OtherContentIsRejectedAtEveryProvider(t *testing.T) {
	v := shared(t)
	workspace, lines := v.lined(t)
	for provider, l := range lines {
		w := want(workspace, "used")
		first := l.ask(t, w)
		if first.Action != "APPROVE" {
			t.Fatalf("%s: the first: %+v", provider, first)
		}
		stored, before := v.decisions(t, w.id), v.dump(t)
		for field, change := range map[string]func(*wanted){
			"amount":    func(w *wanted) { w.amount = "0.26" },
			"address":   func(w *wanted) { w.address = "0x0000000000000000000000000000000000000001" },
			"reference": func(w *wanted) { w.ref = workspace + ":another" },
			"asset":     func(w *wanted) { w.asset = "BTC" },
		} {
			other := w
			change(&other)
			if a := l.ask(t, other); a.Action != "REJECT" || bytes.Equal(a.Body, first.Body) {
				t.Errorf("%s, another %s: got %+v", provider, field, a)
			}
		}
		after := v.dump(t)
		unchanged(t, "other content", before, after)
		if diff := cmp.Diff(stored, v.decisions(t, w.id)); diff != "" {
			t.Errorf("%s: the stored decision changed:\n%s", provider, diff)
		}
		if len(after.audit) == len(before.audit) && !after.hasNote("cosign.conflict_denied") {
			t.Errorf("%s: the conflict is not recorded", provider)
		}
		same(t, provider+": the first again", first.Body, l.ask(t, w).Body)
	}
}

// Our own trouble is never a rejection: where a provider has no word for it, it is told without a signature, and the next
// sending is decided.
func TestClaim_C1_TroubleIsNeverSignedWhereThereIsNoWordForIt(t *testing.T) {
	v := shared(t)
	workspace, lines := v.lined(t)
	for provider, l := range lines {
		for name, lost := range map[string]struct {
			effect fault.Effect
			stored int
		}{"request": {fault.LostRequest, 0}, "reply": {fault.LostReply, 1}} {
			w := want(workspace, "trouble")
			armed := v.Emulator.Faults().Add(fault.Rule{Operation: transact, Effect: lost.effect})
			trouble := l.ask(t, w)
			v.Emulator.Faults().Clear()
			if trouble.Status != 503 || trouble.Action != "" || armed.Hits() == 0 || !bytes.Contains(trouble.Body, []byte("decision_unavailable")) {
				t.Errorf("%s, lost %s: got %d %s after %d lost calls", provider, name, trouble.Status, trouble.Body, armed.Hits())
			}
			if stored := len(v.decisions(t, w.id)); stored != lost.stored {
				t.Errorf("%s, lost %s: %d decisions are stored", provider, name, stored)
			}
			if a := l.ask(t, w); a.Action != "APPROVE" {
				t.Errorf("%s: the next sending: %+v", provider, a)
			}
		}
	}
}

// A reference of a workspace that the co-signer does not serve, or that is none of ours, is rejected and recorded under no
// workspace, whichever provider passes it on.
func TestClaim_C2_ForeignReferenceIsRejectedAtEveryProvider(t *testing.T) {
	v := shared(t)
	_, lines := v.lined(t)
	for provider, l := range lines {
		for name, tt := range map[string]struct{ ref, reason string }{
			"another's": {v.outside + ":pay", "foreign_reference"},
			"no key":    {v.outside + ":", "foreign_reference"},
			"free text": {"pay", "foreign_reference"},
			"none":      {"", "no_reference"},
		} {
			w := want(v.outside, strings.ReplaceAll(name, " ", "-"))
			w.ref = tt.ref
			before := v.dump(t)
			a := l.ask(t, w)
			if a.Action != "REJECT" || strings.Contains(a.Reason, v.outside) || bytes.Contains(a.Body, []byte(v.outside)) {
				t.Errorf("%s, %s: got %+v", provider, name, a)
			}
			_, entries := before.changes(v.dump(t))
			if len(entries) != 1 || entries[0].After["reason"] != tt.reason || entries[0].Workspace != "" || entries[0].Actor.ID != l.cosigner {
				t.Errorf("%s, %s: recorded %+v", provider, name, entries)
			}
		}
	}
}

// honest wants one stored rejection of an authentic request for its kind, and one entry that says the same.
func (v *vault) honest(t testing.TB, about, id, kind string, before dump) {
	t.Helper()
	_, entries := before.changes(v.dump(t))
	if len(entries) != 1 {
		t.Fatalf("%s: %d entries", about, len(entries))
	}
	for where, fields := range map[string]map[string]any{"stored": v.decisions(t, id)[kind], "trail": entries[0].After} {
		got := map[string]any{"signature": fields["signature"], "decision": fields["decision"], "reason": fields["reason"]}
		want := map[string]any{"signature": "valid", "decision": "reject", "reason": "unsupported_kind"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", about, where, diff)
		}
	}
}

// Each kind of a provider's requests that no policy can judge is rejected honestly: signed, and stored with a valid
// signature as a matter of policy. That is so for the kind that Cobo's own sample does not know.
func TestClaim_C3_EveryProvidersUnsupportedKindIsRejectedHonestly(t *testing.T) {
	v := shared(t)
	workspace, lines := v.lined(t)
	for provider, l := range lines {
		for other, kind := range l.others {
			w := want(workspace, "kind")
			w.other = other
			before := v.dump(t)
			first := l.ask(t, w)
			if first.Action != "REJECT" || first.RequestID != w.id {
				t.Errorf("%s %s: got %+v", provider, other, first)
			}
			v.honest(t, provider+" "+other, w.id, kind, before)
			same(t, provider+" "+other+" again", first.Body, l.ask(t, w).Body)
		}
	}
}

// configurations are Fireblocks' types of configuration changes, and one that is none.
var configurations = []string{"UNMANAGED_WALLET", "EXCHANGE", "POLICY_APPROVAL", "FIAT_ACCOUNT", "ADD_USER", "RE_ENROLL_DEVICE",
	"ENABLE_ONE_TIME_ADDRESS", "CHANGE_QUORUM_THRESHOLD", "ADD_NETWORK_CONNECTION", "SET_NETWORK_CONNECTION_ROUTING_POLICY",
	"SET_NETWORK_ID_POLICY", "UPDATE_APPROVAL_GROUP_MAPPING", "USERS_GROUP_APPROVAL", "NOT_KNOWN_YET"}

// Every type of configuration change is rejected honestly and named in the trail. The third parties' secrets in it are in no
// table, no log and no answer.
func TestClaim_C3_ConfigurationChangesAreRejectedAndTheirSecretsKeptNowhere(t *testing.T) {
	t.Parallel()
	log := &outputs{}
	g := startGateway(t, local.Options{Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	v := &vault{gateway: g}
	v.home = v.workspace(t, "Home")
	v.cosigner, v.provider = v.register(t, v.home)
	const secret = "canary-of-an-exchange-0123456789"
	var answers []byte
	for _, kind := range configurations {
		id := "cfg-" + strings.ToLower(kind)
		token := sign(t, v.provider, map[string]any{"requestId": id, "type": kind, "signerId": "signer-1",
			"extraInfo": map[string]any{"apiKey": secret, "name": "an exchange", "nested": map[string]any{secret: secret}}})
		before := v.dump(t)
		first, err := v.provider.SendConfig(t.Context(), token)
		must(t, err)
		if first.Action != "REJECT" || first.RequestID != id || !strings.HasPrefix(first.Reason, "unsupported_kind:") {
			t.Errorf("%s: got %+v", kind, first)
		}
		v.honest(t, kind, id, "fireblocks.config", before)
		_, entries := before.changes(v.dump(t))
		if operation, _ := entries[0].After["operation"].(string); strings.TrimPrefix(operation, "unrecognised: ") != kind || (operation != kind) != (kind == "NOT_KNOWN_YET") {
			t.Errorf("%s: the trail names %q", kind, operation)
		}
		again, err := v.provider.SendConfig(t.Context(), token)
		must(t, err)
		same(t, kind+" again", first.Body, again.Body)
		other, err := v.provider.SendConfig(t.Context(), sign(t, v.provider, map[string]any{"requestId": id, "type": kind, "extraInfo": secret}))
		must(t, err)
		if other.Action != "RETRY" {
			t.Errorf("%s with another content: %+v", kind, other)
		}
		answers = append(append(answers, first.Body...), other.Body...)
	}
	unreadable, err := v.provider.SendConfig(t.Context(), sign(t, v.provider, map[string]any{"requestId": "r", "extraInfo": map[string]any{secret: secret}}))
	must(t, err)
	if unreadable.Status != 400 || unreadable.Action != "" {
		t.Errorf("what says nothing: %+v", unreadable)
	}
	forms := []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))[:40], base64.RawURLEncoding.EncodeToString([]byte(secret))[:40]}
	texts := v.dump(t).texts()
	texts["the log"], texts["the answers"] = log.text.String(), string(append(answers, unreadable.Body...))
	for where, text := range texts {
		for _, form := range forms {
			if strings.Contains(text, form) {
				t.Errorf("%s holds the secret", where)
			}
		}
	}
}

// What is not signed by the provider's co-signer, or is out of its time, is answered 401, never with a signature, and
// decides nothing.
func TestClaim_C3_NoProvidersForgeryIsAnsweredSigned(t *testing.T) {
	v := shared(t)
	workspace, lines := v.lined(t)
	for provider, l := range lines {
		w := want(workspace, "forged")
		good := string(l.message(t, w))
		late, err := l.late(w)
		must(t, err)
		other := "cobo"
		if provider == other {
			other = "safeheron"
		}
		strange := string(lines[other].message(t, w))
		forgeries := map[string]string{
			"nothing": "", "JSON": `{}`, "null": `null`, "cut": good[:len(good)-1], "twice": good + good, "a blank before it": " x" + good,
			"another provider's": strange, "out of its time": string(late),
			"alg none": "TSS_JWT_MSG=" + encodeText(`{"alg":"none","typ":"JWT"}`) + "." + encodeText(`{"package_data":"e30=","exp":4102444800}`) + ".",
		}
		for at := 0; at < len(good); at += max(1, len(good)/60) { // a change at many places, each at a value
			if c := good[at]; c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				forgeries["changed at "+good[max(0, at-8):at]] = flip(good, at)
			}
		}
		if provider == "safeheron" {
			var members map[string]string
			must(t, json.Unmarshal([]byte(good), &members))
			for name, value := range map[string]string{"timestamp": "1", "version": "v1", "bizContent": "e30=", "sig": "AAAA"} {
				changed := map[string]string{}
				for n, value := range members {
					changed[n] = value
				}
				changed[name] = value
				forgeries["another "+name] = marshal(changed)
				delete(changed, name)
				forgeries["no "+name] = marshal(changed)
				forgeries[name+" twice"] = strings.Replace(good, "{", `{"`+name+`":"`+members[name]+`",`, 1)
			}
		}
		before := v.dump(t)
		for name, forgery := range forgeries {
			got := v.send(t, request{method: "POST", path: l.path, body: forgery})
			if got.status != 401 || got.code() != "callback_not_authentic" && (got.code() != "callback_expired" || name != "out of its time") {
				t.Errorf("%s, %s: got %d %s", provider, name, got.status, got.body)
			}
		}
		unchanged(t, "a forgery", before, v.dump(t))
		if a := l.ask(t, w); a.Action != "APPROVE" {
			t.Errorf("%s: the real one: %+v", provider, a)
		}
	}
}

func encodeText(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A ping of Cobo's node is answered as one: signed, with a status and no action, so that it approves nothing under the id
// that it was given; nothing is written.
func TestClaim_C1_PingApprovesNothing(t *testing.T) {
	v := shared(t)
	workspace, lines := v.lined(t)
	l := lines["cobo"]
	c, err := simulator.NewCobo()
	must(t, err)
	id, path := v.enlist(t, "cobo", c.PublicKeyPEM(), local.SigningKey, workspace)
	c.BaseURL, c.Answers = v.URL+path, &v.signingKey(t).PublicKey
	w := want(workspace, "pinged")
	before := v.dump(t)
	content, err := simulator.CoboTask{RequestID: w.id, Type: simulator.CoboPing}.Content()
	must(t, err)
	ping, err := c.Sign(content, time.Now().Add(time.Minute))
	must(t, err)
	answer, err := c.Send(t.Context(), ping)
	must(t, err)
	if answer.Status != 200 || answer.Action != "" || answer.RequestID != w.id || len(answer.Body) < 100 {
		t.Errorf("to %s: got %+v", id, answer)
	}
	unchanged(t, "a ping", before, v.dump(t))
	w.amount = "1.5"
	if a := l.ask(t, w); a.Action != "REJECT" {
		t.Errorf("a request under its id: %+v", a)
	}
}
