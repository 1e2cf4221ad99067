package local_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// The key pair of RFC 8037, appendix A.
const (
	privateKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
	publicKey  = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
)

// keyView is what the routes show of a key.
type keyView struct {
	ID, Token, Last4 string
	Scopes           []string
	ScopeMode        string `json:"scope_mode"`
	ExpiresAt        int64  `json:"expires_at"`
	LastUsedAt       int64  `json:"last_used_at"`
	Audience         string `json:"signature_audience"`
	Unreadable       bool
	Earlier          []struct {
		Last4     string
		ExpiresAt int64 `json:"expires_at"`
	} `json:"earlier_secrets"`
}

func keyPath(workspace, key string) string {
	return "/v1/admin/workspaces/" + workspace + "/keys/" + key
}

// listing is the cheapest call that a key can make.
func listing(token string) request {
	return request{method: "GET", path: "/v1/webhook-endpoints", token: token}
}

// notes are the entries of one action about a key.
func (g *gateway) notes(t testing.TB, action, key string) (found []audit.Entry) {
	t.Helper()
	for at, item := range g.dump(t).audit {
		if strings.HasPrefix(at.PK, "denial/"+action+"#apikey/"+key+"#") {
			found = append(found, parseEntry(item.attributes))
		}
	}
	return found
}

// noted wants one entry of an action about a key, as a security event.
func (g *gateway) noted(t testing.TB, action, key, why string) {
	t.Helper()
	found := g.notes(t, action, key)
	if len(found) == 0 || found[0].Severity != audit.Warning || found[0].After["why"] != why || found[0].IP != "127.0.0.1" || found[0].Actor.ID != key {
		t.Errorf("%s: the trail has %+v", action, found)
	}
}

// withoutID is a problem without what names the request.
func withoutID(r reply) string {
	var problem edge.Problem
	if err := json.Unmarshal(r.body, &problem); err != nil {
		return string(r.body)
	}
	problem.RequestID = ""
	return fmt.Sprint(r.status, problem, r.header.Get("Www-Authenticate"), r.header.Get("Content-Type"))
}

// A rotated key's two secrets both work until the overlap ends, and the earlier one fails on the very next call after it;
// its use is a security event, and nothing that is told changes by that.
func TestClaim_R2_RotationOverlapsAndEnds(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	step := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	g := startGateway(t, local.Options{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	workspace := g.workspace(t, "Rotation")
	first := g.key(t, workspace, caller.EndpointsRead)
	g.want(t, 200, listing(first.Token))
	var second keyView
	g.want(t, 200, g.admin("POST", keyPath(workspace, first.ID)+"/rotate", `{"overlap_hours":2}`)).decode(t, &second)
	if second.ID != first.ID || second.Token == first.Token || second.Token == "" || len(second.Earlier) != 1 ||
		second.Earlier[0].ExpiresAt != now.Add(2*time.Hour).UnixMilli() {
		t.Errorf("got %+v", second)
	}
	step(2*time.Hour - time.Millisecond)
	g.want(t, 200, listing(first.Token))
	g.want(t, 200, listing(second.Token))
	step(time.Millisecond)
	g.want(t, 200, listing(second.Token))
	unknown := g.send(t, listing(strings.Repeat("x", 20)))
	if got := g.send(t, listing(first.Token)); got.status != 401 || withoutID(got) != withoutID(unknown) {
		t.Errorf("the replaced secret: %d %s", got.status, got.body)
	}
	g.noted(t, "apikey.dead_key_used", first.ID, "replaced")
	g.access, _ = g.login(t, local.OwnerEmail)
	var shown keyView
	g.want(t, 200, g.admin("GET", keyPath(workspace, first.ID), "")).decode(t, &shown)
	if len(shown.Earlier) != 0 || shown.LastUsedAt != now.UnixMilli()-1 || shown.Token != "" {
		t.Errorf("got %+v", shown)
	}
	g.dump(t).verify(t)
}

// A rotation whose answer was lost, to the database's or to the program's side, happened once: a repeat under the same
// Idempotency-Key tells the same without the token, and the secret that is in use lives on through another rotation.
func TestClaim_R2_LostRotationIsDoneOnce(t *testing.T) {
	t.Parallel()
	v := newVault(t, startGateway(t, local.Options{}))
	hurry(t, v.Gateway)
	k := v.key(t, v.home, caller.EndpointsRead)
	rotate := v.admin("POST", keyPath(v.home, k.ID)+"/rotate", `{}`)
	rotate.once = "rotate-1"
	lost := v.Emulator.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Effect: awsfault.LostReply, Match: func(c awsfault.Call) bool {
		return strings.Contains(string(c.Body), k.ID)
	}})
	if got := v.send(t, rotate); got.status != 503 || got.code() != "outcome_unknown" || lost.Hits() == 0 {
		t.Fatalf("got %d %s, %d lost", got.status, got.body, lost.Hits())
	}
	v.Emulator.Faults().Clear()
	var again keyView
	answer := v.want(t, 200, rotate)
	answer.decode(t, &again)
	if answer.header.Get("Idempotency-Replayed") != "true" || again.Token != "" || again.ID != k.ID || len(again.Earlier) != 1 {
		t.Errorf("the repeat: %s", answer.body)
	}
	if got := v.rotations(t, k.ID); got != 1 {
		t.Errorf("%d rotations", got)
	}
	v.want(t, 200, listing(k.Token))
	rotate.once = "rotate-2"
	var third keyView
	v.want(t, 200, rotate).decode(t, &third)
	v.want(t, 200, listing(k.Token))
	v.want(t, 200, listing(third.Token))
	if got := v.rotations(t, k.ID); got != 2 {
		t.Errorf("%d rotations", got)
	}
	v.dump(t).verify(t)
}

