package local_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/receiver"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/wire"
)

// generate has a new master key made and gives it as the stack's parameter takes it.
func generate(t testing.TB, g *gateway) string {
	t.Helper()
	var made struct{ ID, Wrapped string }
	taskAt(t, g, "key-generate", `{}`, &made)
	return made.Wrapped
}

func masterKeys(wrapped ...string) func(*wire.Env) {
	return func(e *wire.Env) { e.MasterKey = strings.Join(wrapped, ",") }
}

// pass runs key-rewrap until a pass is complete, a few records at a time.
func pass(t testing.TB, g *gateway) rewrap.Progress {
	t.Helper()
	input := `{"limit":3}`
	for {
		var p rewrap.Progress
		taskAt(t, g, "key-rewrap", input, &p)
		if p.Next == nil {
			return p
		}
		from, err := json.Marshal(p.Next)
		must(t, err)
		input = `{"limit":3,"from":` + string(from) + `}`
	}
}

// hearing is a client whose workspace has an endpoint.
type hearing struct {
	*client
	*receiver.Receiver
}

// listen gives a client an endpoint, made at a deployment.
func listen(t testing.TB, g *gateway, c *client) hearing {
	t.Helper()
	r, err := receiver.Start()
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	var made endpoint
	body := marshal(map[string]any{"url": r.URL, "events": []string{"*"}})
	g.want(t, 201, request{method: "POST", path: "/v1/webhook-endpoints", token: c.key, body: body}).decode(t, &made)
	r.Trust(made.Secret)
	return hearing{c, r}
}

// hears publishes a policy at one deployment, delivers at another, and wants the webhook to verify.
func (h hearing) hears(t testing.TB, at, by *gateway) {
	t.Helper()
	at.access = h.access
	at.publish(t, h.workspace)
	must(t, deliverAt(t, by))
	if verified, refused := arrived(h.Receiver); verified != 1 || refused != 0 {
		t.Errorf("%d webhooks verified, %d refused; want one, verified", verified, refused)
	}
}

// The master key changes under traffic without an error: first the new key is known everywhere, then it is the newest,
// then everything sealed is sealed anew and nothing that depends on the old one is left, then the old one goes. On the way
// each step's deployment takes over from the one before, with both answering.
func TestMasterKeyRotates(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	oldest := f.first.World.Env.MasterKey
	next := generate(t, f.first)
	known := f.deploy(t, masterKeys(oldest, next))
	newest := f.deploy(t, masterKeys(next, oldest))
	alone := f.deploy(t, masterKeys(next))
	oldID, newID := f.first.Opened.Ring.NewestID(), alone.Opened.Ring.NewestID()

	clients := []*client{f.enter(t, f.first, 0), f.enter(t, f.first, 1), f.enter(t, f.first, 2)}
	ears := []hearing{listen(t, f.first, clients[0])}
	step := func(name string, deployed ...*gateway) {
		t.Helper()
		if err := traffic(t, clients, 4, deployed...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ears = append(ears, listen(t, deployed[len(deployed)-1], clients[1]))
		for _, h := range ears {
			arrived(h.Receiver)
		}
		for _, h := range []hearing{ears[0], ears[len(ears)-1]} {
			for _, by := range deployed {
				for _, other := range ears { // those of one workspace all hear
					arrived(other.Receiver)
				}
				h.hears(t, deployed[0], by)
			}
		}
	}
	step("before", f.first)
	step("publishing", f.first, known)
	step("published", known)
	step("taking over", known, newest)
	step("sealing with the new key", newest)

	sealed := len(ears) - 1 // the last was made under the new key, and one while both were answering
	p := pass(t, newest)
	byKind := map[string]rewrap.Count{}
	for _, c := range p.Counts {
		if c.Key != oldID {
			t.Errorf("%+v is of no known key", c)
		}
		byKind[c.Kind] = c
	}
	if byKind["endpoints"].Done < sealed-1 || byKind["endpoints"].Left != 0 || byKind["api_keys"].Left == 0 || byKind["sessions"].Left == 0 || p.Retire != nil {
		t.Errorf("the pass came to %+v", p)
	}
	step("sealed anew", newest)

	// API keys are replaced by their owners and sessions end by themselves; meanwhile the old key stays.
	for i, c := range clients {
		clients[i] = f.enter(t, newest, c.number)
	}
	ears = []hearing{listen(t, newest, clients[0])}
	f.expire(t, newest, oldID)
	p = pass(t, newest)
	if diff := cmp.Diff([]string{oldID}, p.Retire); diff != "" || p.Left != 0 {
		t.Fatalf("when nothing depends on it: %+v", p)
	}
	step("the old key goes", newest, alone)
	step("it is gone", alone)

	for at, text := range alone.dump(t).texts() {
		if by, ok := keyset.SealedBy([]byte(text)); ok && by == oldID {
			t.Errorf("something is still sealed by the old key: %s", at)
		}
	}
	if got := alone.Opened.Ring.IDs(); !slices.Equal(got, []string{newID}) {
		t.Errorf("ids %v", got)
	}
}

// expire ends what depends on a key and can't be made anew: sessions, as their last day does, and API keys, as their owners
// do who have new ones.
func (f *fleet) expire(t testing.TB, at *gateway, keyID string) {
	t.Helper()
	for key, s := range at.dump(t).vault {
		item := s.attributes
		switch {
		case item["pepper"] == keyID && item["revoked_at"] == nil:
			at.want(t, 200, at.admin("DELETE", fmt.Sprintf("/v1/admin/workspaces/%s/keys/%s", item["workspace"], item["id"]), ""))
		case item["key"] == keyID && strings.HasPrefix(key.SK, "session#"):
			at.alter(t, key, audit.Target{Type: "session", ID: item["id"].(string)}, ledger.Item{"until": f.now().UnixMilli()})
		}
	}
}

// Why a new key is made known before it is the newest: a deployment that does not know it refuses what was made under it.
func TestMasterKeyMustBeKnownFirst(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	newest := f.deploy(t, masterKeys(generate(t, f.first), f.first.World.Env.MasterKey))
	clients := []*client{f.enter(t, f.first, 0), f.enter(t, f.first, 1)}
	if err := traffic(t, clients, 4, f.first, newest); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("%v, want a refusal", err)
	}
}

