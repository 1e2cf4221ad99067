package local_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/session"
)

func refreshing(token string) request {
	return request{method: "POST", path: "/v1/auth/refresh", body: marshal(map[string]string{"refresh_token": token})}
}

// enters logs a person in by the password alone.
func (v *vault) enters(t testing.TB, p *person) {
	t.Helper()
	p.access, p.refresh = tokensOf(t, v.want(t, 200, v.loginOf(p)))
	page, err := v.Opened.Ledger.Query(t.Context(), ledger.Query{Partition: session.Keyspace + p.id, Prefix: "session#", Newest: true, Limit: 1})
	must(t, err)
	p.session = page.Items[0].Read().Text("id")
}

// refreshed replaces a good refresh token.
func (v *vault) refreshed(t testing.TB, token string) string {
	t.Helper()
	_, next := tokensOf(t, v.want(t, 200, refreshing(token)))
	return next
}

// refused wants the one answer that a refresh token gets whatever is wrong with it.
func (v *vault) refusedToken(t testing.TB, what, token string) {
	t.Helper()
	if got := v.send(t, refreshing(token)); got.status != 401 || got.code() != "invalid_refresh_token" {
		t.Errorf("%s: got %d %s, want 401", what, got.status, got.body)
	}
}

func (v *vault) family(t testing.TB, p *person) session.Session {
	t.Helper()
	item, err := v.Opened.Ledger.GetOne(t.Context(), session.Key(p.id, p.session))
	must(t, err)
	s, err := session.Parse(item)
	must(t, err)
	return s
}

// me is whether an access token is good.
func (v *vault) me(t testing.TB, access string) int {
	t.Helper()
	return v.send(t, request{method: "GET", path: "/v1/auth/me", token: access}).status
}

// Fifty refreshes of one token at once leave one live successor: whoever gets a token gets the same, it is good, and
// every other request was told that it raced.
func TestClaim_S1_FiftyRefreshesLeaveOneSuccessor(t *testing.T) {
	v := shared(t)
	p := v.person(t, caller.Auditor)
	v.enters(t, p)
	calls := make([]request, 50)
	for i := range calls {
		calls[i] = refreshing(p.refresh)
	}
	answers := v.together(t, calls...)
	counts := tally(answers)
	if counts["200"] == 0 || counts["200"]+counts["409 refresh_raced"] != 50 {
		t.Fatalf("answers: %v", counts)
	}
	successors := map[string]bool{}
	for _, a := range answers {
		if a.status == 200 {
			_, refresh := tokensOf(t, a)
			successors[refresh] = true
		}
	}
	if len(successors) != 1 {
		t.Fatalf("%d successors", len(successors))
	}
	if s := v.family(t, p); s.Generation != 2 || s.State != session.Active {
		t.Errorf("stored: %+v", s)
	}
	for token := range successors {
		v.refreshed(t, token)
	}
}

// A replayed token ends its family also when every process was started anew in between, since nothing of it is in memory;
// the second and third replay are refused and counted; another device's family lives. The revocation is a critical
// entry and an event for the admin, in one transaction.
func TestClaim_S1_ReplayEndsTheFamilyAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), &stepped{}
	start := func() *vault {
		g, err := local.Start(t.Context(), local.Options{Dir: dir, Now: c.now})
		must(t, err)
		return &vault{gateway: enter(t, g)}
	}
	v := start()
	p := v.person(t, caller.Auditor)
	v.enters(t, p)
	other := *p
	v.enters(t, &other)
	good := v.refreshed(t, p.refresh)
	must(t, v.Close())
	c.step(time.Minute) // past the grace
	v = start()
	defer func() { must(t, v.Close()) }()
	before := v.dump(t)
	v.refusedToken(t, "the replay", p.refresh)
	_, entries := before.changes(v.dump(t))
	if len(entries) != 1 || entries[0].Action != "session.revoke_reuse" || entries[0].Severity != audit.Critical || entries[0].Target.ID != p.session {
		t.Errorf("entries of the replay: %+v", entries)
	}
	if events := v.eventsOf(t, before, p.id); !cmp.Equal(events, []string{"session.reuse_detected"}) {
		t.Errorf("events of the replay: %v", events)
	}
	v.refusedToken(t, "the token that was good", good)
	v.refusedToken(t, "the second replay", p.refresh)
	v.refusedToken(t, "the third replay", p.refresh)
	if s := v.family(t, p); s.State != session.RevokedReuse || s.Replays != 3 {
		t.Errorf("stored: %+v", s)
	}
	v.refreshed(t, other.refresh)
	v.dump(t).verify(t)
}

