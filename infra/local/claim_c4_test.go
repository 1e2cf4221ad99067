package local_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/wire"
)

// enact drafts a policy and puts it in force.
func (g *gateway) enact(t testing.TB, workspace, text string) {
	t.Helper()
	var draft struct {
		Version int64 `json:"draft_version"`
	}
	path := "/v1/admin/workspaces/" + workspace + "/policy"
	g.want(t, 200, g.admin("PUT", path+"/draft", text)).decode(t, &draft)
	g.want(t, 200, g.admin("POST", path+"/publish", marshal(map[string]int64{"draft_version": draft.Version})))
}

// usage is what the routes tell of a workspace's caps over time.
type usage struct {
	Version int64 `json:"policy_version"`
	Caps    []struct{ ID, Unit, Limit, Used, Free string }
}

func (g *gateway) usage(t testing.TB, workspace string) usage {
	t.Helper()
	var u usage
	g.want(t, 200, g.admin("GET", "/v1/admin/workspaces/"+workspace+"/policy/usage", "")).decode(t, &u)
	return u
}

// dailyETH allows everything, up to 1 ETH in 24 hours.
const dailyETH = `{"rules":[{"id":"all","effect":"allow","match":{}}],` +
	`"caps":[{"id":"daily","match":{},"per":"window","window_hours":24,"asset":"ETH","amount":"1"}]}`

// Nothing is approved that no rule allows: without a policy, under an empty one, and where the request does not tell what
// an allow asks for.
func TestClaim_C4_DefaultIsDeny(t *testing.T) {
	v := shared(t)
	bare := v.workspace(t, "Bare")
	_, provider := v.register(t, bare)
	for _, c := range []struct{ policy, reason string }{
		{"", "no_policy"},
		{`{"rules":[],"caps":[]}`, "no_rule_allows"},
		{`{"rules":[{"id":"tagged","effect":"allow","match":{"destination":{"tag":"7"}}}],"caps":[]}`, "no_rule_allows"},
		{`{"rules":[{"id":"all","effect":"allow","match":{}},{"id":"untagged","effect":"deny","match":{"destination":{"tag":"7"}}}],"caps":[]}`, "data_missing"},
	} {
		if c.policy != "" {
			v.enact(t, bare, c.policy)
		}
		tx := transfer(bare, "bare")
		if a := ask(t, provider, tx); a.Action != "REJECT" {
			t.Errorf("%s: got %+v", c.policy, a)
		}
		if got := v.decisions(t, tx.RequestID)["fireblocks.tx.approval"]["reason"]; got != c.reason {
			t.Errorf("%s: rejected as %v, want %s", c.policy, got, c.reason)
		}
	}
}

