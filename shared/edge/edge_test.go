package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
)

// service is a domain of the tests' own: it answers what it was asked, or with the error it holds.
type service struct {
	err   error
	calls *[]caller.Caller
}

type input struct {
	Workspace tenant.ID `path:"workspace"`
	Name      string    `json:"name"`
	edge.Paging
}

type output struct {
	Name  string `json:"name"`
	Limit int    `json:"limit"`
}

func (s service) do(_ context.Context, who caller.Caller, in input) (output, error) {
	*s.calls = append(*s.calls, who)
	if in.Name == "panic" {
		panic("a canary in a panic")
	}
	return output{in.Name, in.Limit}, s.err
}

// gate admits whoever it holds.
type gate struct {
	who caller.Caller
	err error
}

func (g gate) Admit(context.Context, edge.Request) (caller.Caller, error) { return g.who, g.err }

// edges gives edges on a stack of the test's own.
func edges(t testing.TB) func(edge.Gate, io.Writer) edge.Edge {
	t.Helper()
	v := vaulttest.New(t)
	return func(g edge.Gate, log io.Writer) edge.Edge {
		e := v.World.Edge(g, nil)
		e.Log = slog.New(slog.NewJSONHandler(log, nil))
		return e
	}
}

const workspace = "ws_eucentral1_01jd0000000000000000000001"

func route(g edge.Guard) edge.Route[service, input, output] {
	return edge.Route[service, input, output]{Spec: edge.Spec{Name: "test-do", Method: "POST", Path: "/v1/{workspace}", Status: 201, Guard: g, MaxBody: 100}, Do: service.do}
}

func request(body string) edge.Request {
	return edge.Request{ID: "req_1", Method: "POST", Path: "/v1/x", Params: map[string]string{"workspace": workspace}, Query: url.Values{},
		Header: http.Header{}, Body: []byte(body), Source: netip.MustParseAddr("::ffff:192.0.2.7")}
}

func keyOf(scopes ...string) caller.Caller {
	id, _ := tenant.Parse(workspace)
	return caller.Caller{Kind: caller.APIKey, ID: "key_1", Workspace: id, Scopes: caller.NewScopes(scopes)}
}

func admin(role caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: role}
}

// Only a caller of the guard's kind with the guard's right gets through; the handler runs for nobody else.
func TestGuards(t *testing.T) {
	open := edges(t)
	callers := map[string]gate{
		"nobody": {}, "refused": {err: edge.ErrUnauthenticated}, "owner": {who: admin(caller.Owner)}, "auditor": {who: admin(caller.Auditor)},
		"no role": {who: admin("")}, "key": {who: keyOf("a:write")}, "other key": {who: keyOf("a:read")}, "no scopes": {who: keyOf()},
		"key of nobody": {who: caller.Caller{Kind: caller.APIKey, Scopes: caller.NewScopes([]string{"a:write"})}},
		"database down": {err: ledger.ErrUnavailable},
	}
	guards := map[string]struct {
		guard edge.Guard
		want  map[string]int
	}{
		"admin": {edge.Admin(caller.WorkspaceWrite), map[string]int{"owner": 201, "refused": 401, "database down": 503}},
		"key":   {edge.APIKey("a:write"), map[string]int{"key": 201, "refused": 401, "database down": 503}},
	}
	for guardName, g := range guards {
		for name, gate := range callers {
			var calls []caller.Caller
			handler := edge.Bind(open(gate, io.Discard), route(g.guard), service{calls: &calls})
			want, named := g.want[name]
			if !named {
				want = 403
			}
			answer := handler(t.Context(), request(`{"name":"a"}`))
			if answer.Status != want || (len(calls) == 1) != (want == 201) {
				t.Errorf("%s guard, %s: got %d with %d calls, want %d", guardName, name, answer.Status, len(calls), want)
			}
		}
	}
}

// A route whose guard lets nobody in, or asks for nothing, does not start.
func TestUnguardedRoutesDoNotStart(t *testing.T) {
	open := edges(t)
	for name, g := range map[string]edge.Guard{"zero": {}, "admin without permission": edge.Admin(""), "key without scopes": edge.APIKey()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: started", name)
				}
			}()
			edge.Bind(open(gate{}, io.Discard), route(g), service{})
		}()
	}
}

// A route that takes a secret keeps no hash of what it was asked: it says so, or does not start.
func TestSecretsAreNotKept(t *testing.T) {
	type nested struct {
		Inner []struct {
			Password secret.Text `json:"password"`
		} `json:"inner"`
	}
	open := edges(t)
	replayer := &once{}
	e := open(gate{who: admin(caller.Owner)}, io.Discard)
	e.Replayer = replayer
	bind := func(hidden bool) edge.Handler {
		r := edge.Route[struct{}, nested, struct{}]{Spec: route(edge.Admin(caller.WorkspaceWrite)).Spec,
			Do: func(_ struct{}, _ context.Context, who caller.Caller, _ nested) (struct{}, error) {
				replayer.given = who.Once
				return struct{}{}, nil
			}}
		r.Secret = hidden
		return edge.Bind(e, r, struct{}{})
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a route that does not say so started")
			}
		}()
		bind(false)
	}()
	r := request(`{"inner":[{"password":"x"}]}`)
	r.Header.Set("Idempotency-Key", "k1")
	if got := bind(true)(t.Context(), r); got.Status != 201 || replayer.asked || replayer.given != (caller.Once{}) {
		t.Errorf("got %d %s, asked for a reply: %v, kept: %+v", got.Status, got.Body, replayer.asked, replayer.given)
	}
}

