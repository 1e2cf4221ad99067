package endpoint_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/wire/bykey"
	"github.com/zenvault/zenvault/shared/wire/sealing"
)

// stack is a vault with two workspaces' API keys and the endpoint routes.
type stack struct {
	*vaulttest.Vault
	service  endpoint.Service
	ours     tenant.ID
	our, her string // tokens
	reader   string // ours, without the right to write
}

func newStack(t *testing.T) *stack {
	t.Helper()
	v := vaulttest.New(t)
	s := &stack{Vault: v, service: endpoint.Service{Ledger: v.Ledger, Sealer: sealing.Endpoints{Ring: v.Ring}}}
	s.ours = tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random)
	hers := tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random)
	s.our = s.token(t, s.ours, caller.EndpointsRead, caller.EndpointsWrite)
	s.her = s.token(t, hers, caller.EndpointsRead, caller.EndpointsWrite)
	s.reader = s.token(t, s.ours, caller.EndpointsRead)
	return s
}

func (s *stack) token(t *testing.T, workspace tenant.ID, scopes ...string) string {
	t.Helper()
	keys := apikey.Service{Ledger: s.Ledger, Peppers: s.Ring, Workspaces: func(context.Context, tenant.ID) error { return nil }}
	made, err := keys.Create(t.Context(), caller.Worker("test", ""), apikey.CreateInput{Workspace: workspace, Name: "k", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return made.Token
}

func (s *stack) create(token, body string, header ...string) edge.Response {
	return s.call(edge.Bind(bykey.Edge(s.World, s.Ledger, s.Ring), endpoint.RouteCreate, s.service), "POST", token, nil, body, header...)
}

func (s *stack) get(token, id string) edge.Response {
	return s.call(edge.Bind(bykey.Edge(s.World, s.Ledger, s.Ring), endpoint.RouteGet, s.service), "GET", token, map[string]string{"endpoint": id}, "")
}

func (s *stack) list(token string, query string) edge.Response {
	h := edge.Bind(bykey.Edge(s.World, s.Ledger, s.Ring), endpoint.RouteList, s.service)
	r := edge.Request{ID: "req_1", Method: "GET", Path: "/v1/webhook-endpoints", Header: http.Header{"Authorization": {"Bearer " + token}}}
	if query != "" {
		r.Query = map[string][]string{"cursor": {query}}
	}
	return h(context.Background(), r)
}

func (*stack) call(h edge.Handler, method, token string, params map[string]string, body string, header ...string) edge.Response {
	r := edge.Request{ID: "req_1", Method: method, Path: "/v1/webhook-endpoints", Params: params,
		Header: http.Header{"Authorization": {"Bearer " + token}}, Body: []byte(body)}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return h(context.Background(), r)
}

func decode[T any](t *testing.T, r edge.Response, status int) T {
	t.Helper()
	var v T
	if r.Status != status {
		t.Fatalf("status: got %d %s, want %d", r.Status, r.Body, status)
	}
	if err := json.Unmarshal(r.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

const good = `{"url":"https://hooks.example.com/zenvault","events":["decision.*","policy.published"],"description":"main"}`

// The secret is shown by the create and by nothing else, and is stored as ciphertext that opens for this endpoint only.
func TestSecretIsShownOnce(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), http.StatusCreated)
	want := endpoint.View{ID: made.ID, URL: "https://hooks.example.com/zenvault", Events: []string{"decision.*", "policy.published"},
		Description: "main", State: "enabled", CreatedAt: 1795521600000}
	if diff := cmp.Diff(want, made.View); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
	encoded, prefixed := strings.CutPrefix(made.Secret, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(raw) != 32 {
		t.Fatalf("secret: got %q, want whsec_ and 32 bytes of base64", made.Secret)
	}
	for name, body := range map[string][]byte{"get": s.get(s.our, string(made.ID)).Body, "list": s.list(s.our, "").Body} {
		if bytes.Contains(body, []byte(encoded)) || bytes.Contains(body, []byte("secret")) {
			t.Errorf("%s shows the secret: %s", name, body)
		}
	}
	item, err := s.Ledger.GetOne(t.Context(), endpoint.At(s.ours, made.ID))
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := item["secret"].([]byte)
	if len(sealed) == 0 || bytes.Contains(sealed, raw) {
		t.Errorf("stored secret: got %x, want ciphertext", sealed)
	}
	to, open, err := s.service.Destination(t.Context(), s.ours, string(made.ID))
	if err != nil || !open || !bytes.Equal(to.Keys[0].Expose(), raw) {
		t.Errorf("opened: got %t, %v, want the secret", open, err)
	}
	entries := s.Trail(t, audit.Target{Type: "endpoint", ID: string(made.ID)})
	if len(entries) != 1 || entries[0].Action != "endpoint.create" || entries[0].After["secret"] != "[redacted]" ||
		entries[0].Workspace != s.ours.String() || entries[0].Actor.Kind != caller.APIKey {
		t.Errorf("entries: got %+v", entries)
	}
}

// Ciphertext that is moved to another endpoint, of the same or of another workspace, does not open there.
func TestMovedCiphertextDoesNotOpen(t *testing.T) {
	s := newStack(t)
	one := decode[endpoint.Created](t, s.create(s.our, good), 201)
	two := decode[endpoint.Created](t, s.create(s.our, good), 201)
	from, err := s.Ledger.GetOne(t.Context(), endpoint.At(s.ours, one.ID))
	if err != nil {
		t.Fatal(err)
	}
	moved := ledger.Write{Key: endpoint.At(s.ours, two.ID), Set: ledger.Item{"secret": from["secret"]}, If: ledger.Exists(), Else: endpoint.ErrNotFound}
	if err := s.Ledger.Store.Transact(t.Context(), "t", []ledger.Write{moved}); err != nil {
		t.Fatal(err)
	}
	if _, open, err := s.service.Destination(t.Context(), s.ours, string(two.ID)); err == nil || open {
		t.Errorf("the moved secret opened: %t, %v", open, err)
	}
}

// A repeat under the same Idempotency-Key gets the same endpoint without the secret, and makes nothing.
func TestRepeat(t *testing.T) {
	s := newStack(t)
	first := decode[endpoint.Created](t, s.create(s.our, good, "Idempotency-Key", "k1"), 201)
	again := s.create(s.our, good, "Idempotency-Key", "k1")
	second := decode[endpoint.Created](t, again, 201)
	if second.Secret != "" || bytes.Contains(again.Body, []byte("secret")) || second.ID != first.ID {
		t.Errorf("repeat: got %s", again.Body)
	}
	page := decode[edge.Page[endpoint.View]](t, s.list(s.our, ""), 200)
	if len(page.Items) != 1 {
		t.Errorf("endpoints: got %d, want 1", len(page.Items))
	}
}

// Another workspace's endpoint is not there: not to read, not in the list, whatever the cursor says.
func TestOtherWorkspace(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	got := decode[edge.Problem](t, s.get(s.her, string(made.ID)), 404)
	if got.Code != "endpoint_not_found" {
		t.Errorf("code: got %s, want endpoint_not_found", got.Code)
	}
	for _, cursor := range []string{"", ledger.Cursor{After: "a"}.String(), ledger.Cursor{After: "endpoint#"}.String(), ledger.Cursor{After: "~"}.String()} {
		if page := decode[edge.Page[endpoint.View]](t, s.list(s.her, cursor), 200); len(page.Items) != 0 {
			t.Errorf("her list from %q: got %v, want none", cursor, page.Items)
		}
		decode[edge.Page[endpoint.View]](t, s.list(s.our, cursor), 200)
	}
}

// What is not a good request is refused naming the member, and writes nothing.
func TestRefusals(t *testing.T) {
	s := newStack(t)
	ok := `"url":"https://a.example.com","events":["*"]`
	for _, c := range []struct {
		body   string
		status int
		code   string
		field  string
	}{
		{``, 400, "malformed_request", ""},
		{`[]`, 400, "malformed_request", ""},
		{`{"url":"https://a.example.com"}`, 400, "malformed_request", "/events"},
		{`{"events":["*"]}`, 400, "malformed_request", "/url"},
		{`{` + ok + `,"secret":"x"}`, 400, "malformed_request", "/secret"},
		{`{` + ok + `,"url":"https://b.example.com"}`, 400, "malformed_request", "/url"},
		{`{"url":1,"events":["*"]}`, 400, "malformed_request", "/url"},
		{`{"url":"https://a.example.com","events":[1]}`, 400, "malformed_request", "/events/0"},
		{`{"url":"http://a.example.com","events":["*"]}`, 422, "endpoint_url_invalid", "/url"},
		{`{"url":"https://a.example.com","events":[]}`, 422, "events_required", "/events"},
		{`{"url":"https://a.example.com","events":["*","transfer.unheard_of"]}`, 422, "event_type_unknown", "/events/1"},
		{`{"url":"https://a.example.com","events":["decision"]}`, 422, "event_type_unknown", "/events/0"},
		{`{"url":"https://a.example.com","events":["decision.**"]}`, 422, "event_type_unknown", "/events/0"},
		{`{"url":"https://a.example.com","events":["*","decision.*","*"]}`, 422, "event_type_repeated", "/events/2"},
		{`{` + ok + `,"description":"` + strings.Repeat("x", 201) + `"}`, 422, "endpoint_description_invalid", "/description"},
		{`{` + ok + `,"description":"a\u0007"}`, 422, "endpoint_description_invalid", "/description"},
	} {
		got := decode[edge.Problem](t, s.create(s.our, c.body), c.status)
		if got.Code != c.code || got.Field != c.field {
			t.Errorf("%s: got %s at %q, want %s at %q", c.body, got.Code, got.Field, c.code, c.field)
		}
	}
	if got := s.create(s.reader, good); got.Status != 403 {
		t.Errorf("without the scope: got %d, want 403", got.Status)
	}
	if got := s.get(s.our, "ep_x"); got.Status != 400 {
		t.Errorf("malformed id: got %d, want 400", got.Status)
	}
	if page := decode[edge.Page[endpoint.View]](t, s.list(s.our, ""), 200); len(page.Items) != 0 {
		t.Errorf("endpoints made: %v", page.Items)
	}
}

// Forty creates at once make twenty endpoints, and the rest hear of the limit.
func TestLimit(t *testing.T) {
	s := newStack(t)
	statuses := make([]int, 40)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i] = s.create(s.our, good).Status })
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	if diff := cmp.Diff(map[int]int{201: 20, 409: 20}, count); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if got := s.create(s.her, good).Status; got != 201 {
		t.Errorf("another workspace: got %d, want 201", got)
	}
}

