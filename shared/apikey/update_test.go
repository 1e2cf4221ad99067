package apikey_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/workspace"
)

func (s shop) update(t *testing.T, in apikey.UpdateInput) (apikey.View, error) {
	t.Helper()
	in.Workspace = s.one
	return s.Update(t.Context(), owner, in)
}

func of[T any](value T) *T { return &value }

const public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n" // RFC 8037, A.1

// What is given is changed, what is not given stays, and a change to what is there already writes nothing.
func TestUpdate(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	got, err := s.update(t, apikey.UpdateInput{Key: made.ID, Name: of("new name"), Sources: of([]string{"192.0.2.0/24", "2001:DB8::/32"})})
	if err != nil {
		t.Fatal(err)
	}
	want := made.View
	want.Name, want.Sources = "new name", []string{"192.0.2.0/24", "2001:db8::/32"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tenant.ID{})); diff != "" {
		t.Error(diff)
	}
	got, err = s.update(t, apikey.UpdateInput{Key: made.ID, PublicKey: of(public), RequireSignature: of(true)})
	if err != nil {
		t.Fatal(err)
	}
	want.PublicKey, want.RequireSignature, want.Audience = public, true, "https://vault.example.com"
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tenant.ID{})); diff != "" {
		t.Error(diff)
	}
	for _, same := range []apikey.UpdateInput{{}, {Name: of("new name")}, {RequireSignature: of(true)}, {Sources: of([]string{"192.0.2.0/24", "2001:db8::/32"})}, {PublicKey: of(public)}} {
		same.Key = made.ID
		if again, err := s.update(t, same); err != nil || cmp.Diff(want, again, cmp.AllowUnexported(tenant.ID{})) != "" {
			t.Errorf("the same: %+v, %v", again, err)
		}
	}
	trail := s.Trail(t, audit.Target{Type: "apikey", ID: made.ID})
	if len(trail) != 3 || trail[2].Action != "apikey.update" {
		t.Fatalf("the trail is %+v", trail)
	}
	if diff := cmp.Diff(audit.Fields{"name": "new name", "allowed_sources": []string{"192.0.2.0/24", "2001:db8::/32"}}, trail[1].After); diff != "" {
		t.Error(diff)
	}
	if _, err := s.update(t, apikey.UpdateInput{Key: made.ID, PublicKey: of(""), RequireSignature: of(false)}); err != nil {
		t.Error(err)
	}
	seen, err := s.Get(t.Context(), owner, apikey.GetInput{Workspace: s.one, Key: made.ID})
	want.PublicKey, want.RequireSignature, want.Audience = "", false, ""
	if diff := cmp.Diff(want, seen, cmp.AllowUnexported(tenant.ID{})); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// What a key may not become is refused, naming the member, and so is it at its creation; nothing is written.
