package apikey_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/workspace"
)

var owner = caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: caller.Owner}

// shop is a stack with two workspaces.
type shop struct {
	*vaulttest.Vault
	apikey.Service
	one, two tenant.ID
}

func open(t *testing.T) shop {
	t.Helper()
	v := vaulttest.New(t)
	workspaces := workspace.Service{Ledger: v.Ledger, Region: "eu-central-1"}
	s := shop{Vault: v, Service: apikey.Service{Ledger: v.Ledger, Peppers: v.Ring, Workspaces: workspaces.Exists,
		Marks: v.World.Limits(), Uses: &apikey.Uses{}, Issuer: v.World.Env.Issuer}}
	for _, into := range []*tenant.ID{&s.one, &s.two} {
		made, err := workspaces.Create(t.Context(), owner, workspace.CreateInput{Name: "Treasury"})
		if err != nil {
			t.Fatal(err)
		}
		*into = made.ID
	}
	return s
}

func (s shop) create(t *testing.T, scopes ...string) apikey.Created {
	t.Helper()
	made, err := s.Create(t.Context(), owner, apikey.CreateInput{Workspace: s.one, Name: "backend", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (s shop) admit(t *testing.T, text string) (caller.Caller, error) {
	t.Helper()
	token, err := apikey.ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	return s.Admit(t.Context(), apikey.Attempt{Token: token})
}

// A key admits as its workspace with its scopes, from the moment it is made until it expires.
func TestLifetime(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	who, err := s.admit(t, made.Token)
	if err != nil {
		t.Fatal(err)
	}
	if who.Kind != caller.APIKey || who.ID != made.ID || who.Workspace != s.one ||
		!who.Scopes.Include([]string{caller.EndpointsRead}) || who.Scopes.Include([]string{caller.EndpointsWrite}) {
		t.Errorf("got %+v", who)
	}
	s.Clock.Step(365*24*time.Hour - time.Millisecond)
	if _, err := s.admit(t, made.Token); err != nil {
		t.Errorf("a moment before its end: %v", err)
	}
	s.Clock.Step(time.Millisecond)
	if _, err := s.admit(t, made.Token); err == nil {
		t.Error("admitted after its end")
	}
}

// A revoked key is out on the next call; revoking again changes nothing, and nobody revokes another workspace's key.
func TestRevoke(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	if _, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.two, Key: made.ID}); !errors.Is(err, apikey.ErrNotFound) {
		t.Errorf("another workspace: %v", err)
	}
	if _, err := s.admit(t, made.Token); err != nil {
		t.Fatal(err)
	}
	first, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.one, Key: made.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.admit(t, made.Token); err == nil {
		t.Error("a revoked key admits")
	}
	s.Clock.Step(time.Hour)
	again, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.one, Key: made.ID})
	if err != nil || again.RevokedAt != first.RevokedAt {
		t.Errorf("got %+v, %v", again, err)
	}
	trail := s.Trail(t, audit.Target{Type: "apikey", ID: made.ID})
	if len(trail) != 2 || trail[1].Action != "apikey.revoke" || trail[0].After["hash"] != "[redacted]" {
		t.Errorf("the trail is %+v", trail)
	}
	for _, key := range []string{"key_1", strings.Repeat("a", 3000), "key_01jd0000000000000000000001"} {
		if _, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.one, Key: key}); !errors.Is(err, apikey.ErrNotFound) {
			t.Errorf("%.20s: %v", key, err)
		}
	}
}

// A secret of one key does not open another, and a key that is not there is refused like one that is wrong.
func TestWrongSecrets(t *testing.T) {
	s := open(t)
	one, two := s.create(t, caller.EndpointsRead), s.create(t, caller.EndpointsRead)
	first, _ := apikey.ParseToken(one.Token)
	second, _ := apikey.ParseToken(two.Token)
	for name, token := range map[string]apikey.Token{
		"another's secret": {KeyID: first.KeyID, Secret: second.Secret},
		"unknown key":      {KeyID: "key_01jd0000000000000000000001", Secret: first.Secret},
	} {
		if who, err := s.Admit(t.Context(), apikey.Attempt{Token: token}); err == nil || who.Kind != caller.Nobody {
			t.Errorf("%s: admitted as %+v", name, who)
		}
	}
}

