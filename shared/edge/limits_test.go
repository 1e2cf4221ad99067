package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/tenant"
)

// door is an edge where three requests of any class are let through in a minute, with a gate that a test sets.
type door struct {
	*vaulttest.Vault
	edge  edge.Edge
	gate  *counted
	calls []caller.Caller // that the handler saw
	err   error           // of the handler
	log   bytes.Buffer
}

// counted is a gate that counts who comes to it.
type counted struct {
	gate
	asked int
}

func (c *counted) Admit(ctx context.Context, r edge.Request) (caller.Caller, error) {
	c.asked++
	return c.gate.Admit(ctx, r)
}

func newDoor(t testing.TB, proxies string) *door {
	t.Helper()
	d := &door{Vault: vaulttest.New(t), gate: &counted{}}
	for class := range d.World.Env.Rates {
		d.World.Env.Rates[class] = limit.Rate{Count: 3, Period: time.Minute}
	}
	var err error
	if d.World.Env.Proxies, err = clientip.Parse(proxies); err != nil {
		t.Fatal(err)
	}
	d.edge = d.World.Edge(d.gate, nil)
	d.edge.Log = slog.New(slog.NewJSONHandler(&d.log, nil))
	return d
}

func (d *door) ask(t testing.TB, s edge.Spec, from string, forwarded ...string) edge.Response {
	t.Helper()
	s.Name, s.Path = "test-do", "/v1/test"
	type nothing struct{}
	handler := edge.Bind(d.edge, edge.Route[*door, nothing, nothing]{Spec: s, Do: func(d *door, _ context.Context, who caller.Caller, _ nothing) (nothing, error) {
		d.calls = append(d.calls, who)
		return nothing{}, d.err
	}}, d)
	source, _ := netip.ParseAddr(from)
	return handler(t.Context(), edge.Request{ID: "req_1", Method: s.Method, Path: s.Path, Header: http.Header{"X-Forwarded-For": forwarded}, Source: source})
}

func statuses(t testing.TB, d *door, s edge.Spec, from ...string) (all []int) {
	t.Helper()
	for _, address := range from {
		all = append(all, d.ask(t, s, address).Status)
	}
	return all
}

var (
	adminRead  = edge.Spec{Method: "GET", Guard: edge.Admin(caller.WorkspaceRead)}
	adminWrite = edge.Spec{Method: "POST", Guard: edge.Admin(caller.WorkspaceWrite)}
	keyRead    = edge.Spec{Method: "GET", Guard: edge.APIKey("a:write")}
	publicRead = edge.Spec{Method: "GET", Guard: edge.Public()}
	publicAuth = edge.Spec{Method: "POST", Guard: edge.Public()}
	callback   = edge.Spec{Method: "POST", Guard: edge.Callback()}
)

const (
	here  = "198.51.100.7"
	there = "203.0.113.9"
)