func TestUpdateRefuses(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	many := []string{}
	for i := range 51 {
		many = append(many, fmt.Sprintf("192.0.2.%d/32", i))
	}
	for _, tt := range []struct {
		name  string
		in    apikey.UpdateInput
		want  *fault.Fault
		field string
	}{
		{"no name", apikey.UpdateInput{Name: of("")}, apikey.ErrName, "/name"},
		{"no sources", apikey.UpdateInput{Sources: of([]string{})}, apikey.ErrNoSources, "/allowed_sources"},
		{"51 sources", apikey.UpdateInput{Sources: of(many)}, apikey.ErrTooManySources, "/allowed_sources"},
		{"a bad source", apikey.UpdateInput{Sources: of([]string{"192.0.2.0/24", "x"})}, apikey.ErrSource, "/allowed_sources/1"},
		{"a source twice", apikey.UpdateInput{Sources: of([]string{"2001:db8::/32", "2001:DB8:0::/32"})}, apikey.ErrSourceTwice, "/allowed_sources/1"},
		{"a bad public key", apikey.UpdateInput{PublicKey: of("x")}, apikey.ErrPublicKey, "/public_key"},
		{"signatures without a key", apikey.UpdateInput{RequireSignature: of(true)}, apikey.ErrNoPublicKey, "/require_signature"},
	} {
		tt.in.Key = made.ID
		if _, err := s.update(t, tt.in); !errors.Is(err, tt.want) || fault.From(err).Field != tt.field {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.in.Name != nil {
			continue
		}
		in := apikey.CreateInput{Workspace: s.one, Name: "n", Scopes: []string{caller.EndpointsRead}}
		if tt.in.Sources != nil {
			in.Sources = *tt.in.Sources
		}
		if tt.in.PublicKey != nil {
			in.PublicKey = *tt.in.PublicKey
		}
		in.RequireSignature = tt.in.RequireSignature != nil
		if _, err := s.Create(t.Context(), owner, in); !errors.Is(err, tt.want) || fault.From(err).Field != tt.field {
			t.Errorf("%s, at the creation: %v", tt.name, err)
		}
	}
	if _, err := s.update(t, apikey.UpdateInput{Key: made.ID, Sources: of(many[:50])}); err != nil {
		t.Errorf("50 sources: %v", err)
	}
	if trail := s.Trail(t, audit.Target{Type: "apikey", ID: made.ID}); len(trail) != 2 {
		t.Errorf("%d entries", len(trail))
	}
}

// A key that is not there, or another workspace's, is not found by any method; a workspace that is not there is told as
// that.
func TestNotFound(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	nobody, err := tenant.Parse("ws_eucentral1_01jd0000000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]func(tenant.ID, string) error{
		"get": func(w tenant.ID, k string) error {
			_, err := s.Get(t.Context(), owner, apikey.GetInput{Workspace: w, Key: k})
			return err
		},
		"rotate": func(w tenant.ID, k string) error {
			_, err := s.Rotate(t.Context(), owner, apikey.RotateInput{Workspace: w, Key: k})
			return err
		},
		"update": func(w tenant.ID, k string) error {
			_, err := s.Update(t.Context(), owner, apikey.UpdateInput{Workspace: w, Key: k, Name: of("n")})
			return err
		},
		"revoke": func(w tenant.ID, k string) error {
			_, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: w, Key: k})
			return err
		},
	}
	for name, method := range methods {
		for _, key := range []string{made.ID, "key_01jd0000000000000000000001", "x", strings.Repeat("a", 3000)} {
			if err := method(s.two, key); !errors.Is(err, apikey.ErrNotFound) {
				t.Errorf("%s of %.30s: %v", name, key, err)
			}
			if err := method(nobody, key); !errors.Is(err, workspace.ErrNotFound) {
				t.Errorf("%s of %.30s in no workspace: %v", name, key, err)
			}
		}
	}
	if trail := s.Trail(t, audit.Target{Type: "apikey", ID: made.ID}); len(trail) != 1 {
		t.Errorf("%d entries", len(trail))
	}
}