// What a key may not be made of is refused, naming the member.
func TestCreateRefuses(t *testing.T) {
	s := open(t)
	good := apikey.CreateInput{Workspace: s.one, Name: "backend", Scopes: []string{caller.EndpointsRead}}
	nobody, _ := tenant.Parse("ws_eucentral1_01jd0000000000000000000001")
	tests := []struct {
		name   string
		change func(*apikey.CreateInput)
		want   *fault.Fault
		field  string
	}{
		{"no name", func(in *apikey.CreateInput) { in.Name = "" }, apikey.ErrName, "/name"},
		{"blanks around", func(in *apikey.CreateInput) { in.Name = " a" }, apikey.ErrName, "/name"},
		{"a line break", func(in *apikey.CreateInput) { in.Name = "a\nb" }, apikey.ErrName, "/name"},
		{"no scopes", func(in *apikey.CreateInput) { in.Scopes = nil }, apikey.ErrNoScopes, "/scopes"},
		{"empty scopes", func(in *apikey.CreateInput) { in.Scopes = []string{} }, apikey.ErrNoScopes, "/scopes"},
		{"a wildcard", func(in *apikey.CreateInput) { in.Scopes = []string{"*"} }, apikey.ErrScope, "/scopes/0"},
		{"a scope twice", func(in *apikey.CreateInput) { in.Scopes = append(in.Scopes, in.Scopes[0]) }, apikey.ErrScopeTwice, "/scopes/1"},
		{"no time", func(in *apikey.CreateInput) { in.Days = -1 }, apikey.ErrLifetime, "/valid_for_days"},
		{"too long", func(in *apikey.CreateInput) { in.Days = 731 }, apikey.ErrLifetime, "/valid_for_days"},
		{"no workspace", func(in *apikey.CreateInput) { in.Workspace = nobody }, workspace.ErrNotFound, ""},
	}
	for _, tt := range tests {
		in := good
		in.Scopes = slices.Clone(good.Scopes)
		tt.change(&in)
		_, err := s.Create(t.Context(), owner, in)
		if f := fault.From(err); !errors.Is(err, tt.want) || f.Field != tt.field {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	page, err := s.List(t.Context(), owner, apikey.ListInput{Workspace: s.one})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
}

// A page goes on where the one before ended; each key is seen once, in order, without its secret.
func TestList(t *testing.T) {
	s := open(t)
	var made []string
	for range 5 {
		made = append(made, s.create(t, caller.EndpointsRead).ID)
		s.Clock.Step(time.Millisecond)
	}
	var seen []string
	for in := (apikey.ListInput{Workspace: s.one, Paging: edge.Paging{Limit: 2}}); ; {
		page, err := s.List(t.Context(), owner, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, view := range page.Items {
			seen = append(seen, view.ID)
		}
		if page.Next == "" {
			break
		}
		if err := in.Cursor.UnmarshalText([]byte(page.Next)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(seen, made) {
		t.Errorf("got %v, want %v", seen, made)
	}
}

// Stored scopes that are missing, empty or of another type grant nothing; only the explicit mark makes an empty list a
// wildcard.
func TestStoredScopes(t *testing.T) {
	tests := []struct {
		name   string
		change func(ledger.Item)
		admits bool
		grants bool
	}{
		{"as made", func(ledger.Item) {}, true, true},
		{"missing", func(i ledger.Item) { delete(i, "scopes") }, false, false},
		{"text", func(i ledger.Item) { i["scopes"] = caller.EndpointsRead }, false, false},
		{"map", func(i ledger.Item) { i["scopes"] = ledger.Item{caller.EndpointsRead: true} }, false, false},
		{"missing, with the mark", func(i ledger.Item) { delete(i, "scopes"); i["scope_mode"] = "legacy_all" }, false, false},
		{"empty", func(i ledger.Item) { i["scopes"] = []string{} }, true, false},
		{"empty, with the mark", func(i ledger.Item) { i["scopes"] = []string{}; i["scope_mode"] = "legacy_all" }, true, true},
		{"empty, with another mark", func(i ledger.Item) { i["scopes"] = []string{}; i["scope_mode"] = "all" }, true, false},
		{"other, with the mark", func(i ledger.Item) { i["scopes"] = []string{"x:y"}; i["scope_mode"] = "legacy_all" }, true, false},
	}
	s := open(t)
	for n, tt := range tests {
		made := s.create(t, caller.EndpointsRead)
		item, err := s.Vault.Ledger.GetOne(t.Context(), apikey.At(made.ID))
		if err != nil {
			t.Fatal(err)
		}
		prior := item.Version()
		tt.change(item)
		if _, err := s.Vault.Ledger.Commit(t.Context(), ledger.Change{By: owner, Action: "test.plant", Target: audit.Target{Type: "apikey", ID: made.ID},
			Key: apikey.At(made.ID), Prior: prior, Item: item, Else: apikey.ErrMoved, After: audit.Fields{"n": fmt.Sprint(n)}}); err != nil {
			t.Fatal(err)
		}
		who, err := s.admit(t, made.Token)
		if (err == nil) != tt.admits || who.Scopes.Include([]string{caller.EndpointsRead}) != tt.grants {
			t.Errorf("%s: admitted %v, granted %v", tt.name, err == nil, who.Scopes.Include([]string{caller.EndpointsRead}))
		}
	}
}