// An answer that was counted says what is left; one that was not let through says how long to wait, in the header and in
// the problem, and nothing was done.
func TestRateLimitFields(t *testing.T) {
	d := newDoor(t, "")
	d.gate.who = admin(caller.Owner)
	for _, want := range []string{`"read";r=2;t=20`, `"read";r=1;t=40`, `"read";r=0;t=60`} {
		answer := d.ask(t, adminRead, here)
		if got := answer.Header.Get("RateLimit"); answer.Status != 200 || got != want || answer.Header.Get("RateLimit-Policy") != `"read";q=3;w=60` {
			t.Errorf("got %d %v, want %s", answer.Status, answer.Header, want)
		}
	}
	d.Clock.Step(500 * time.Millisecond)
	answer := d.ask(t, adminRead, here)
	want := http.Header{"Content-Type": {"application/problem+json"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
		"Retry-After": {"20"}, "Ratelimit-Policy": {`"read";q=3;w=60`}, "Ratelimit": {`"read";r=0;t=20`}}
	if diff := cmp.Diff(want, answer.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	body := `{"type":"urn:zenvault:problem:too_many_requests","title":"Too Many Requests","status":429,"code":"too_many_requests",` +
		`"detail":"There were too many requests. Wait before the next one.","retry_after":20,"request_id":"req_1"}`
	if diff := cmp.Diff(body, string(answer.Body)); diff != "" || answer.Status != 429 || len(d.calls) != 3 {
		t.Errorf("%d, %d calls, body (-want +got):\n%s", answer.Status, len(d.calls), diff)
	}
}

// A fault says how long to wait in whole seconds, never less than it means; without a wait it says nothing.
func TestRetryAfter(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "", time.Nanosecond: "1", time.Second: "1", time.Second + 1: "2", 15 * time.Minute: "900"} {
		answer := edge.ProblemResponse(fault.New(fault.TooMany, "a", "A.").After(wait), "req_1")
		var problem struct {
			Retry json.Number `json:"retry_after"`
		}
		if err := json.Unmarshal(answer.Body, &problem); err != nil {
			t.Fatal(err)
		}
		if got := answer.Header.Get("Retry-After"); got != want || problem.Retry.String() != want {
			t.Errorf("%v: got %q and %q, want %q", wait, got, problem.Retry, want)
		}
	}
}

// Admins count by themselves, keys by their workspace, public routes by the client's address; reading and writing apart.
func TestWhatIsCounted(t *testing.T) {
	other := keyOf("a:write")
	other.Workspace, _ = tenant.Parse("ws_eucentral1_01jd0000000000000000000002")
	second := keyOf("a:write")
	second.ID = "key_2"
	someone := admin(caller.Owner)
	someone.ID = "adm_2"
	tests := []struct {
		name  string
		spent edge.Spec
		by    caller.Caller
		then  edge.Spec
		who   caller.Caller
		from  string
		want  int
	}{
		{"the same admin from elsewhere", adminRead, admin(caller.Owner), adminRead, admin(caller.Owner), there, 429},
		{"another admin", adminRead, admin(caller.Owner), adminRead, someone, here, 200},
		{"the same admin, writing", adminRead, admin(caller.Owner), adminWrite, admin(caller.Owner), here, 200},
		{"the same key", keyRead, keyOf("a:write"), keyRead, keyOf("a:write"), there, 429},
		{"another key of the workspace", keyRead, keyOf("a:write"), keyRead, second, here, 429},
		{"a key of another workspace", keyRead, keyOf("a:write"), keyRead, other, here, 200},
		{"a key without the scope counts too", keyRead, keyOf("b"), keyRead, keyOf("a:write"), here, 429},
		{"the same address", publicAuth, caller.Caller{}, publicAuth, caller.Caller{}, here, 429},
		{"another address", publicAuth, caller.Caller{}, publicAuth, caller.Caller{}, there, 200},
		{"the same address, reading", publicAuth, caller.Caller{}, publicRead, caller.Caller{}, here, 200},
		{"the same address, as an admin", publicRead, caller.Caller{}, adminRead, admin(caller.Owner), here, 200},
		{"an admin of the same address", adminRead, admin(caller.Owner), publicRead, caller.Caller{}, here, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t, "")
			d.gate.who = tt.by
			statuses(t, d, tt.spent, here, here, here)
			d.gate.who = tt.who
			if got := d.ask(t, tt.then, tt.from).Status; got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// A route may be of another class than follows from its guard and method; a class without a rate does not start.
func TestClassOfARoute(t *testing.T) {
	d := newDoor(t, "")
	d.gate.who = admin(caller.Owner)
	auth := adminWrite
	auth.Class = limit.Auth
	if got := d.ask(t, auth, here).Header.Get("RateLimit-Policy"); got != `"auth";q=3;w=60` {
		t.Errorf("got %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a route of an unknown class started")
		}
	}()
	auth.Class = "other"
	d.ask(t, auth, here)
}

// An address that sends too many bad credentials is told so instead, until its time is over. Others are not, and a good
// credential from the same address goes on: it can't be guessed, and a neighbour must not be able to stop it.
func TestFailedAuthentication(t *testing.T) {
	d := newDoor(t, "")
	d.gate.err = edge.ErrUnauthenticated
	if diff := cmp.Diff([]int{401, 401, 401, 429, 429}, statuses(t, d, adminRead, here, here, here, here, here)); diff != "" {
		t.Errorf("bad credentials (-want +got):\n%s", diff)
	}
	answer := d.ask(t, keyRead, here)
	if answer.Status != 429 || answer.Header.Get("RateLimit") != `"unauthenticated";r=0;t=20` || answer.Header.Get("Retry-After") != "20" || answer.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("another route: got %d %v", answer.Status, answer.Header)
	}
	if got := d.ask(t, keyRead, there); got.Status != 401 || got.Header.Get("RateLimit") != "" {
		t.Errorf("another address: got %d %v", got.Status, got.Header)
	}
	d.gate.gate = gate{who: admin(caller.Owner)}
	if diff := cmp.Diff([]int{200, 200, 200, 429}, statuses(t, d, adminRead, here, here, here, here)); diff != "" {
		t.Errorf("at the same moment, with a good one (-want +got):\n%s", diff)
	}
	d.Clock.Step(20 * time.Second)
	d.gate.gate = gate{err: edge.ErrUnauthenticated}
	if got := d.ask(t, keyRead, here).Status; got != 401 {
		t.Errorf("after the wait: got %d", got)
	}
}

// A process that does not know of the failures at others counts with them.
func TestFailuresCountOverProcesses(t *testing.T) {
	d := newDoor(t, "")
	d.gate.err = edge.ErrUnauthenticated
	statuses(t, d, adminRead, here, here, here)
	d.edge = d.World.Edge(d.gate, nil)
	if diff := cmp.Diff([]int{429, 429}, statuses(t, d, adminRead, here, here)); diff != "" || d.gate.asked != 5 {
		t.Errorf("%d were looked at (-want +got):\n%s", d.gate.asked, diff)
	}
}

// Trouble of ours is no failed authentication.
func TestTroubleIsNotCounted(t *testing.T) {
	d := newDoor(t, "")
	d.gate.err = fault.New(fault.Unavailable, "unavailable", "Down.")
	if diff := cmp.Diff([]int{503, 503, 503, 503, 503}, statuses(t, d, adminRead, here, here, here, here, here)); diff != "" {
		t.Error(diff)
	}
}

// A callback that its provider signed makes no call for a limit; one that nobody signed counts against its address.
func TestCallbacks(t *testing.T) {
	d := newDoor(t, "")
	d.AWS.Forget()
	if diff := cmp.Diff([]int{200, 200, 200, 200, 200}, statuses(t, d, callback, here, here, here, here, here)); diff != "" || len(d.AWS.Calls()) != 0 {
		t.Errorf("%d calls (-want +got):\n%s", len(d.AWS.Calls()), diff)
	}
	d.err = fault.New(fault.Unauthenticated, "not_authentic", "Not signed.")
	if diff := cmp.Diff([]int{401, 401, 401, 429, 429}, statuses(t, d, callback, here, here, here, here, here)); diff != "" || len(d.calls) != 10 {
		t.Errorf("%d were looked at (-want +got):\n%s", len(d.calls), diff)
	}
	d.err = nil
	if got := d.ask(t, callback, here).Status; got != 200 {
		t.Errorf("a signed one from the address that sent others: got %d", got)
	}
	d.err = fault.New(fault.Unauthenticated, "not_authentic", "Not signed.")
	if got := d.ask(t, callback, there).Status; got != 401 {
		t.Errorf("another address: got %d", got)
	}
	d.err = errors.New("trouble")
	if diff := cmp.Diff([]int{500, 500, 500, 500}, statuses(t, d, callback, "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1")); diff != "" {
		t.Errorf("trouble (-want +got):\n%s", diff)
	}
}

// Without the limits table admins and workspaces go on; nobody can prove who he is at a public route; what is read there
// goes on; a bad credential is still one.
func TestWithoutTheLimitsTable(t *testing.T) {
	d := newDoor(t, "")
	d.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.UpdateItem", Effect: awsfault.LostRequest})
	d.gate.who = admin(caller.Owner)
	if got := statuses(t, d, publicAuth, here); !cmp.Equal(got, []int{503}) {
		t.Errorf("auth: got %v", got)
	}
	if got := statuses(t, d, publicRead, here); !cmp.Equal(got, []int{200}) {
		t.Errorf("public: got %v", got)
	}
	if got := statuses(t, d, adminRead, here, here, here, here); !cmp.Equal(got, []int{200, 200, 200, 429}) {
		t.Errorf("admin: got %v", got)
	}
	d.gate.gate = gate{err: edge.ErrUnauthenticated}
	if got := statuses(t, d, adminRead, here, here, here, here); !cmp.Equal(got, []int{401, 401, 401, 429}) {
		t.Errorf("bad credentials: got %v", got)
	}
}

// denials are the entries of attempts, by their target's id.
func (d *door) denials(t testing.TB, id string) []audit.Entry {
	t.Helper()
	return d.Trail(t, audit.Target{Type: "denial", ID: id})
}

// Who comes to a route without the right to it is in the trail: once a minute for each caller and route, in whichever
// process.
func TestForbiddenIsNoted(t *testing.T) {
	d := newDoor(t, "")
	for class := range d.World.Env.Rates {
		d.World.Env.Rates[class] = limit.Rate{Count: 100, Period: time.Minute}
	}
	bare := admin(caller.Owner)
	bare.ID, bare.Bare = "adm_2", true
	key := keyOf("b")
	for range 2 {
		d.edge = d.World.Edge(d.gate, nil)
		for _, who := range []caller.Caller{admin(caller.Auditor), bare, key} {
			d.gate.who = who
			s := adminWrite
			if who.Kind == caller.APIKey {
				s = keyRead
			}
			if got := statuses(t, d, s, "2001:db8::7", "2001:db8::8"); !cmp.Equal(got, []int{403, 403}) {
				t.Errorf("%s: got %v", who.ID, got)
			}
		}
	}
	for id, want := range map[string]audit.Entry{
		"request.forbidden#adm_1/test-do#20261124T1200Z": {Actor: audit.Actor{Kind: caller.Admin, ID: "adm_1"}, After: audit.Fields{"why": "forbidden", "subject": "adm_1/test-do"}},
		"request.forbidden#adm_2/test-do#20261124T1200Z": {Actor: audit.Actor{Kind: caller.Admin, ID: "adm_2"}, After: audit.Fields{"why": "second_factor_required", "subject": "adm_2/test-do"}},
		"request.forbidden#key_1/test-do#20261124T1200Z": {Actor: audit.Actor{Kind: caller.APIKey, ID: "key_1"}, Workspace: workspace, After: audit.Fields{"why": "forbidden", "subject": "key_1/test-do"}},
	} {
		entries := d.denials(t, id)
		if len(entries) != 1 {
			t.Errorf("%s: %d entries", id, len(entries))
			continue
		}
		e := entries[0]
		if e.Actor != want.Actor || e.Workspace != want.Workspace || e.Severity != "" || e.IP != "2001:db8::7" || e.RequestID != "req_1" || !cmp.Equal(e.After, want.After) {
			t.Errorf("%s: got %+v", id, e)
		}
	}
	d.Clock.Step(time.Minute)
	statuses(t, d, keyRead, here)
	if got := d.denials(t, "request.forbidden#key_1/test-do#20261124T1201Z"); len(got) != 1 {
		t.Errorf("the minute after: %d entries", len(got))
	}
}

// A refusal that can't be recorded is still one, and the log says that the trail lacks it.
func TestUnrecordedRefusal(t *testing.T) {
	d := newDoor(t, "")
	d.gate.who = admin(caller.Auditor)
	d.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Effect: awsfault.LostRequest})
	if answer := d.ask(t, adminWrite, here); answer.Status != 403 || !strings.Contains(d.log.String(), `"not_noted":"outcome_unknown`) || strings.Contains(string(answer.Body), "database") {
		t.Errorf("got %d %s\n%s", answer.Status, answer.Body, d.log.String())
	}
}