// A hundred parallel callbacks at the edge of a cap, sent to two instances of the gateway over one database: what is
// approved is exactly the cap, and the usage that is told is exactly what was approved.
func TestClaim_C4_ParallelRequestsNeverExceedACap(t *testing.T) {
	v := shared(t)
	workspace := v.workspace(t, "Capped")
	v.enact(t, workspace, dailyETH)
	_, provider := v.register(t, workspace)
	providers := []*simulator.Fireblocks{provider, v.beside(t, provider)}
	var wait sync.WaitGroup
	var mu sync.Mutex
	actions := map[string]int{}
	for n := range 100 {
		tx := transfer(workspace, fmt.Sprint("part", n))
		tx.Amount = "0.05"
		token := sign(t, provider, tx.Payload())
		wait.Go(func() {
			answer := simulator.Answer{Action: "RETRY"}
			for answer.Action == "RETRY" { // as the co-signer does, only sooner
				var err error
				if answer, err = providers[n%2].Send(t.Context(), token); err != nil {
					t.Error(err)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			actions[answer.Action]++
		})
	}
	wait.Wait()
	if diff := cmp.Diff(map[string]int{"APPROVE": 20, "REJECT": 80}, actions); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if got := v.usage(t, workspace).Caps[0]; got.Used != "1" || got.Free != "0" || got.Limit != "1" || got.Unit != "ETH" {
		t.Errorf("usage: got %+v", got)
	}
}

// beside is the provider speaking to a second instance of the gateway over the same database, with a memory of its own.
func (v *vault) beside(t testing.TB, provider *simulator.Fireblocks) *simulator.Fireblocks {
	t.Helper()
	second, err := local.Start(t.Context(), local.Options{Endpoint: v.World.Env.Endpoint, Settings: func(e *wire.Env) { *e = v.World.Env }})
	must(t, err)
	t.Cleanup(func() { must(t, second.Close()) })
	other := *provider
	other.BaseURL = second.URL + provider.BaseURL[len(v.URL):]
	return &other
}

// A workspace is judged by its own policy and counted by its own caps, though another has the same co-signer, the same
// ids and the same references.
func TestClaim_C4_PolicyIsTheWorkspacesOwn(t *testing.T) {
	v := shared(t)
	first, second := v.workspace(t, "First"), v.workspace(t, "Second")
	v.enact(t, first, dailyETH)
	v.enact(t, second, dailyETH)
	_, provider := v.register(t, first, second)
	one, other := transfer(first, "same"), transfer(second, "same")
	one.Amount, other.Amount = "0.9", "0.9"
	for _, tx := range []simulator.Transaction{one, other} {
		if a := ask(t, provider, tx); a.Action != "APPROVE" {
			t.Errorf("%s: got %+v", tx.Reference, a)
		}
	}
	v.enact(t, second, `{"rules":[],"caps":[]}`)
	tx := transfer(first, "again")
	tx.Amount = "0.1"
	if a := ask(t, provider, tx); a.Action != "APPROVE" {
		t.Errorf("the other's policy rejects: %+v", a)
	}
	key := v.key(t, first, caller.PoliciesRead)
	var own usage
	v.want(t, 200, request{method: "GET", path: "/v1/policy/usage", token: key.Token}).decode(t, &own)
	if diff := cmp.Diff(v.usage(t, first), own); diff != "" || own.Caps[0].Used != "1" {
		t.Errorf("usage by key: %+v (-admin +key):\n%s", own, diff)
	}
	if got := v.usage(t, second); len(got.Caps) != 0 || got.Version != 2 {
		t.Errorf("the other's usage: %+v", got)
	}
}

// Every provider's requests count towards the caps, once for all their repeats.
func TestClaim_C4_CapsHoldAtEveryProvider(t *testing.T) {
	v := shared(t)
	workspace := v.workspace(t, "Lines")
	lines := v.lines(t, workspace)
	v.enact(t, workspace, dailyETH)
	var names []string
	for name, l := range lines {
		names = append(names, name)
		w := want(workspace, name)
		w.amount = "0.4"
		message := l.message(t, w)
		for range 2 {
			if a := l.post(t, message); a.Action != "APPROVE" {
				t.Errorf("%s: got %+v", name, a)
			}
		}
	}
	if got := v.usage(t, workspace).Caps[0].Used; got != "0.8" {
		t.Errorf("used by %v: %s, want 0.8", slices.Sorted(slices.Values(names)), got)
	}
	for name, l := range lines {
		w := want(workspace, name)
		w.amount = "0.21"
		if a := l.ask(t, w); a.Action != "REJECT" {
			t.Errorf("%s above the cap: got %+v", name, a)
		}
	}
}

// Who wrote a policy does not publish it; another admin does.
func TestClaim_C4_AnotherAdminPublishes(t *testing.T) {
	v := &vault{gateway: startGateway(t, local.Options{FourEyes: true})}
	workspace := v.workspace(t, "Home")
	body := marshal(map[string]int64{"draft_version": v.draft(t, workspace)})
	path := "/v1/admin/workspaces/" + workspace + "/policy"
	if got := v.want(t, 403, v.admin("POST", path+"/publish", body)); got.code() != "policy_four_eyes" {
		t.Errorf("the author: got %s", got.body)
	}
	other := v.person(t, caller.Manager)
	v.want(t, 200, other.asks("POST", path+"/publish", body))
	var view struct {
		Published struct{ Author, Publisher string }
	}
	v.want(t, 200, v.admin("GET", path, "")).decode(t, &view)
	if view.Published.Author != v.owner || view.Published.Publisher == v.owner || view.Published.Publisher == "" {
		t.Errorf("published: %+v", view.Published)
	}
}