func (v *vault) rotations(t testing.TB, key string) (count int) {
	t.Helper()
	for at, item := range v.dump(t).audit {
		if at.PK == "apikey/"+key && parseEntry(item.attributes).Action == "apikey.rotate" {
			count++
		}
	}
	return count
}

// A key with a list of networks is let in from there and from nowhere else, from the next call on; elsewhere the answer is
// that of any wrong key, whatever forwarding headers say, and the trail knows that the secret was right.
func TestClaim_R2_AllowedSourcesBindAKey(t *testing.T) {
	v := shared(t)
	k := v.key(t, v.home, caller.AllScopes()...)
	wrong := v.send(t, listing(flip(k.Token, len(k.Token)-30)))
	for _, tt := range []struct {
		sources string
		admits  bool
	}{{`["127.0.0.1/32"]`, true}, {`["192.0.2.0/24"]`, false}, {`["192.0.2.0/24","127.0.0.0/8"]`, true}, {`["::/0"]`, false}, {`["0.0.0.0/0","::/0"]`, true}, {`["127.0.0.2/32"]`, false}} {
		v.want(t, 200, v.admin("PATCH", keyPath(v.home, k.ID), `{"allowed_sources":`+tt.sources+`}`))
		for _, forwarded := range []http.Header{nil, {"X-Forwarded-For": {"192.0.2.1"}}, {"X-Forwarded-For": {"127.0.0.2, 192.0.2.1"}}, {"Forwarded": {"for=192.0.2.1"}}, {"X-Real-Ip": {"192.0.2.1"}}} {
			asked := listing(k.Token)
			asked.header = forwarded
			got := v.send(t, asked)
			if tt.admits && got.status != 200 || !tt.admits && withoutID(got) != withoutID(wrong) {
				t.Errorf("%s, %v: got %d %s", tt.sources, forwarded, got.status, got.body)
			}
		}
	}
	v.noted(t, "apikey.foreign_source_used", k.ID, "source_not_allowed")
	before := v.dump(t)
	for _, row := range rows() {
		if row.Spec.Guard.Kind == edge.KeyGuard {
			asked := v.example(t, row.Spec)
			asked.token = k.Token
			if got := v.send(t, asked); got.status != 401 {
				t.Errorf("%s: got %d %s", row.Spec.Name, got.status, got.body)
			}
		}
	}
	for body, code := range map[string]string{
		`{"allowed_sources":[]}`: "sources_empty", `{"allowed_sources":null}`: through, `{"allowed_sources":"127.0.0.1/32"}`: through, `{"allowed_sources":["::ffff:127.0.0.1/128"]}`: "source_invalid",
		`{"allowed_sources":["127.0.0.1/8"]}`: "source_invalid", `{"allowed_sources":["fe80::%1/64"]}`: "source_invalid", `{"allowed_sources":["127.0.0.1"]}`: "source_invalid",
	} {
		if got := v.send(t, v.admin("PATCH", keyPath(v.home, k.ID), body)); got.code() != code {
			t.Errorf("%s: got %d %s", body, got.status, got.body)
		}
	}
	after := v.dump(t)
	if !after.vault[apikey.At(k.ID)].equal(before.vault[apikey.At(k.ID)]) {
		t.Error("a refused change was written")
	}
}