// A trusted proxy that forwards for no address is a security event, once a minute, and the client counts by the proxy's
// address; behind a good one it counts by its own, whatever it writes itself. The trail has the whole address.
func TestTrustedProxies(t *testing.T) {
	d := newDoor(t, "10.0.0.0/8,2001:db8:1::/48")
	for _, forwarded := range []string{"2001:db8:2:3::1", "1.1.1.1, 2001:db8:2:3::2", "unknown, [2001:db8:2:3::3]:4711"} {
		if got := d.ask(t, publicAuth, "10.0.0.1", forwarded).Status; got != 200 {
			t.Errorf("%s: got %d", forwarded, got)
		}
	}
	if got := d.ask(t, publicAuth, "10.0.0.2", "2001:db8:2:3:ffff::").Status; got != 429 {
		t.Errorf("the same network once more: got %d", got)
	}
	if got := d.calls[1].Origin.IP; got != "2001:db8:2:3::2" {
		t.Errorf("the caller's address is %s", got)
	}
	const proxy = "request.proxy_violation#proxy/10.0.0.1#20261124T1200Z"
	if got := d.denials(t, proxy); len(got) != 0 {
		t.Errorf("before: %d violations", len(got))
	}
	d.AWS.Forget()
	for range 2 {
		d.ask(t, callback, "10.0.0.1", "203.0.113.9, unknown")
	}
	if n := len(d.AWS.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
	entries := d.denials(t, proxy)
	if len(entries) != 1 || entries[0].Severity != audit.Warning || entries[0].Actor.Kind != caller.Anonymous || entries[0].IP != "10.0.0.1" {
		t.Errorf("got %+v", entries)
	}
	if got := d.calls[len(d.calls)-1].Origin.IP; got != "10.0.0.1" {
		t.Errorf("the caller's address is %s", got)
	}
}