// A network is taken in one way only.
func TestSources(t *testing.T) {
	for _, text := range []string{
		"", "192.0.2.7", "192.0.2.7/24", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/024", "192.0.02.0/24", "192.0.2/24", "192.0.2.0/24 ", " 192.0.2.0/24",
		"::ffff:192.0.2.0/120", "::ffff:c000:200/120", "::ffff:0:0/96", "::ffff:0.0.0.0/96", "fe80::%eth0/64", "fe80::1%eth0/128", "2001:db8::1/64", "2001:db8::/129", "2001:db8::",
		"0.0.0.0", "*", "localhost/8", "192.0.2.0/255.255.255.0", "192.0.2.0/24,198.51.100.0/24", "192.0.2.0/24\n", "0xC0.0.2.0/24", "3221225984/24",
	} {
		if s, err := apikey.ParseSources([]string{text}); err == nil {
			t.Errorf("%q is taken as %v", text, s.Texts())
		}
	}
	list, err := apikey.ParseSources([]string{"192.0.2.0/25", "198.51.100.7/32", "2001:db8::/32", "fe80::/10"})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"192.0.2.0": true, "192.0.2.127": true, "192.0.2.128": false, "::ffff:192.0.2.5": true, "::ffff:192.0.2.200": false, "198.51.100.7": true,
		"198.51.100.8": false, "2001:db8:ffff::1": true, "2001:db9::": false, "fe80::1%eth0": true, "::c000:205": false, "0.0.0.0": false, "::": false,
	} {
		if got := list.Contain(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
	everywhere, err := apikey.ParseSources([]string{"0.0.0.0/0", "::/0"})
	if err != nil {
		t.Fatal(err)
	}
	if !everywhere.Contain(netip.MustParseAddr("203.0.113.9")) || !everywhere.Contain(netip.MustParseAddr("2001:db8::9")) || everywhere.Contain(netip.Addr{}) {
		t.Error("everywhere is not everywhere, or somewhere that is not known")
	}
	if !(apikey.Sources{}).Contain(netip.Addr{}) {
		t.Error("no list is a list")
	}
}

// FuzzSources: what is taken is written in one form, which reads back as itself, and contains its own first address, however
// that is dressed.
func FuzzSources(f *testing.F) {
	for _, seed := range []string{"192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.0/120", "fe80::%1/64", "0.0.0.0/0", "::/0", "1.2.3.4/32", "::/96", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := apikey.ParseSources([]string{text})
		if err != nil {
			return
		}
		again, err := apikey.ParseSources(s.Texts())
		if err != nil || !slices.Equal(again.Texts(), s.Texts()) {
			t.Fatalf("%q is written as %v, %v", text, s.Texts(), err)
		}
		first := netip.MustParsePrefix(s.Texts()[0]).Addr()
		if first.Is4In6() || first.Zone() != "" || !s.Contain(first) || first.Is4() && !s.Contain(netip.AddrFrom16(first.As16())) {
			t.Errorf("%q does not contain %v", text, first)
		}
	})
}

