package local_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/wire"
)

// limited starts a gateway behind the trusted proxy 127.0.0.1, which is where the tests call from. Its rates are for an hour,
// so that a test that takes a while sees the same.
func limited(t testing.TB, rates string) *gateway {
	t.Helper()
	parsed, err := limit.ParseRates(rates)
	must(t, err)
	proxies, err := clientip.Parse("127.0.0.1/32,10.0.0.0/8")
	must(t, err)
	return startGateway(t, local.Options{Rates: parsed, Settings: func(e *wire.Env) { e.Proxies = proxies }})
}

// forwarded is a request that comes through the proxy, with lines of X-Forwarded-For.
func forwarded(r request, lines ...string) request {
	r.header = http.Header{"X-Forwarded-For": lines}
	return r
}

// attempt is a login that can't be read: it counts, and costs no hash.
var attempt = request{method: "POST", path: "/v1/auth/login", body: `{}`}

// direct makes the call from an address that is no trusted proxy.
func (g *gateway) direct(t testing.TB, r request) reply {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	defer transport.CloseIdleConnections()
	asked, err := http.NewRequestWithContext(t.Context(), r.method, g.URL+r.path, strings.NewReader(r.body))
	must(t, err)
	asked.Header = r.header
	answer, err := (&http.Client{Transport: transport}).Do(asked)
	must(t, err)
	defer answer.Body.Close()
	return reply{status: answer.StatusCode, header: answer.Header}
}

// written is what a client may write into forwarding headers: other addresses, in every form, and what is none.
func written() (all [][]string) {
	for i := range 8 {
		n := strconv.Itoa(i)
		all = append(all, []string{"192.0.2." + n}, []string{"2001:db8:" + n + "::1"}, []string{"192.0.2." + n, "10.0.0.1"}, []string{"10.0.0.1, 192.0.2." + n})
	}
	return append(all, []string{"unknown"}, []string{""}, []string{",,"}, []string{"10.0.0.1"}, []string{"127.0.0.1"}, []string{"for=192.0.2.9"}, []string{"192.0.2.9:80"},
		[]string{"[2001:db8::9]:80"}, []string{strings.Repeat("192.0.2.9,", 400)}, []string{`"192.0.2.9"`}, []string{"::ffff:192.0.2.9"}, []string{"fe80::1%eth0"})
}

// Whatever a client writes into forwarding headers, once or in several lines, well or malformed, it counts as who it is:
// without a proxy as who connects, behind one as who the proxy names, and as the proxy if that names nobody.
func TestClaim_R4_ForwardingHeadersNeverChangeTheKey(t *testing.T) {
	t.Parallel()
	g := limited(t, "auth=3/3600s")
	for name, way := range map[string]func(lines []string) reply{
		"direct": func(lines []string) reply { return g.direct(t, forwarded(attempt, lines...)) },
		"behind a proxy that adds a line": func(lines []string) reply {
			return g.send(t, forwarded(attempt, slices.Concat(lines, []string{"203.0.113.1"})...))
		},
		"behind a proxy that adds to the line": func(lines []string) reply {
			return g.send(t, forwarded(attempt, strings.Join(lines, ", ")+", 203.0.113.2"))
		},
		"behind two proxies": func(lines []string) reply {
			return g.send(t, forwarded(attempt, slices.Concat(lines, []string{"203.0.113.3, 10.1.1.1"})...))
		},
		"behind a proxy that adds ports": func(lines []string) reply {
			return g.send(t, forwarded(attempt, slices.Concat(lines, []string{"203.0.113.4:4711", "10.1.1.1:443"})...))
		},
		"behind a proxy that names nobody": func(lines []string) reply {
			return g.send(t, forwarded(attempt, slices.Concat(lines, []string{"unknown", "10.1.1.2"})...))
		},
	} {
		got := map[int]int{}
		for _, lines := range written() {
			got[way(lines).status]++
		}
		if diff := cmp.Diff(map[int]int{400: 3, 429: len(written()) - 3}, got); diff != "" {
			t.Errorf("%s: statuses (-want +got):\n%s", name, diff)
		}
	}
	violations := 0
	for key, item := range g.dump(t).audit {
		if strings.HasPrefix(key.PK, "denial/request.proxy_violation#proxy/10.1.1.2#") {
			violations++
			if item.attributes["severity"] != "warning" {
				t.Errorf("a violation without its severity: %v", item)
			}
		}
	}
	if violations < 1 || violations > 2 { // one a minute
		t.Errorf("%d violations are in the trail", violations)
	}
}

