package local_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/routes"
	"github.com/zenvault/zenvault/shared/session"
)

// permitted says which roles have a permission. It is written down here once more, so that a slip in the program's own
// table shows; a permission that is missing fails the test.
var permitted = map[caller.Permission][]caller.Role{
	"self:enrol":       {"owner", "admin", "operator", "auditor"},
	"self":             {"owner", "admin", "operator", "auditor"},
	"admin:read":       {"owner", "admin", "operator", "auditor"},
	"admin:write":      {"owner", "admin"},
	"session:end":      {"owner", "admin"},
	"workspace:read":   {"owner", "admin", "operator", "auditor"},
	"workspace:write":  {"owner", "admin"},
	"apikey:read":      {"owner", "admin", "operator", "auditor"},
	"apikey:write":     {"owner", "admin", "operator"},
	"cosigner:read":    {"owner", "admin", "operator", "auditor"},
	"cosigner:write":   {"owner", "admin"},
	"connection:read":  {"owner", "admin", "operator", "auditor"},
	"connection:write": {"owner", "admin"},
	"policy:read":      {"owner", "admin", "operator", "auditor"},
	"policy:draft":     {"owner", "admin", "operator"},
	"policy:publish":   {"owner", "admin"},
	"audit:read":       {"owner", "admin", "operator", "auditor"},
}

// credential is one way to come to a route.
type credential struct {
	name          string
	authorization []string
	role          caller.Role // of a good session
	bare          bool        // of an admin who has no second factor, where one is asked for
	scopes        []string    // of a good API key; empty is of one that grants nothing
	legacy        bool        // a good key of all scopes
}

func bearer(token string) []string { return []string{"Bearer " + token} }

func (v *vault) credentials(t testing.TB) []credential {
	t.Helper()
	all := v.key(t, v.home, caller.AllScopes()...)
	legacy, revoked, expired := v.key(t, v.home, caller.EndpointsRead), v.key(t, v.home, caller.AllScopes()...), v.key(t, v.home, caller.AllScopes()...)
	unmarked, mistaken := v.key(t, v.home, caller.EndpointsRead), v.key(t, v.home, caller.EndpointsRead)
	v.alter(t, apikey.At(unmarked.ID), keyTarget(unmarked.ID), ledger.Item{"scopes": []string{}})
	v.alter(t, apikey.At(mistaken.ID), keyTarget(mistaken.ID), ledger.Item{"scopes": nil, "scope_mode": "legacy_all"})
	v.alter(t, apikey.At(legacy.ID), keyTarget(legacy.ID), ledger.Item{"scopes": []string{}, "scope_mode": "legacy_all"})
	v.want(t, 200, v.admin("DELETE", "/v1/admin/workspaces/"+v.home+"/keys/"+revoked.ID, ""))
	v.alter(t, apikey.At(expired.ID), keyTarget(expired.ID), ledger.Item{"valid_until": time.Now().Add(-time.Second).UnixMilli()})
	list := []credential{
		{name: "none"},
		{name: "empty", authorization: []string{""}},
		{name: "no scheme", authorization: []string{v.access}},
		{name: "another scheme", authorization: []string{"Basic " + v.access}},
		{name: "malformed session", authorization: bearer("eyJhbGciOiJub25lIn0.e30.")},
		{name: "malformed key", authorization: bearer("zv_live_x")},
		{name: "forged session", authorization: bearer(flip(v.access, len(v.access)-20))},
		{name: "forged key", authorization: bearer(flip(all.Token, len(all.Token)-30))},
		{name: "two sessions", authorization: append(bearer(v.access), bearer(v.access)...)},
		{name: "two keys", authorization: append(bearer(all.Token), bearer(all.Token)...)},
		{name: "refresh token", authorization: bearer(v.refresh)},
		{name: "expired session", authorization: bearer(v.issue(t, v.owner, v.sessionOf(t), time.Now().Add(-11*time.Minute)))},
		{name: "session from the future", authorization: bearer(v.issue(t, v.owner, v.sessionOf(t), time.Now().Add(5*time.Minute)))},
		{name: "session of nobody", authorization: bearer(v.issue(t, v.owner, v.Opened.Ledger.NewID("ses"), time.Now()))},
		{name: "revoked key", authorization: bearer(revoked.Token)},
		{name: "expired key", authorization: bearer(expired.Token)},
		{name: "legacy key", authorization: bearer(legacy.Token), legacy: true},
		{name: "empty list without the mark", authorization: bearer(unmarked.Token), scopes: []string{}},
		{name: "no list with the mark", authorization: bearer(mistaken.Token)},
		{name: "another workspace's key", authorization: bearer(v.key(t, v.other, caller.AllScopes()...).Token), scopes: caller.AllScopes()},
		{name: "session and key", authorization: append(bearer(v.access), bearer(all.Token)...)},
		{name: "key and session in one", authorization: []string{"Bearer " + all.Token + ", Bearer " + v.access}},
		{name: "key with all", authorization: bearer(all.Token), scopes: caller.AllScopes()},
		{name: "owner", authorization: bearer(v.access), role: caller.Owner},
		{name: "owner, scheme in lower case", authorization: []string{"bearer " + v.access}, role: caller.Owner},
	}
	for _, scope := range caller.AllScopes() {
		list = append(list, credential{name: "key with " + scope, authorization: bearer(v.key(t, v.home, scope).Token), scopes: []string{scope}})
	}
	for _, role := range caller.Roles()[1:] {
		access, _ := v.enterAs(t, v.plantAdmin(t, role))
		list = append(list, credential{name: string(role), authorization: bearer(access), role: role})
	}
	return append(list, v.fallen(t)...)
}