// Everything stored that depends on a master key is something that key-rewrap looks at: it seals all envelopes anew, wherever
// they are, and counts whatever else names the old key and may still be used.
func TestRewrapForgetsNothing(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	v := newVault(t, f.first)
	for _, row := range rows() {
		v.want(t, success(row.Spec), v.example(t, row.Spec))
	}
	oldID := v.Opened.Ring.NewestID()
	newest := f.deploy(t, masterKeys(generate(t, v.gateway), v.World.Env.MasterKey))
	before := v.dump(t)
	p := pass(t, newest)
	after := v.dump(t)
	kept, sealed, moved := after.texts(), map[string]bool{}, 0 // records, of which one may hold several envelopes
	for at, text := range before.texts() {
		if by, ok := keyset.SealedBy([]byte(text)); !ok || by != oldID {
			continue
		}
		if sealed[at[:strings.LastIndexByte(at, '.')]] = true; kept[at] == text {
			t.Errorf("key-rewrap does not know of %s: add its kind in shared/wire/rewrapping", at)
		}
	}
	for _, c := range p.Counts {
		moved += c.Done
	}
	counted := map[string]string{"apikey/apikey.pepper": "api_keys", "apikey/apikey.earlier[].pepper": "api_keys",
		"admin/session.key": "sessions", "admin/codes.key": "recovery_codes"}
	named := map[string]int{} // how often the old key's id stands alone, by what it is counted as
	for key, item := range after.vault {
		texts := map[string]string{}
		collect(texts, "", item.attributes)
		for at, text := range texts {
			if text != oldID {
				continue
			}
			domain, _, _ := strings.Cut(key.PK, "#")
			record, _, _ := strings.Cut(key.SK, "#")
			at = domain + "/" + record + indexes.ReplaceAllString(at, "[]")
			if named[counted[at]]++; counted[at] == "" {
				t.Errorf("%s names a master key, and key-rewrap does not count it: add its kind in shared/wire/rewrapping", at)
			}
		}
	}
	for _, kind := range []string{"api_keys", "sessions"} {
		if left := leftOf(p, kind); left == 0 || left > named[kind] {
			t.Errorf("%d of %s are left, %d name the old key", left, kind, named[kind])
		}
	}
	if len(p.Failed) != 0 || len(sealed) == 0 || moved != len(sealed) {
		t.Errorf("%d of %d records were sealed anew, failed: %+v", moved, len(sealed), p.Failed)
	}
	after.verify(t)
}

var indexes = regexp.MustCompile(`\[[0-9]+\]`)

func leftOf(p rewrap.Progress, kind string) (left int) {
	for _, c := range p.Counts {
		if c.Kind == kind {
			left += c.Left
		}
	}
	return left
}

// A master key is made with an entry in the trail that names its wrapped form, and never twice the same.
func TestKeyGenerateOverTheTable(t *testing.T) {
	v := shared(t)
	one, two := generate(t, v.gateway), generate(t, v.gateway)
	raw, err := base64.StdEncoding.DecodeString(one)
	must(t, err)
	found := 0
	for key := range v.dump(t).audit {
		if strings.HasPrefix(key.PK, "observation/key.generate#masterkey/"+keyset.WrappedID(raw)+"#") {
			found++
		}
	}
	if one == two || found != 1 {
		t.Errorf("the same key twice: %t; %d entries", one == two, found)
	}
}