// An IPv6 client counts by its network of 64 bits, whatever address in it it takes; the trail has the whole address.
func TestClaim_R4_IPv6CountsByItsNetwork(t *testing.T) {
	t.Parallel()
	g := limited(t, "auth=3/3600s")
	stranger := request{method: "POST", path: "/v1/auth/login", body: marshal(map[string]string{"email": "stranger@example.com", "password": "correct horse battery staple"})}
	for i, want := range []int{401, 401, 401, 429, 429} {
		if got := g.send(t, forwarded(stranger, fmt.Sprintf("2001:db8:1:2:%d::%d", i, i))); got.status != want {
			t.Errorf("address %d: got %d %s, want %d", i, got.status, got.body, want)
		}
	}
	if got := g.send(t, forwarded(stranger, "2001:db8:1:3::1")); got.status != 401 {
		t.Errorf("another network: got %d", got.status)
	}
	found := map[any]bool{}
	for _, item := range g.dump(t).audit {
		found[item.attributes["ip"]] = true
	}
	if !found["2001:db8:1:2::"] && !found["2001:db8:1:2:0:0:0:0"] || found["2001:db8:1:2::/64"] {
		t.Errorf("the addresses in the trail are %v", found)
	}
}

// spend makes a call until it is refused, and gives the refusal.
func (g *gateway) spend(t testing.TB, r request) reply {
	t.Helper()
	for range 100 {
		if got := g.send(t, r); got.status == 429 {
			return got
		}
	}
	t.Fatalf("%s %s: nobody is refused", r.method, r.path)
	return reply{}
}

var policyField = regexp.MustCompile(`^"([a-z]+)";q=([0-9]+);w=3600$`)

// At every route, a request beyond the rate is answered 429 with Retry-After and the RateLimit fields, whatever else is
// wrong with it, and nothing is done.
func TestClaim_R4_RefusalsSayHowLong(t *testing.T) {
	t.Parallel()
	g := limited(t, "auth=4/3600s,public=3/3600s,read=7/3600s,unauthenticated=5/3600s,write=30/3600s")
	v := &vault{gateway: g, home: g.workspace(t, "Home")}
	key, p := v.key(t, v.home, caller.AllScopes()...), v.person(t, caller.Owner)
	const client = "203.0.113.1"
	g.spend(t, p.asks("GET", "/v1/admin/workspaces", ""))
	g.spend(t, p.asks("POST", "/v1/admin/workspaces", "{}"))
	g.spend(t, request{method: "GET", path: "/v1/webhook-endpoints", token: key.Token})
	g.spend(t, request{method: "POST", path: "/v1/webhook-endpoints", token: key.Token, body: "{}"})
	g.spend(t, forwarded(attempt, client))
	g.spend(t, forwarded(request{method: "GET", path: "/healthz"}, client))
	g.spend(t, forwarded(request{method: "GET", path: "/v1/webhook-endpoints", token: "nonsense"}, client))
	counts := map[string]string{"auth": "4", "public": "3", "read": "7", "unauthenticated": "5", "write": "30"}
	before := v.dump(t)
	for _, row := range rows() {
		asked := forwarded(request{method: row.Spec.Method, path: row.Spec.Path, body: "{}"}, client)
		switch row.Spec.Guard.Kind {
		case edge.AdminGuard:
			asked.token, asked.header = p.access, nil
		case edge.KeyGuard:
			asked.token, asked.header = key.Token, nil
		}
		got := v.send(t, asked)
		wait, err := strconv.Atoi(got.header.Get("Retry-After"))
		var problem edge.Problem
		if json.Unmarshal(got.body, &problem) != nil || got.status != 429 || problem.Code != "too_many_requests" || err != nil || wait < 1 || problem.Retry != int64(wait) {
			t.Errorf("%s: got %d %s, Retry-After %q", row.Spec.Name, got.status, got.body, got.header.Get("Retry-After"))
			continue
		}
		policy := policyField.FindStringSubmatch(got.header.Get("RateLimit-Policy"))
		if policy == nil || counts[policy[1]] != policy[2] || got.header.Get("RateLimit") != fmt.Sprintf("%q;r=0;t=%d", policy[1], wait) {
			t.Errorf("%s: got %v", row.Spec.Name, got.header)
		}
	}
	unchanged(t, "a refused request", before, v.dump(t))
}