// fallen are sessions that were good a moment ago: the admin was disabled, given an unknown role, or the session ended.
func (v *vault) fallen(t testing.TB) []credential {
	t.Helper()
	var list []credential
	for name, change := range map[string]struct {
		ofSession bool
		attribute string
		value     any
	}{
		"disabled admin":          {false, "disabled", true},
		"admin of a strange role": {false, "role", "root"},
		"admin without a role":    {false, "role", nil},
		"revoked session":         {true, "state", "revoked_reuse"},
		"ended session":           {true, "until", time.Now().Add(-time.Second).UnixMilli()},
	} {
		id := v.plantAdmin(t, caller.Manager)
		access, family := v.enterAs(t, id)
		key, target := admin.Key(id), audit.Target{Type: "admin", ID: id}
		if change.ofSession {
			key, target = session.Key(id, family), audit.Target{Type: "session", ID: family}
		}
		v.alter(t, key, target, ledger.Item{change.attribute: change.value})
		list = append(list, credential{name: name, authorization: bearer(access)})
	}
	return list
}

// enterAs gives an admin a session like the owner's, without the tenth of a second that a password takes.
func (v *vault) enterAs(t testing.TB, adminID string) (access, family string) {
	t.Helper()
	l := v.Opened.Ledger
	item, err := l.GetOne(t.Context(), session.Key(v.owner, v.sessionOf(t)))
	must(t, err)
	family = l.NewID("ses")
	item["id"], item["admin"] = family, adminID
	for _, name := range []string{"pk", "sk", "version", "audit_hash"} {
		delete(item, name)
	}
	_, err = l.Commit(t.Context(), ledger.Change{By: caller.Worker("test", ""), Action: "test.plant", Target: audit.Target{Type: "session", ID: family},
		Key: session.Key(adminID, family), Item: item, Else: fault.ErrInternal})
	must(t, err)
	return v.issue(t, adminID, family, time.Now()), family
}

// sessionOf is the owner's newest session.
func (v *vault) sessionOf(t testing.TB) string {
	t.Helper()
	page, err := v.Opened.Ledger.Query(t.Context(), ledger.Query{Partition: admin.Keys + v.owner, Prefix: "session#", Newest: true, Limit: 1})
	must(t, err)
	return page.Items[0].Read().Text("id")
}

// issue signs an access token as of a moment.
func (v *vault) issue(t testing.TB, adminID, family string, at time.Time) string {
	t.Helper()
	token, err := v.Opened.Issuer.Issue(t.Context(), adminID, family, v.Opened.Ledger.NewID("tok"), at)
	must(t, err)
	return token
}

// through is the answer of a route that lets the caller in and then refuses the malformed request that the matrix sends.
const through = "malformed_request"