// The right secret of a key that is revoked or expired is answered as any wrong one, and is a security event.
func TestClaim_R2_DeadKeysAreNoticed(t *testing.T) {
	v := shared(t)
	for why, end := range map[string]func(apiKey){
		"revoked": func(k apiKey) { v.want(t, 200, v.admin("DELETE", keyPath(v.home, k.ID), "")) },
		"expired": func(k apiKey) {
			v.alter(t, apikey.At(k.ID), keyTarget(k.ID), ledger.Item{"valid_until": time.Now().UnixMilli()})
		},
	} {
		k := v.key(t, v.home, caller.AllScopes()...)
		wrong := v.send(t, listing(flip(k.Token, len(k.Token)-30)))
		end(k)
		if got := v.send(t, listing(k.Token)); withoutID(got) != withoutID(wrong) {
			t.Errorf("%s: got %d %s, a wrong secret gets %s", why, got.status, got.body, wrong.body)
		}
		v.noted(t, "apikey.dead_key_used", k.ID, why)
		other := v.key(t, v.home, caller.AllScopes()...)
		end(other)
		v.send(t, listing(flip(other.Token, len(other.Token)-30)))
		if found := v.notes(t, "apikey.dead_key_used", other.ID); len(found) != 0 {
			t.Errorf("%s, with a wrong secret: the trail has %+v", why, found)
		}
	}
}

// No route changes a key's scopes or its mode, or leaves it without any; a key with the legacy mark keeps it through every
// route, and shows it.
func TestClaim_R3_ScopesStayAsTheyWereMade(t *testing.T) {
	v := shared(t)
	k, legacy := v.key(t, v.home, caller.EndpointsRead), v.key(t, v.home, caller.EndpointsRead)
	v.alter(t, apikey.At(legacy.ID), keyTarget(legacy.ID), ledger.Item{"scopes": []string{}, "scope_mode": "legacy_all"})
	before := v.dump(t)
	for _, id := range []string{k.ID, legacy.ID} {
		for _, member := range []string{`"scopes":[]`, `"scopes":["endpoints:write"]`, `"scopes":null`, `"scope_mode":"legacy_all"`, `"scope_mode":"listed"`, `"Scopes":[]`, `"legacy":true`, `"workspace":"x"`, `"id":"x"`} {
			for path, method := range map[string]string{keyPath(v.home, id): "PATCH", keyPath(v.home, id) + "/rotate": "POST"} {
				if got := v.send(t, v.admin(method, path, `{`+member+`}`)); got.status != 400 || got.code() != through {
					t.Errorf("%s %s: got %d %s", method, member, got.status, got.body)
				}
			}
		}
	}
	unchanged(t, "a refused change", before, v.dump(t))
	for id, want := range map[string]keyView{k.ID: {Scopes: []string{"endpoints:read"}, ScopeMode: "listed"}, legacy.ID: {Scopes: []string{}, ScopeMode: "legacy_all"}} {
		for _, asked := range []request{
			v.admin("GET", keyPath(v.home, id), ""),
			v.admin("PATCH", keyPath(v.home, id), `{"name":"other","allowed_sources":["127.0.0.0/8"],"public_key":`+marshal(publicKey)+`}`),
			v.admin("POST", keyPath(v.home, id)+"/rotate", `{}`),
			v.admin("GET", keyPath(v.home, id), ""),
		} {
			var got keyView
			v.want(t, 200, asked).decode(t, &got)
			if !slices.Equal(got.Scopes, want.Scopes) || got.ScopeMode != want.ScopeMode {
				t.Errorf("%s %s: %+v", asked.method, asked.path, got)
			}
		}
	}
	write := request{method: "POST", path: "/v1/webhook-endpoints", token: k.Token, body: `{}`}
	if got := v.send(t, write); got.status != 403 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	write.token = legacy.Token
	if got := v.send(t, write); got.status != 400 { // let in, and then refused for its body
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// A stored key that can't be read stands in the list with a mark, and hides none of the others.
func TestUnreadableKeyIsListed(t *testing.T) {
	v := shared(t)
	workspace := v.workspace(t, "Unreadable")
	good, bad := v.key(t, workspace, caller.EndpointsRead), v.key(t, workspace, caller.EndpointsRead)
	v.plant(t, bad.ID, "scopes", nil)
	var page struct{ Items []keyView }
	v.want(t, 200, v.admin("GET", "/v1/admin/workspaces/"+workspace+"/keys", "")).decode(t, &page)
	got := map[string]bool{}
	for _, item := range page.Items {
		got[item.ID] = item.Unreadable
	}
	if diff := cmp.Diff(map[string]bool{good.ID: false, bad.ID: true}, got); diff != "" {
		t.Error(diff)
	}
	if answer := v.send(t, v.admin("DELETE", keyPath(workspace, bad.ID), "")); answer.status != 500 || answer.code() != "api_key_unreadable" {
		t.Errorf("revoking it: %d %s", answer.status, answer.body)
	}
	v.plant(t, bad.ID, "scopes", texts(caller.EndpointsRead))
}
