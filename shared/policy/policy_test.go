package policy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

var errNoWorkspace = fault.New(fault.NotFound, "workspace_not_found", "There is no such workspace.")

// office is the policy routes of one workspace, and the events that they announced.
type office struct {
	*vaulttest.Vault
	service policy.Service
	ours    tenant.ID
	events  *events
}

type events struct {
	mu  sync.Mutex
	all []ledger.Event
}

func (e *events) Announce(_ context.Context, all []ledger.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, all...)
}

var (
	author    = caller.Caller{Kind: caller.Admin, ID: "adm_author", Role: caller.Operator}
	publisher = caller.Caller{Kind: caller.Admin, ID: "adm_publisher", Role: caller.Owner}
)

func newOffice(t *testing.T) office {
	t.Helper()
	v, heard := vaulttest.New(t), &events{}
	v.Ledger.Announcer = heard
	ours := tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random)
	exists := func(_ context.Context, id tenant.ID) error {
		if id != ours {
			return errNoWorkspace
		}
		return nil
	}
	return office{v, policy.Service{Ledger: v.Ledger, Workspaces: exists}, ours, heard}
}

func (o office) draft(t *testing.T, text string) (policy.DraftSummary, error) {
	t.Helper()
	d := document(t, text)
	return o.service.Draft(t.Context(), author, policy.DraftInput{Workspace: o.ours, Rules: d.Rules, Caps: d.Caps})
}

func (o office) publish(t *testing.T, draft int64) (policy.VersionSummary, error) {
	t.Helper()
	return o.service.Publish(t.Context(), publisher, policy.PublishInput{Workspace: o.ours, Draft: draft})
}