// eventsOf are the types of the events for an admin that were stored since.
func (g *gateway) eventsOf(t testing.TB, before dump, adminID string) (kinds []string) {
	t.Helper()
	for key, item := range g.dump(t).vault {
		if strings.HasPrefix(key.PK, "event#") && before.vault[key] == nil && item.attributes["admin"] == adminID {
			kinds = append(kinds, item.attributes["type"].(string))
		}
	}
	return kinds
}

// Inside the grace only the immediate predecessor is forgiven: its own predecessor ends the family at once.
func TestClaim_S1_GrandparentInsideTheGraceEndsTheFamily(t *testing.T) {
	v := shared(t)
	p := v.person(t, caller.Auditor)
	v.enters(t, p)
	parent := v.refreshed(t, p.refresh)
	good := v.refreshed(t, parent)
	if again := v.refreshed(t, parent); again != good {
		t.Error("the parent inside the grace was given another token")
	}
	v.refusedToken(t, "the grandparent", p.refresh)
	v.refusedToken(t, "the token that was good", good)
	if s := v.family(t, p); s.State != session.RevokedReuse {
		t.Errorf("stored: %+v", s)
	}
}

// A refresh that races a logout leaves nothing alive, whoever is first: neither the tokens from before nor those that
// the refresh was answered.
func TestClaim_S1_RefreshRacingLogoutLeavesNothingAlive(t *testing.T) {
	v := shared(t)
	p := v.person(t, caller.Auditor)
	for round := range 10 {
		v.enters(t, p)
		answers := v.together(t, refreshing(p.refresh), request{method: "POST", path: "/v1/auth/logout", token: p.access}, refreshing(p.refresh))
		if answers[1].status != 200 {
			t.Fatalf("round %d: the logout: %d %s", round, answers[1].status, answers[1].body)
		}
		alive := []string{p.access}
		for _, a := range []reply{answers[0], answers[2]} {
			if a.status == 200 {
				access, refresh := tokensOf(t, a)
				alive = append(alive, access)
				v.refusedToken(t, "what the refresh was answered", refresh)
			}
		}
		for _, access := range alive {
			if got := v.me(t, access); got != 401 {
				t.Errorf("round %d: an access token lives: %d", round, got)
			}
		}
		if s := v.family(t, p); s.State != session.Ended {
			t.Errorf("round %d: stored: %+v", round, s)
		}
	}
}

