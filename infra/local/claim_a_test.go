package local_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got); if this is meant, run with -update and read the difference:\n%s", path, diff)
	}
}

// volatile is what differs from one run to the next, and what stands for it.
var volatile = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`[0-9a-f]{64}`), "DIGEST"},
	{regexp.MustCompile(`[0-9a-hjkmnp-tv-z]{26}`), "ULID"},
	{regexp.MustCompile(`\b1[0-9]{12}\b`), "TIME"},
	{regexp.MustCompile(`example-[A-Z2-7]{8}`), "example-RANDOM"},
	{regexp.MustCompile(`"(published_version|policy_version|version|generation)":[0-9]+`), `"$1":N`},
}

func steady(text string) string {
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.name)
	}
	return text
}

func fieldsText(t testing.TB, f audit.Fields) string {
	t.Helper()
	text, err := f.JSON()
	must(t, err)
	return string(text)
}

// Each mutation of each mutating route leaves one entry that says who, what, to what, before, after, from where and with
// what; the golden file has them all. Secrets are redacted, and no text of one is anywhere in the trail.
func TestClaim_A1_EveryMutationRecordsWhoWhatAndFromWhere(t *testing.T) {
	v := shared(t)
	var text strings.Builder
	secrets := runs{}
	for _, row := range rows() {
		if !mutates(row.Spec) {
			continue
		}
		good := v.example(t, row.Spec)
		before := v.dump(t)
		got := v.want(t, success(row.Spec), good)
		_, entries := before.changes(v.dump(t))
		if len(entries) != 1 {
			t.Errorf("%s left %d entries, want 1", row.Spec.Name, len(entries))
			continue
		}
		e := entries[0]
		if e.IP != "127.0.0.1" || e.UserAgent != agent || e.RequestID != got.header.Get("X-Request-Id") || e.RequestID == "" {
			t.Errorf("%s: the entry is from %q, %q, %q", row.Spec.Name, e.IP, e.UserAgent, e.RequestID)
		}
		fmt.Fprintf(&text, "%s\n  %s of %s by %s %s via %s in %q\n  before %s\n  after  %s\n", row.Spec.Name, e.Action, steady(e.Target.String()),
			e.Actor.Kind, steady(e.Actor.ID), steady(e.Actor.Via), steady(e.Workspace), steady(fieldsText(t, e.Before)), steady(fieldsText(t, e.After)))
		wantActor := map[string]string{"session": v.owner, "workspace": v.owner, "apikey": v.owner, "policy": v.owner, "cosigner": v.owner,
			"connection": v.owner, "endpoint": v.homeKey.ID, "transfer": v.homeKey.ID}
		domain, _, _ := strings.Cut(row.Spec.Name, "-")
		want := wantActor[domain]
		if domain == "cosign" {
			want = strings.Split(good.path, "/")[3] // the cosigner whose callback it is
		}
		for _, token := range []string{good.token, accessIn(got.body)} {
			if subject := subjectOf(token); subject != "" {
				want = subject
			}
		}
		if row.Spec.Name == "admin-accept" || row.Spec.Name == "password-reset" { // whoever has the mailed token is the admin
			want = e.Target.ID
		}
		if e.Actor.ID != want {
			t.Errorf("%s: the entry names %s as its actor, want %s", row.Spec.Name, e.Actor.ID, want)
		}
		for _, shown := range secretsIn(got.body) {
			secrets.add([]byte(shown))
		}
	}
	golden(t, "entries.golden", text.String())
	for _, known := range []string{v.password, v.access[strings.LastIndexByte(v.access, '.'):], v.homeKey.Token[strings.LastIndex(v.homeKey.Token, "_")-40:], hashOf(t, v)} {
		secrets.add([]byte(known))
	}
	for at, stored := range (dump{audit: v.dump(t).audit}).texts() {
		if secrets.in(stored) {
			t.Errorf("a part of a secret is in the trail: %s", at)
		}
	}
}

// secretsIn finds what an answer shows once, without what may be shown of it.
func secretsIn(body []byte) []string {
	var found []string
	for _, code := range regexp.MustCompile(`"([A-Z2-7]{4}(?:-[A-Z2-7]{4}){5})"`).FindAllSubmatch(body, -1) {
		found = append(found, string(code[1]), strings.ReplaceAll(string(code[1]), "-", ""))
	}
	for _, member := range regexp.MustCompile(`"(?:token|secret|access_token|refresh_token|device_token)":"([^"]+)"`).FindAllSubmatch(body, -1) {
		text := string(member[1])
		if len(text) > 60 { // the head of a token names things
			text = text[len(text)-45:]
		}
		found = append(found, text)
	}
	return found
}

// accessIn is the access token of an answer, "" if it has none.
func accessIn(body []byte) string {
	var tokens struct {
		Access string `json:"access_token"`
	}
	if json.Unmarshal(body, &tokens) != nil {
		return ""
	}
	return tokens.Access
}

// hashOf is the owner's stored password hash without its parameters.
func hashOf(t testing.TB, v *vault) string {
	t.Helper()
	for key, item := range v.dump(t).vault {
		if key.PK == "admin#"+v.owner && key.SK == "admin" {
			hash := item.attributes["password_hash"].(string)
			return hash[strings.LastIndexByte(hash, '$')+1:]
		}
	}
	t.Fatal("the owner is not stored")
	return ""
}

