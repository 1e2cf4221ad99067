package cosign_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// What is not signed by the cosigner of the path, over exactly these bytes, is a 401 that tells nothing more, never a
// signed rejection; nothing is decided, and it is recorded without naming anybody as its sender.
func TestNotAuthentic(t *testing.T) {
	s := newStage(t)
	good := sign(theirs(), s.request(nil))
	parts := bytes.Split(good, []byte("."))
	join := func(header, payload, signature []byte) []byte {
		return bytes.Join([][]byte{header, payload, signature}, []byte("."))
	}
	raw := []byte(`{"requestId":"req-1"}`)
	hs256 := func() []byte {
		signed := b64([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + b64(raw)
		mac := hmac.New(sha256.New, []byte(public(theirs())))
		mac.Write([]byte(signed))
		return []byte(signed + "." + b64(mac.Sum(nil)))
	}
	header := func(text string) []byte { return signRaw(theirs(), text, raw) }
	for about, body := range map[string][]byte{
		"nothing":                 nil,
		"JSON":                    []byte(`{"requestId":"req-1"}`),
		"a stranger's signature":  sign(stranger(), s.request(nil)),
		"another payload":         join(parts[0], []byte(b64(raw)), parts[2]),
		"no signature":            join(parts[0], parts[1], nil),
		"two segments":            bytes.Join(parts[:2], []byte(".")),
		"four segments":           append(bytes.Clone(good), '.'),
		"a line break at the end": append(bytes.Clone(good), '\n'),
		"a line break inside":     append(append(bytes.Clone(good[:60]), '\n'), good[60:]...),
		"a blank before it":       append([]byte(" "), good...),
		"padding":                 append(bytes.Clone(good), '='),
		"quotes":                  []byte(`"` + string(good) + `"`),
		"spare bits":              append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]+1),
		"alg none":                header(`{"typ":"JWT","alg":"none"}`),
		"alg HS256":               hs256(),
		"alg RS512":               header(`{"typ":"JWT","alg":"RS512"}`),
		"alg in other case":       header(`{"typ":"JWT","alg":"rs256"}`),
		"typ in other case":       header(`{"typ":"jwt","alg":"RS256"}`),
		"no typ":                  header(`{"alg":"RS256"}`),
		"a kid":                   header(`{"typ":"JWT","alg":"RS256","kid":"1"}`),
		"a crit":                  header(`{"typ":"JWT","alg":"RS256","crit":["b64"]}`),
		"alg twice":               header(`{"typ":"JWT","alg":"none","alg":"RS256"}`),
		"ALG beside it":           header(`{"typ":"JWT","alg":"RS256","ALG":"none"}`),
		"header with an end":      header(`{"typ":"JWT","alg":"RS256"}{}`),
		"a long header":           header(`{"typ":"JWT",` + strings.Repeat(" ", 200) + `"alg":"RS256"}`),
	} {
		answer := s.post(body)
		want := edge.Problem{Type: "urn:zenvault:problem:callback_not_authentic", Title: "Unauthorized", Status: http.StatusUnauthorized,
			Code: "callback_not_authentic", Detail: "This is not a message signed by a cosigner registered here.", RequestID: "request-1"}
		if diff := cmp.Diff(want, problem(t, answer)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
	for about, cosigner := range map[string]string{"unknown": "cos_01jdaaaaaaaaaaaaaaaaaaaaaa", "malformed": "cos_x", "empty": "", "long": strings.Repeat("x", 4000)} {
		if got, want := s.postTo(cosigner, good), s.post([]byte("x")); !cmp.Equal(got, want) {
			t.Errorf("an %s cosigner is told %s, a forgery %s", about, got.Body, want.Body)
		}
	}
	if item := s.decision("req-1", "fireblocks.tx.approval"); item != nil {
		t.Errorf("decided: %v", item)
	}
	subjects := map[string]audit.Actor{}
	for _, e := range s.denials("callback.open_denied") {
		subjects[e.After["subject"].(string)] = e.Actor
	}
	want := map[string]audit.Actor{"cosigner/" + s.cosigner: {Kind: "provider"}, "cosigner/unknown": {Kind: "provider"}}
	if diff := cmp.Diff(want, subjects); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	if got := s.claims(s.post(good)); got["action"] != "APPROVE" {
		t.Errorf("the real one: %v", got)
	}
}

// Header members may come in either order, with blanks: it is the received bytes that are verified.
func TestHeaderForms(t *testing.T) {
	s := newStage(t)
	for i, header := range []string{`{"alg":"RS256","typ":"JWT"}`, `{ "typ" : "JWT", "alg" : "RS256" }`} {
		answer := s.post(signRaw(theirs(), header, []byte(`{"requestId":"h`+string(rune('0'+i))+`"}`)))
		if got := s.claims(answer); got["action"] != "REJECT" {
			t.Errorf("%s: %v", header, got)
		}
	}
}

// Floods of forgeries cost the trail one entry a minute, and the database one read a second.
func TestForgeriesAreCheap(t *testing.T) {
	s := newStage(t)
	s.ask(nil)
	forgery := sign(stranger(), s.request(nil))
	s.post(forgery)
	s.aws.Forget()
	for range 50 {
		s.post(forgery)
	}
	if n := len(s.aws.Calls()); n > 3 { // a second or a minute may end in between
		t.Errorf("50 forgeries made %d calls", n)
	}
}

// setKeys changes a cosigner's inbound keys, as an admin's route will.
func (s *stage) setKeys(item func(ledger.Item)) {
	s.t.Helper()
	stored, err := s.ledger.GetOne(s.t.Context(), cosign.Key(s.cosigner))
	must(s.t, err)
	prior := stored.Version()
	item(stored)
	_, err = s.ledger.Commit(s.t.Context(), ledger.Change{By: admin, Action: "cosigner.update",
		Target: audit.Target{Type: "cosigner", ID: s.cosigner}, Key: cosign.Key(s.cosigner), Prior: prior, Item: stored, Else: cosign.ErrNotFound})
	must(s.t, err)
}

// A change of a cosigner's keys or workspaces holds from the next call on, in processes that know the old ones.
func TestCosignerChanges(t *testing.T) {
	s := newStage(t)
	other := s.newWorkspace()
	s.ask(nil)
	s.setKeys(func(i ledger.Item) { i["inbound_keys"] = []string{public(stranger())} })
	if answer := s.post(sign(theirs(), s.request(object{"requestId": "req-2"}))); answer.Status != http.StatusUnauthorized {
		t.Errorf("the old key still opens: %d %s", answer.Status, answer.Body)
	}
	if got := s.claims(s.post(sign(stranger(), s.request(object{"requestId": "req-3"})))); got["action"] != "APPROVE" {
		t.Errorf("the new key: %v", got)
	}
	s.setKeys(func(i ledger.Item) { i["inbound_keys"] = []string{public(theirs()), public(stranger())} })
	if got := s.ask(object{"requestId": "req-4"}); got["action"] != "APPROVE" {
		t.Errorf("both keys: %v", got)
	}
	s.setKeys(func(i ledger.Item) { i["workspaces"] = []string{other.String()} })
	if got := s.ask(object{"requestId": "req-5"}); got["action"] != "REJECT" || !strings.HasPrefix(got["rejectionReason"].(string), "foreign_reference: ") {
		t.Errorf("a workspace that was taken away: %v", got)
	}
	s.setKeys(func(i ledger.Item) { i["workspaces"] = []string{s.workspace.String()} })
	if got := s.ask(object{"requestId": "req-6"}); got["action"] != "APPROVE" {
		t.Errorf("a workspace that was given back: %v", got)
	}
}

// Without a usable response key there is a 503, and nothing is decided.
func TestNoResponseKey(t *testing.T) {
	s := newStage(t)
	key := filepath.Join(s.secrets, "fireblocks-response")
	must(t, os.Chmod(key, 0o644))
	answer := s.post(sign(theirs(), s.request(nil)))
	if p := problem(t, answer); p.Status != http.StatusServiceUnavailable || p.Code != "response_key_unavailable" {
		t.Errorf("answer: %s", answer.Body)
	}
	if item := s.decision("req-1", "fireblocks.tx.approval"); item != nil {
		t.Errorf("decided: %v", item)
	}
	must(t, os.Chmod(key, 0o600))
	if got := s.ask(nil); got["action"] != "APPROVE" {
		t.Errorf("with the key: %v", got)
	}
}