// A workspace that asks too often is limited with all its keys, from wherever they call; no other workspace and no admin
// is, from the same address.
func TestClaim_R4_WorkspacesCountApart(t *testing.T) {
	t.Parallel()
	g := limited(t, "read=5/3600s")
	v := &vault{gateway: g, home: g.workspace(t, "Home"), other: g.workspace(t, "Other")}
	one, second, other := v.key(t, v.home, caller.AllScopes()...), v.key(t, v.home, caller.EndpointsRead), v.key(t, v.other, caller.AllScopes()...)
	list := func(token string) request {
		return request{method: "GET", path: "/v1/webhook-endpoints", token: token}
	}
	for i, want := range []string{`"read";r=4;t=720`, `"read";r=3;t=1440`} {
		got := v.want(t, 200, list(one.Token))
		if field := got.header.Get("RateLimit"); field != want || got.header.Get("RateLimit-Policy") != `"read";q=5;w=3600` {
			t.Errorf("request %d: got %q, want %q", i+1, field, want)
		}
	}
	g.spend(t, list(one.Token))
	for i := range 5 {
		v.want(t, 429, forwarded(list(one.Token), fmt.Sprintf("203.0.113.%d", i)))
		v.want(t, 429, forwarded(list(second.Token), fmt.Sprintf("2001:db8:%d::1", i)))
	}
	v.want(t, 200, list(other.Token))
	v.want(t, 200, v.admin("GET", "/v1/admin/workspaces", ""))
	v.want(t, 200, v.person(t, caller.Auditor).asks("GET", "/v1/admin/workspaces", ""))
}

// Credentials that are no good count against the address they come from, at all routes together; beyond the rate it is not
// listened to, and others are.
func TestClaim_R4_FailedAuthenticationCountsByAddress(t *testing.T) {
	t.Parallel()
	g := limited(t, "unauthenticated=6/3600s")
	v := newVault(t, g)
	const client = "203.0.113.1"
	bad := []request{
		{method: "GET", path: "/v1/admin/workspaces", token: "nonsense"}, {method: "GET", path: "/v1/admin/workspaces"},
		{method: "GET", path: "/v1/webhook-endpoints", token: v.access}, {method: "GET", path: "/v1/admin/audit", token: v.homeKey.Token},
		{method: "POST", path: "/cosigner/fireblocks/" + v.cosigner + "/v2/tx_sign_request", body: "x.y.z"},
		{method: "GET", path: "/v1/webhook-endpoints", token: flip(v.homeKey.Token, 30)},
	}
	for _, r := range bad {
		if got := v.send(t, forwarded(r, client)); got.status != 401 {
			t.Errorf("%s: got %d %s", r.path, got.status, got.body)
		}
	}
	for _, r := range bad {
		if got := v.send(t, forwarded(r, client)); got.status != 429 {
			t.Errorf("beyond the rate, %s: got %d %s", r.path, got.status, got.body)
		}
	}
	v.want(t, 200, forwarded(v.admin("GET", "/v1/admin/workspaces", ""), client)) // a neighbour's good one goes on
	v.want(t, 200, forwarded(request{method: "GET", path: "/v1/webhook-endpoints", token: v.homeKey.Token}, client))
	v.want(t, 200, forwarded(v.admin("GET", "/v1/admin/workspaces", ""), "203.0.113.2"))
	if got := v.send(t, forwarded(bad[0], "203.0.113.2")); got.status != 401 {
		t.Errorf("another address: got %d", got.status)
	}
	if got := ask(t, v.provider, transfer(v.home, "limits")); got.Status != 200 {
		t.Errorf("a co-signer at another address: got %d", got.Status)
	}
}

// Without the limits table nobody can log in; admins and workspaces go on, each process limiting them by what it has seen
// itself; and once the table answers, it all counts again.
func TestClaim_R4_WithoutTheTableLoginsAreClosed(t *testing.T) {
	t.Parallel()
	g := limited(t, "read=5/3600s")
	v := &vault{gateway: g, home: g.workspace(t, "Home")}
	key := v.key(t, v.home, caller.AllScopes()...)
	list := request{method: "GET", path: "/v1/webhook-endpoints", token: key.Token}
	down := g.Emulator.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.UpdateItem", Effect: awsfault.LostRequest, Match: func(c awsfault.Call) bool {
		return strings.Contains(string(c.Body), g.World.Env.LimitsTable)
	}})
	if got := v.send(t, request{method: "POST", path: "/v1/auth/login", body: marshal(map[string]string{"email": local.OwnerEmail, "password": v.password})}); got.status != 503 {
		t.Errorf("login: got %d %s", got.status, got.body)
	}
	v.want(t, 200, v.admin("GET", "/v1/admin/workspaces", ""))
	v.want(t, 200, request{method: "GET", path: "/healthz"})
	v.want(t, 401, request{method: "GET", path: "/v1/webhook-endpoints", token: "nonsense"})
	for range 5 {
		v.want(t, 200, list)
	}
	v.want(t, 429, list)
	if down.Hits() == 0 {
		t.Error("the table was not asked")
	}
	g.Emulator.Faults().Clear()
	v.login(t, local.OwnerEmail)
}