// Disabling an endpoint twice does it once: one event, one entry, which shows what changed and not the secret; from then
// on nothing may be sent there.
func TestDisable(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, `{"url":"https://a.example.com","events":["*"]}`), 201)
	before, err := s.service.Subscribed(t.Context(), s.ours, "decision.approved")
	if err != nil || len(before) != 1 {
		t.Fatalf("subscribed: got %v, %v, want one", before, err)
	}
	for range 2 {
		if err := s.service.Disable(t.Context(), caller.Worker("delivery-send", "m"), s.ours, string(made.ID), "gone"); err != nil {
			t.Fatal(err)
		}
	}
	entries := s.Trail(t, audit.Target{Type: "endpoint", ID: string(made.ID)})
	if len(entries) != 2 {
		t.Fatalf("entries: got %d, want 2", len(entries))
	}
	if diff := cmp.Diff(audit.Fields{"state": "disabled", "reason": "gone"}, entries[1].After); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	after, err := s.service.Subscribed(t.Context(), s.ours, "decision.approved")
	if _, open, err := s.service.Destination(t.Context(), s.ours, string(made.ID)); open || err != nil {
		t.Errorf("destination: got %t, %v, want closed", open, err)
	}
	if err != nil || len(after) != 0 {
		t.Errorf("subscribed: got %v, %v, want none", after, err)
	}
	view := decode[endpoint.View](t, s.get(s.our, string(made.ID)), 200)
	if view.State != endpoint.Disabled || view.Reason != "gone" {
		t.Errorf("view: got %+v", view)
	}
	if err := s.service.Disable(t.Context(), caller.Caller{}, s.ours, "ep_00000000000000000000000000", "gone"); err != nil && !errors.Is(err, endpoint.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}