// once remembers what it was asked.
type once struct {
	asked bool
	given caller.Once
}

func (o *once) Replay(context.Context, caller.Caller) error {
	o.asked = true
	return nil
}

// Bad input is refused with a problem that names the member, and the handler does not run.
func TestBadInput(t *testing.T) {
	open := edges(t)
	tests := []struct {
		name   string
		change func(*edge.Request)
		status int
		code   string
		field  string
	}{
		{"not JSON", func(r *edge.Request) { r.Body = []byte("{") }, 400, "malformed_request", ""},
		{"no body", func(r *edge.Request) { r.Body = nil }, 400, "malformed_request", ""},
		{"unknown member", func(r *edge.Request) { r.Body = []byte(`{"name":"a","x":1}`) }, 400, "malformed_request", "/x"},
		{"duplicate member", func(r *edge.Request) { r.Body = []byte(`{"name":"a","name":"b"}`) }, 400, "malformed_request", "/name"},
		{"wrong type", func(r *edge.Request) { r.Body = []byte(`{"name":1}`) }, 400, "malformed_request", "/name"},
		{"too large", func(r *edge.Request) { r.Body = []byte(`{"name":"` + strings.Repeat("a", 100) + `"}`) }, 413, "body_too_large", ""},
		{"malformed id", func(r *edge.Request) { r.Params["workspace"] = "ws_1" }, 400, "malformed_request", "workspace"},
		{"unknown parameter", func(r *edge.Request) { r.Query.Set("x", "1") }, 400, "malformed_request", "x"},
		{"repeated parameter", func(r *edge.Request) { r.Query["limit"] = []string{"1", "2"} }, 400, "malformed_request", "limit"},
		{"malformed parameter", func(r *edge.Request) { r.Query.Set("limit", "many") }, 400, "malformed_request", "limit"},
		{"zero parameter", func(r *edge.Request) { r.Query.Set("limit", "0") }, 400, "malformed_request", "limit"},
		{"malformed cursor", func(r *edge.Request) { r.Query.Set("cursor", "%%%") }, 400, "malformed_request", "cursor"},
		{"two keys", func(r *edge.Request) { r.Header["Idempotency-Key"] = []string{"a", "b"} }, 400, "malformed_request", "Idempotency-Key"},
		{"empty key", func(r *edge.Request) { r.Header["Idempotency-Key"] = []string{""} }, 400, "malformed_request", "Idempotency-Key"},
		{"comma in key", func(r *edge.Request) { r.Header["Idempotency-Key"] = []string{"a,b"} }, 400, "malformed_request", "Idempotency-Key"},
		{"blank in key", func(r *edge.Request) { r.Header["Idempotency-Key"] = []string{"a b"} }, 400, "malformed_request", "Idempotency-Key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls []caller.Caller
			handler := edge.Bind(open(gate{who: admin(caller.Owner)}, io.Discard), route(edge.Admin(caller.WorkspaceWrite)), service{calls: &calls})
			r := request(`{"name":"a"}`)
			tt.change(&r)
			answer := handler(t.Context(), r)
			var problem edge.Problem
			if err := json.Unmarshal(answer.Body, &problem); err != nil {
				t.Fatal(err)
			}
			if answer.Status != tt.status || problem.Code != tt.code || problem.Field != tt.field || problem.RequestID != "req_1" {
				t.Errorf("got %d %+v", answer.Status, problem)
			}
			if len(calls) > 0 {
				t.Error("the handler ran")
			}
		})
	}
}

// A caller carries where the request came from: an address without its IPv6 clothing, a bounded User-Agent.
func TestOrigin(t *testing.T) {
	open := edges(t)
	var calls []caller.Caller
	handler := edge.Bind(open(gate{who: admin(caller.Owner)}, io.Discard), route(edge.Admin(caller.WorkspaceWrite)), service{calls: &calls})
	r := request(`{"name":"a"}`)
	r.Header.Set("User-Agent", strings.Repeat("é", 200))
	r.Header.Set("Idempotency-Key", "k1")
	handler(t.Context(), r)
	if len(calls) != 1 {
		t.Fatal("the handler did not run")
	}
	want := caller.Origin{IP: "192.0.2.7", UserAgent: strings.Repeat("é", 128), RequestID: "req_1"}
	if diff := cmp.Diff(want, calls[0].Origin); diff != "" {
		t.Error(diff)
	}
	if once := calls[0].Once; once.Key != "k1" || once.Route != "test-do" || len(once.Input) != 64 {
		t.Errorf("got %+v", once)
	}
}