// An admin sees all live sessions and no other, ends one of them, and then all: each counts from the next call on. Another
// admin's session is not found.
func TestClaim_S1_SessionsAreSeenAndEnded(t *testing.T) {
	v := shared(t)
	p, stranger := v.person(t, caller.Auditor), v.person(t, caller.Auditor)
	var others []person
	for range 2 {
		o := *p
		o.access, o.session = v.enterAs(t, p.id)
		others = append(others, o)
	}
	type row struct {
		ID      string
		State   string
		IP      string `json:"ip"`
		Agent   string `json:"user_agent"`
		Current bool
	}
	list := func(r request) []row {
		t.Helper()
		var page struct{ Items []row }
		v.want(t, 200, r).decode(t, &page)
		return page.Items
	}
	seen := func(id string, current bool) row { return row{id, "active", "127.0.0.1", agent, current} }
	want := []row{seen(others[1].session, false), seen(others[0].session, false), seen(p.session, true)}
	if diff := cmp.Diff(want, list(p.asks("GET", "/v1/auth/sessions", ""))); diff != "" {
		t.Errorf("the own sessions (-want +got):\n%s", diff)
	}
	for i := range want {
		want[i].Current = false
	}
	if diff := cmp.Diff(want, list(v.admin("GET", "/v1/admin/admins/"+p.id+"/sessions", ""))); diff != "" {
		t.Errorf("another's sessions (-want +got):\n%s", diff)
	}
	if got := v.send(t, stranger.asks("DELETE", "/v1/auth/sessions/"+p.session, "")); got.status != 404 || got.code() != "session_not_found" {
		t.Errorf("another's session: got %d %s, want 404", got.status, got.body)
	}
	for range 2 { // one that is over stays so
		v.want(t, 200, p.asks("DELETE", "/v1/auth/sessions/"+others[0].session, ""))
	}
	if got := [3]int{v.me(t, p.access), v.me(t, others[0].access), v.me(t, others[1].access)}; got != [3]int{200, 401, 200} {
		t.Errorf("after one was ended: %v", got)
	}
	v.want(t, 200, v.admin("DELETE", "/v1/admin/admins/"+p.id+"/sessions", ""))
	if got := [2]int{v.me(t, p.access), v.me(t, others[1].access)}; got != [2]int{401, 401} {
		t.Errorf("after all were ended: %v", got)
	}
	if got := list(v.admin("GET", "/v1/admin/admins/"+p.id+"/sessions", "")); len(got) != 0 {
		t.Errorf("ended sessions are listed: %v", got)
	}
	manager := v.person(t, caller.Manager)
	if got := v.send(t, manager.asks("DELETE", "/v1/admin/admins/"+v.owner+"/sessions", "")); got.code() != "owners_only" {
		t.Errorf("an owner's sessions by no owner: got %d %s, want 403", got.status, got.body)
	}
	v.want(t, 200, manager.asks("POST", "/v1/auth/logout-all", ""))
	if got := v.me(t, manager.access); got != 401 {
		t.Errorf("after logging out everywhere: %d", got)
	}
}

// Who ends everybody's sessions by the calls of the page on stolen keys, page by page and the own ones last, gets through all
// of them: every other admin's are over, then the own. The own ones can't be meant by mistake on the way.
func TestClaim_S1_OwnerEndsAllSessions(t *testing.T) {
	t.Parallel()
	v := newVault(t, startGateway(t, local.Options{}))
	var others []*person
	for range 4 {
		others = append(others, v.person(t, caller.Auditor))
	}
	text, err := os.ReadFile("../design/compromise.md")
	must(t, err)
	for _, call := range []string{"call GET /v1/auth/me", `call GET "/v1/admin/admins?limit=100${next:+&cursor=$next}"`, `[ "$admin" = "$me" ] ||`,
		`call DELETE "/v1/admin/admins/$admin/sessions"`, "call POST /v1/auth/logout-all"} {
		if !strings.Contains(string(text), call) {
			t.Errorf("the page does not call %s", call)
		}
	}
	if got := v.send(t, v.admin("DELETE", "/v1/admin/admins/"+v.owner+"/sessions", "")); got.status != 403 || got.code() != "own_account" {
		t.Errorf("the own: got %d %s, want 403", got.status, got.body)
	}
	var me struct{ ID string }
	v.want(t, 200, v.admin("GET", "/v1/auth/me", "")).decode(t, &me)
	for next, calls := "", 0; calls == 0 || next != ""; calls++ {
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		path := "/v1/admin/admins?limit=2" // the page asks for 100
		if next != "" {
			path += "&cursor=" + next
		}
		v.want(t, 200, v.admin("GET", path, "")).decode(t, &page)
		for _, a := range page.Items {
			if a.ID != me.ID {
				v.want(t, 200, v.admin("DELETE", "/v1/admin/admins/"+a.ID+"/sessions", ""))
			}
		}
		next = page.Next
	}
	for _, p := range others {
		if got := v.me(t, p.access); got != 401 {
			t.Errorf("another's session: %d", got)
		}
	}
	if got := v.me(t, v.access); got != 200 {
		t.Errorf("the own session, before its turn: %d", got)
	}
	v.want(t, 200, v.admin("POST", "/v1/auth/logout-all", ""))
	if got := v.me(t, v.access); got != 401 {
		t.Errorf("the own session: %d", got)
	}
}