func (o office) judge(t *testing.T, j *policy.Judge, q signing.Request) signing.Verdict {
	t.Helper()
	v, _, err := o.ask(t, j, o.question(q, "1"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// question is a request of the workspace under a key of its own.
func (o office) question(q signing.Request, key string) signing.Question {
	ref, err := tenant.NewRef(o.ours, key)
	if err != nil {
		panic(err)
	}
	return signing.Question{Workspace: o.ours, Cosigner: "cos_1", ExternalID: "request-" + key, TxID: "tx-" + key, Ref: ref, Request: q,
		At: o.Clock.Now()}
}

// ask reads what a Judge wants to have read, and asks it.
func (o office) ask(t *testing.T, j *policy.Judge, q signing.Question) (signing.Verdict, []ledger.Write, error) {
	t.Helper()
	keys := j.Keys(q)
	items := must[[]ledger.Item](t)(o.Ledger.Get(t.Context(), keys...))
	read := map[ledger.Key]ledger.Item{}
	for i, key := range keys {
		read[key] = items[i]
	}
	return j.Judge(t.Context(), q, read)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A draft judges nothing until it is published; from then on decisions are made by it and name its version, and a
// version in memory does not outlive its successor.
func TestDraftThenPublish(t *testing.T) {
	o := newOffice(t)
	j := policy.NewJudge(o.Ledger)
	q := transfer("BTC", "1", wallet("bc1q1", true))
	saved := must[policy.DraftSummary](t)(o.draft(t, treasury))
	if got := o.judge(t, j, q); got.Approve || got.Reason != signing.NoPolicy {
		t.Errorf("drafted: got %+v, want no policy", got)
	}
	out := must[policy.VersionSummary](t)(o.publish(t, saved.Version))
	if out.Version != 1 || out.Author != "adm_author" || out.Publisher != "adm_publisher" {
		t.Errorf("published: got %+v", out)
	}
	if got := o.judge(t, j, q); !got.Approve || got.Policy != 1 {
		t.Errorf("published: got %+v, want approved under version 1", got)
	}
	must[policy.DraftSummary](t)(o.draft(t, `{"rules":[],"caps":[]}`))
	if got := o.judge(t, j, q); !got.Approve {
		t.Errorf("a later draft changed the decision: %+v", got)
	}
	must[policy.VersionSummary](t)(o.publish(t, 2))
	if got := o.judge(t, j, q); got.Approve || got.Policy != 2 {
		t.Errorf("superseded: got %+v, want rejected under version 2", got)
	}
	view := must[policy.View](t)(o.service.Get(t.Context(), publisher, policy.GetInput{Workspace: o.ours}))
	if view.Published.Version != 2 || !view.Draft.Published || view.Draft.Version != 2 {
		t.Errorf("view: got %+v", view)
	}
}

// Only the draft that is named is published, and only once; every refusal writes nothing.
func TestPublishRefusals(t *testing.T) {
	o := newOffice(t)
	if _, err := o.publish(t, 1); !errors.Is(err, policy.ErrNoDraft) {
		t.Errorf("no draft: got %v", err)
	}
	must[policy.DraftSummary](t)(o.draft(t, treasury))
	must[policy.DraftSummary](t)(o.draft(t, `{"rules":[],"caps":[]}`))
	for _, other := range []int64{-1, 0, 1, 3} {
		if _, err := o.publish(t, other); !errors.Is(err, policy.ErrDraftMoved) || fault.From(err).Kind != fault.Conflict {
			t.Errorf("draft %d: got %v", other, err)
		}
	}
	must[policy.VersionSummary](t)(o.publish(t, 2))
	if _, err := o.publish(t, 2); !errors.Is(err, policy.ErrDraftIsOut) {
		t.Errorf("again: got %v", err)
	}
	if entries := o.Trail(t, audit.Target{Type: "policy", ID: o.ours.String()}); len(entries) != 1 {
		t.Errorf("entries: got %d, want 1", len(entries))
	}
}

// A workspace that is not there gets its own "not found" from every route, and nothing is written.
func TestUnknownWorkspace(t *testing.T) {
	o := newOffice(t)
	other := tenant.New("eu-central-1", o.Clock.Now(), o.Ledger.Random)
	_, drafting := o.service.Draft(t.Context(), author, policy.DraftInput{Workspace: other})
	_, publishing := o.service.Publish(t.Context(), publisher, policy.PublishInput{Workspace: other, Draft: 1})
	_, getting := o.service.Get(t.Context(), publisher, policy.GetInput{Workspace: other})
	for name, err := range map[string]error{"draft": drafting, "publish": publishing, "get": getting} {
		if !errors.Is(err, errNoWorkspace) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	items := must[[]ledger.Item](t)(o.Ledger.Get(t.Context(), policy.HeadKey(other)))
	if items[0] != nil {
		t.Errorf("written: %v", items[0])
	}
}

// The trail holds who drafted and published, with digests and counts and not the document, in chains without a gap; the
// publishing is told to the workspace.
func TestTrailAndEvent(t *testing.T) {
	o := newOffice(t)
	must[policy.DraftSummary](t)(o.draft(t, treasury))
	out := must[policy.VersionSummary](t)(o.publish(t, 1))
	entries := o.Trail(t, audit.Target{Type: "policy", ID: o.ours.String()})
	if len(entries) != 1 || entries[0].Action != "policy.publish" || entries[0].Actor.ID != "adm_publisher" || entries[0].Workspace != o.ours.String() {
		t.Fatalf("entries: got %+v", entries)
	}
	want := audit.Fields{"published_version": int64(1), "digest": out.Digest, "author": "adm_author", "publisher": "adm_publisher",
		"rules": int64(3), "caps": int64(1)}
	if diff := cmp.Diff(want, entries[0].After); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	drafts := o.Trail(t, audit.Target{Type: "policy_draft", ID: o.ours.String()})
	if len(drafts) != 1 || drafts[0].Action != "policy.draft" || drafts[0].Actor.ID != "adm_author" {
		t.Errorf("drafts: got %+v", drafts)
	}
	if len(o.events.all) != 1 || o.events.all[0].Type != "policy.published" || o.events.all[0].Workspace != o.ours.String() ||
		o.events.all[0].Data["published_version"] != int64(1) {
		t.Errorf("events: got %+v", o.events.all)
	}
}

// Of many who publish one draft at once, one does.
func TestConcurrentPublish(t *testing.T) {
	o := newOffice(t)
	must[policy.DraftSummary](t)(o.draft(t, treasury))
	const publishers = 16
	done := make(chan error, publishers)
	for range publishers {
		go func() {
			_, err := o.service.Publish(context.Background(), publisher, policy.PublishInput{Workspace: o.ours, Draft: 1})
			done <- err
		}()
	}
	succeeded := 0
	for range publishers {
		if err := <-done; err == nil {
			succeeded++
		} else if fault.From(err).Kind != fault.Conflict {
			t.Errorf("got %v, want a conflict", err)
		}
	}
	if succeeded != 1 || len(o.events.all) != 1 {
		t.Errorf("published %d times with %d events, want once", succeeded, len(o.events.all))
	}
}

// The author of a draft does not publish it; another admin does. Where one admin is enough, the author may.
func TestFourEyes(t *testing.T) {
	o := newOffice(t)
	must[policy.DraftSummary](t)(o.draft(t, treasury))
	own := func() error {
		_, err := o.service.Publish(t.Context(), author, policy.PublishInput{Workspace: o.ours, Draft: 1})
		return err
	}
	if err := own(); !errors.Is(err, policy.ErrFourEyes) || fault.From(err).Kind != fault.Forbidden {
		t.Errorf("the author: got %v, want %v", err, policy.ErrFourEyes)
	}
	if view := must[policy.View](t)(o.service.Get(t.Context(), author, policy.GetInput{Workspace: o.ours})); view.Published != nil {
		t.Errorf("published: %+v", view.Published)
	}
	o.service.OneAdmin = true
	if err := own(); err != nil {
		t.Errorf("where one admin is enough: got %v", err)
	}
}

// A stored version that is not the one that was published, or no document at all, judges nothing.
func TestChangedVersionIsRefused(t *testing.T) {
	o := newOffice(t)
	must[policy.DraftSummary](t)(o.draft(t, treasury))
	must[policy.VersionSummary](t)(o.publish(t, 1))
	key := ledger.Key{PK: policy.Keys + o.ours.String(), SK: "version#00000001"}
	whole := policy.Pack([]byte(`{"caps":[],"rules":[{"effect":"allow","id":"all","match":{}}]}`))
	for name, stored := range map[string][]byte{
		"another document": whole,
		"cut off":          whole[:len(whole)-4],
		"not compressed":   []byte(`{"caps":[],"rules":[]}`),
		"without an end":   policy.Pack(bytes.Repeat([]byte(" "), 64<<20)),
		"nothing":          {},
	} {
		write := ledger.Write{Key: key, Set: ledger.Item{"document": stored}, If: ledger.Exists(), Else: errNoWorkspace}
		if err := o.Ledger.Store.Transact(t.Context(), o.Ledger.NewID("t"), []ledger.Write{write}); err != nil {
			t.Fatal(err)
		}
		if v, _, err := o.ask(t, policy.NewJudge(o.Ledger), o.question(transfer("BTC", "1"), "1")); err == nil || v.Approve {
			t.Errorf("%s judged: %+v, %v", name, v, err)
		}
	}
}

type gate struct{ who caller.Caller }

func (g gate) Admit(context.Context, edge.Request) (caller.Caller, error) { return g.who, nil }

// Over the edge a document is refused with the member's name, and by a role without the right; what is too large is not
// read at all.
func TestRoutes(t *testing.T) {
	o := newOffice(t)
	put := func(who caller.Caller, body string) edge.Response {
		h := edge.Bind(o.World.Edge(gate{who}, o.Ledger), policy.RouteDraft, o.service)
		return h(t.Context(), edge.Request{ID: "req_1", Method: http.MethodPut, Params: map[string]string{"workspace": o.ours.String()}, Body: []byte(body)})
	}
	auditor := caller.Caller{Kind: caller.Admin, ID: "adm_auditor", Role: caller.Auditor}
	for _, c := range []struct {
		who    caller.Caller
		body   string
		status int
		code   string
		field  string
	}{
		{auditor, treasury, 403, "forbidden", ""},
		{author, ``, 400, "malformed_request", ""},
		{author, `{"rules":[]}`, 400, "malformed_request", "/caps"},
		{author, `{"rules":[],"caps":[],"x":1}`, 400, "malformed_request", "/x"},
		{author, rule(`{"amount":{"max":"1"}}`), 422, "policy_amount_without_asset", "/rules/0/match/amount"},
		{author, `{"rules":[],"caps":[]` + strings.Repeat(" ", 4<<20) + `}`, 413, "body_too_large", ""},
		{author, many(8000), 422, "policy_too_large", ""},
	} {
		var got edge.Problem
		r := put(c.who, c.body)
		if err := json.Unmarshal(r.Body, &got); err != nil {
			t.Fatal(err)
		}
		if r.Status != c.status || got.Code != c.code || got.Field != c.field {
			t.Errorf("%.60s: got %d %s at %q, want %d %s at %q", c.body, r.Status, got.Code, got.Field, c.status, c.code, c.field)
		}
	}
	for _, good := range []string{treasury, many(4000)} { // alike, they take little room
		if r := put(author, good); r.Status != http.StatusOK {
			t.Errorf("%.60s: got %d %s", good, r.Status, r.Body)
		}
	}
}

// many is a document of so many rules of about 300 bytes each.
func many(rules int) string {
	var all []string
	for i := range rules {
		all = append(all, fmt.Sprintf(`{"id":"r%d","effect":"allow","match":{"destination":{"address":"%s"}}}`, i, strings.Repeat("a", 250)))
	}
	return `{"rules":[` + strings.Join(all, ",") + `],"caps":[]}`
}