// The whole trail of everything that all routes did is one chain for each target, and every item stands at the end of its
// chain: no write without its entry, no entry without its write, nothing without an owner.
func TestClaim_A2_EveryItemStandsAtTheEndOfItsChain(t *testing.T) {
	v := shared(t)
	for _, row := range rows() {
		v.want(t, success(row.Spec), v.example(t, row.Spec))
	}
	v.dump(t).verify(t)
}

// repeats is how a route tells a repeated request from a new one, where it is not by Idempotency-Key: how many entries
// there are after the first sending was done without its reply arriving, and the second was answered.
var repeats = map[string]int{
	"session-login":           2, // another session: the first one's tokens never arrived
	"session-refresh":         2, // the good token is given again, and that is recorded
	"factor-enrol":            2, // another seed: the first one never arrived
	"cosign-fireblocks":       1, // the dedupe key
	"cosign-fireblocksconfig": 1,
	"cosign-safeheron":        1,
	"cosign-cobo":             1,
}

// spends are the routes that take away what they were asked with: a challenge, a mailed token, a password, a code, or the
// session itself. One whose reply was lost is refused with this status when it comes again, and changes nothing; that it
// was refused may be recorded.
var spends = map[string]int{"session-second": 401, "session-logout": 401, "session-logoutall": 401, "admin-accept": 401, "password-reset": 401,
	"password-change": 403, "factor-confirm": 409, "factor-disable": 403, "factor-renew": 403}

// At the write of every mutating route the request, or its reply, is lost, once (the SDK repeats it) or for good (the
// client does): whatever happens, there is one mutation, with one entry, and the client is told of it.
func TestClaim_A2_LostRequestAndLostReplyLeaveBothOrNeither(t *testing.T) {
	v := shared(t)
	for _, row := range rows() {
		if !mutates(row.Spec) {
			continue
		}
		for _, loss := range []struct {
			name   string
			effect fault.Effect
			count  int
			done   bool // by the first sending
		}{
			{"request lost once", fault.LostRequest, 1, true},
			{"reply lost once", fault.LostReply, 1, true},
			{"request lost", fault.LostRequest, 0, false},
			{"reply lost", fault.LostReply, 0, true},
		} {
			t.Run(row.Spec.Name+"/"+strings.ReplaceAll(loss.name, " ", "_"), func(t *testing.T) {
				good := v.example(t, row.Spec)
				if repeats[row.Spec.Name] == 0 {
					good.once = "once-" + rand.Text()
				}
				before := v.dump(t)
				armed := v.Emulator.Faults().Add(fault.Rule{Operation: transact, Count: loss.count, Effect: loss.effect})
				first := v.send(t, good)
				v.Emulator.Faults().Clear()
				if armed.Hits() == 0 {
					t.Fatal("no write was lost")
				}
				told := first.status == success(row.Spec)
				if isRetry(first.body) || loss.count == 0 && !strings.HasPrefix(row.Spec.Name, "cosign-fireblocks") {
					told = false
					if first.status != 503 && !isRetry(first.body) {
						t.Errorf("the first sending: got %d %s, want 503", first.status, first.body)
					}
				} else if !told {
					t.Errorf("the first sending: got %d %s", first.status, first.body)
				}
				items, entries := before.changes(v.dump(t))
				if made := len(entries) > 0; made != loss.done || (len(items) > 0) != loss.done {
					t.Errorf("after the first sending there are %d entries and %d items changed", len(entries), len(items))
				}
				if told && repeats[row.Spec.Name] == 2 {
					return // a client that was told does not repeat
				}
				if spends[row.Spec.Name] > 0 && loss.done {
					after := v.dump(t)
					v.want(t, spends[row.Spec.Name], good)
					items, entries := after.changes(v.dump(t))
					for _, e := range entries {
						if e.Target.Type != "denial" {
							t.Errorf("a repeat of what is spent left the entry %+v", e)
						}
					}
					if len(items) > 0 {
						t.Errorf("a repeat of what is spent changed %v", items)
					}
					after.verify(t)
					return
				}
				second := v.want(t, success(row.Spec), good)
				after := v.dump(t)
				_, entries = before.changes(after)
				want := 1
				if loss.done && !told {
					want = max(1, repeats[row.Spec.Name])
				}
				if len(entries) != want {
					t.Errorf("after the retry there are %d entries, want %d", len(entries), want)
				}
				after.verify(t)
				if repeats[row.Spec.Name] == 2 {
					return
				}
				if spends[row.Spec.Name] > 0 {
					return
				}
				third := v.want(t, success(row.Spec), good)
				unchanged(t, "another retry", after, v.dump(t))
				if loss.done {
					same(t, "the replies", second.body, third.body)
				}
				if id := resultID(third.body); id != "" && !strings.Contains(keysText(items), id) && loss.done {
					t.Errorf("the reply is of %s, which the first sending did not write", id)
				}
			})
		}
	}
}

func isRetry(body []byte) bool { return strings.Contains(claimsOf(body), `"action":"RETRY"`) }

// claimsOf is the payload of a compact token, "" if the body is none.
func claimsOf(body []byte) string {
	parts := strings.Split(string(body), ".")
	if len(parts) != 3 {
		return ""
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	return string(claims)
}

// resultID is the id that a reply names, "" if it names none.
func resultID(body []byte) string {
	var named struct{ ID string }
	if json.Unmarshal(body, &named) != nil {
		return ""
	}
	return named.ID
}

func keysText(items []ledger.Key) string {
	var text strings.Builder
	for _, key := range items {
		text.WriteString(key.PK + "/" + key.SK + "\n")
	}
	return text.String()
}