// A key with a list is refused everywhere else, with an entry, and a list that is stored in another form lets nobody in.
func TestAdmitBySource(t *testing.T) {
	s := open(t)
	made, err := s.Create(t.Context(), owner, apikey.CreateInput{Workspace: s.one, Name: "n", Scopes: []string{caller.EndpointsRead}, Sources: []string{"192.0.2.0/24"}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := apikey.ParseToken(made.Token)
	if err != nil {
		t.Fatal(err)
	}
	admits := func(from string) bool {
		a := apikey.Attempt{Token: token, Origin: caller.Origin{IP: from}}
		if from != "" {
			a.From = netip.MustParseAddr(from)
		}
		_, err := s.Admit(t.Context(), a)
		return err == nil
	}
	for from, want := range map[string]bool{"192.0.2.1": true, "::ffff:192.0.2.1": true, "198.51.100.1": false, "": false} {
		if got := admits(from); got != want {
			t.Errorf("%s: %v", from, got)
		}
	}
	got := s.denials(t, "apikey.foreign_source_used", made.ID)
	if len(got) != 1 || got[0].After["why"] != "source_not_allowed" || got[0].Severity != audit.Warning || got[0].Actor.ID != made.ID || got[0].Workspace != s.one.String() {
		t.Errorf("the trail has %+v", got)
	}
	for name, change := range map[string]func(ledger.Item){
		"missing":            func(i ledger.Item) { delete(i, "allowed_sources") },
		"empty":              func(i ledger.Item) { i["allowed_sources"] = []string{} },
		"text":               func(i ledger.Item) { i["allowed_sources"] = "192.0.2.0/24" },
		"no network":         func(i ledger.Item) { i["allowed_sources"] = []string{"192.0.2.1/24"} },
		"mark of other type": func(i ledger.Item) { i["source_mode"] = int64(1) },
	} {
		s.plant(t, made.ID, change)
		if admits("192.0.2.1") {
			t.Errorf("%s: admitted", name)
		}
		s.plant(t, made.ID, func(i ledger.Item) { i["allowed_sources"], i["source_mode"] = []string{"192.0.2.0/24"}, "listed" })
	}
	s.plant(t, made.ID, func(i ledger.Item) { delete(i, "source_mode") })
	if !admits("192.0.2.1") || admits("198.51.100.1") {
		t.Error("a list without its mark does not count")
	}
}

// plant changes a stored key, with an entry.
func (s shop) plant(t *testing.T, id string, change func(ledger.Item)) {
	t.Helper()
	item, err := s.Vault.Ledger.GetOne(t.Context(), apikey.At(id))
	if err != nil {
		t.Fatal(err)
	}
	prior := item.Version()
	change(item)
	if _, err := s.Vault.Ledger.Commit(t.Context(), ledger.Change{By: owner, Action: "test.plant", Target: audit.Target{Type: "apikey", ID: id},
		Key: apikey.At(id), Prior: prior, Item: item, Else: apikey.ErrMoved}); err != nil {
		t.Fatal(err)
	}
}

// Use is noted at most every 15 minutes, for each secret by itself, and shown.
func TestLastUse(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	seen := func() (int64, []apikey.Earlier) {
		t.Helper()
		got, err := s.Get(t.Context(), owner, apikey.GetInput{Workspace: s.one, Key: made.ID})
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.List(t.Context(), owner, apikey.ListInput{Workspace: s.one})
		if err != nil || page.Items[0].LastUsedAt != got.LastUsedAt {
			t.Errorf("the list says %+v, %v", page, err)
		}
		return got.LastUsedAt, got.Earlier
	}
	if at, _ := seen(); at != 0 {
		t.Errorf("unused, it was used at %d", at)
	}
	start := s.Clock.Now()
	for _, step := range []struct{ wait, want time.Duration }{{0, 0}, {14 * time.Minute, 0}, {time.Minute, 15 * time.Minute}, {time.Minute, 15 * time.Minute}} {
		s.Clock.Step(step.wait)
		s.Uses = &apikey.Uses{} // as another process
		for range 3 {
			s.works(t, made.Token)
		}
		if at, _ := seen(); at != start.Add(step.want).UnixMilli() {
			t.Errorf("%v later: %v", step.wait, time.UnixMilli(at).Sub(start))
		}
	}
	second := s.rotate(t, made.ID, 24)
	s.Clock.Step(time.Minute)
	s.works(t, second.Token)
	at, earlier := seen()
	if at != s.Clock.Now().UnixMilli() || len(earlier) != 1 || earlier[0].LastUsedAt != start.Add(15*time.Minute).UnixMilli() {
		t.Errorf("of the new %d, of the old %+v", at, earlier)
	}
	if trail := s.Trail(t, audit.Target{Type: "apikey", ID: made.ID}); len(trail) != 2 {
		t.Errorf("use left %d entries", len(trail)-2)
	}
}

// One stored key that can't be read hides none of the others, in a list or by itself.
func TestUnreadable(t *testing.T) {
	s := open(t)
	var ids []string
	for range 3 {
		ids = append(ids, s.create(t, caller.EndpointsRead).ID)
		s.Clock.Step(time.Millisecond)
	}
	s.plant(t, ids[1], func(i ledger.Item) { delete(i, "scopes") })
	page, err := s.List(t.Context(), owner, apikey.ListInput{Workspace: s.one})
	if err != nil {
		t.Fatal(err)
	}
	for i, view := range page.Items {
		if view.ID != ids[i] || view.Workspace != s.one || view.Unreadable != (i == 1) {
			t.Errorf("%d: %+v", i, view)
		}
	}
	if got, err := s.Get(t.Context(), owner, apikey.GetInput{Workspace: s.one, Key: ids[1]}); err != nil || !got.Unreadable {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.one, Key: ids[1]}); !errors.Is(err, apikey.ErrUnreadable) {
		t.Errorf("revoking: %v", err)
	}
}