// expected is the guard's answer by the spec alone.
func expected(t testing.TB, g edge.Guard, c credential) string {
	t.Helper()
	switch g.Kind {
	case edge.PublicGuard:
		return through
	case edge.CallbackGuard:
		return "callback_not_authentic" // only a signature lets in
	case edge.AdminGuard:
		roles, known := permitted[g.Permission]
		switch {
		case !known:
			t.Fatalf("the permission %s is not in this test's table", g.Permission)
		case c.role == "":
			return "unauthenticated"
		case c.bare && g.Permission != caller.Enrol:
			return "second_factor_required"
		case slices.Contains(roles, c.role):
			return through
		}
		return "forbidden"
	case edge.KeyGuard:
		switch {
		case c.scopes == nil && !c.legacy:
			return "unauthenticated"
		case c.legacy:
			return through
		}
		for _, scope := range g.Scopes {
			if !slices.Contains(c.scopes, scope) {
				return "forbidden"
			}
		}
		return through
	}
	t.Fatalf("a guard of kind %d", g.Kind)
	return ""
}

// blank is a request of a route that is refused as malformed by whoever is let in: it is made of the spec alone, so that a
// new route has one without anybody's doing.
func blank(row routes.Row) request {
	asked := request{method: row.Spec.Method, path: unknown.ReplaceAllString(row.Spec.Path, "x"), body: `{"no such member":1}`}
	if len(members(row.Types.Input())) == 0 && row.Spec.Guard.Kind != edge.CallbackGuard {
		asked.path, asked.body = asked.path+"?no_such_parameter=1", ""
	}
	return asked
}

var unknown = regexp.MustCompile(`\{[^}]*\}`)

// matrix brings every credential to every route: the answer follows from the route's guard, and nothing is written.
func (v *vault) matrix(t *testing.T, list []credential) {
	t.Helper()
	for _, row := range rows() {
		before := v.dump(t)
		for _, c := range list {
			asked := blank(row)
			asked.header = map[string][]string{"Authorization": c.authorization}
			want := expected(t, row.Spec.Guard, c)
			if got := v.send(t, asked); got.code() != want || got.status != statusOf[want] {
				t.Errorf("%s with %s: got %d %s, want %s", row.Spec.Name, c.name, got.status, got.body, want)
			}
		}
		unchanged(t, row.Spec.Name+" in the matrix", before, v.dump(t))
	}
}

// Every credential at every route: the answer follows from the route's guard, and nothing is written but the notes of
// who was turned away.
func TestClaim_R1_GuardMatrix(t *testing.T) {
	v := shared(t)
	v.matrix(t, v.credentials(t))
}

// A method that a path does not take is refused as such, and a path that is none as that: to whoever asks, before anybody is
// asked for, and nothing is written.
func TestMethodsAndPaths(t *testing.T) {
	v := shared(t)
	before, paths := v.dump(t), map[string]bool{}
	for _, row := range rows() {
		paths[row.Spec.Path] = true
	}
	for path := range paths {
		place := unknown.ReplaceAllString(path, "x")
		for _, token := range []string{"", v.access, v.homeKey.Token} {
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW", "get"} {
				if served(method, place) {
					continue
				}
				got := v.send(t, request{method: method, path: place, token: token})
				if got.status != 405 || method != "HEAD" && got.code() != "method_not_allowed" {
					t.Errorf("%s %s: got %d %s", method, place, got.status, got.body)
				}
			}
			for _, none := range []string{place + "/", place + "/x/x/x", "/x" + place, "/" + place, place + "%2f", strings.ToUpper(place), place + ";x"} {
				if somewhere(none) {
					continue
				}
				if got := v.send(t, request{method: "GET", path: none, token: token}); got.status != 404 || got.code() != "no_route" {
					t.Errorf("%s: got %d %s", none, got.status, got.body)
				}
			}
		}
	}
	unchanged(t, "no route", before, v.dump(t))
}

// served reports whether a route takes the method at a path, and somewhere whether any does: by the table, as API Gateway
// reads it.
func served(method, path string) bool {
	return slices.ContainsFunc(rows(), func(r routes.Row) bool { return r.Spec.Method == method && fits(r.Spec.Path, path) })
}

func somewhere(path string) bool {
	return slices.ContainsFunc(rows(), func(r routes.Row) bool { return fits(r.Spec.Path, path) })
}

func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i := range min(len(want), len(got)) {
		if strings.HasPrefix(want[i], "{") && got[i] != "" {
			got[i] = want[i]
		}
	}
	return slices.Equal(want, got)
}

var statusOf = map[string]int{through: 400, "unauthenticated": 401, "forbidden": 403, "second_factor_required": 403, "callback_not_authentic": 401,
	"body_too_large": 413, "unexpected_body": 400, "method_not_allowed": 405, "no_route": 404}