// A fault is told as it is; anything else is told as internal, and only the log knows more.
func TestErrors(t *testing.T) {
	open := edges(t)
	tests := []struct {
		name   string
		err    error
		body   string
		status int
		code   string
	}{
		{"fault", fault.New(fault.Conflict, "taken", "Taken.").Because(errors.New("canary")), `{"name":"a"}`, 409, "taken"},
		{"unknown", errors.New("canary"), `{"name":"a"}`, 500, "internal"},
		{"outcome unknown", ledger.ErrOutcomeUnknown.Because(errors.New("canary")), `{"name":"a"}`, 503, "outcome_unknown"},
		{"panic", nil, `{"name":"panic"}`, 500, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			var calls []caller.Caller
			handler := edge.Bind(open(gate{who: admin(caller.Owner)}, &log),
				route(edge.Admin(caller.WorkspaceWrite)), service{err: tt.err, calls: &calls})
			answer := handler(t.Context(), request(tt.body))
			if answer.Status != tt.status || !strings.Contains(string(answer.Body), `"code":"`+tt.code+`"`) {
				t.Errorf("got %d %s", answer.Status, answer.Body)
			}
			if strings.Contains(string(answer.Body), "canary") {
				t.Error("the cause is shown")
			}
			if got := strings.Count(log.String(), "\n"); got != 1 {
				t.Errorf("%d log records", got)
			}
		})
	}
}

// The log says why somebody was not believed, which the client is not told; of other faults, and in the words of what was
// shown, it says nothing.
func TestCause(t *testing.T) {
	open := edges(t)
	var claims struct{}
	unread := strict.Decode([]byte(`{"canary":1}`), &claims)
	for _, tt := range []struct {
		name string
		err  error
		want any
	}{
		{"a reason", edge.ErrUnauthenticated.Because(errors.New("the session is ended")), "the session is ended"},
		{"none", edge.ErrUnauthenticated, nil},
		{"forbidden", edge.ErrForbidden.Because(errors.New("wrong_password")), "wrong_password"},
		{"what was read", edge.ErrUnauthenticated.Because(unread), "a member is not known here"},
		{"wrapped", edge.ErrUnauthenticated.Because(fmt.Errorf("token: %w", unread)), "a member is not known here"},
		{"another fault", edge.ErrMalformed.Because(errors.New("canary")), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			var calls []caller.Caller
			answer := edge.Bind(open(gate{err: tt.err}, &log), route(edge.Admin(caller.WorkspaceWrite)), service{calls: &calls})(t.Context(), request(`{"name":"a"}`))
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("the log: %v: %s", err, log.String())
			}
			if line["cause"] != tt.want || strings.Contains(log.String(), "canary") {
				t.Errorf("the log: got %s, want the cause %v", log.String(), tt.want)
			}
			if why, _ := tt.want.(string); why != "" && strings.Contains(string(answer.Body), why) {
				t.Errorf("the client is told: %s", answer.Body)
			}
		})
	}
}

// The reply of an earlier request under the same key is given back as it was, with a mark.
func TestReplay(t *testing.T) {
	open := edges(t)
	var calls []caller.Caller
	handler := edge.Bind(open(gate{who: admin(caller.Owner)}, io.Discard), route(edge.Admin(caller.WorkspaceWrite)),
		service{err: &ledger.Replayed{Reply: []byte(`{"name":"first"}`)}, calls: &calls})
	answer := handler(t.Context(), request(`{"name":"a"}`))
	if answer.Status != 201 || string(answer.Body) != `{"name":"first"}` || answer.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %d %s %v", answer.Status, answer.Body, answer.Header)
	}
}

// No request makes the edge panic past its own recovery, and every answer is JSON with a known status.
func FuzzServe(f *testing.F) {
	open := edges(f)
	f.Add([]byte(`{"name":"a"}`), "limit=1", "k")
	f.Add([]byte(`{`), "limit=&limit=", "")
	f.Add([]byte(nil), "cursor=AAAA&x", "é")
	f.Fuzz(func(t *testing.T, body []byte, query, key string) {
		var calls []caller.Caller
		var log bytes.Buffer
		handler := edge.Bind(open(gate{who: admin(caller.Owner)}, &log), route(edge.Admin(caller.WorkspaceWrite)), service{calls: &calls})
		r := request(string(body))
		r.Query, _ = url.ParseQuery(query)
		r.Header.Set("Idempotency-Key", key)
		answer := handler(t.Context(), r)
		if !json.Valid(answer.Body) {
			t.Errorf("not JSON: %q", answer.Body)
		}
		if strings.Contains(log.String(), `"stack"`) && !bytes.Contains(body, []byte("panic")) {
			t.Errorf("a panic: %s", log.String())
		}
	})
}
