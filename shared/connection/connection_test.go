package connection_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/tenant"
)

type office struct {
	*vaulttest.Vault
	t            *testing.T
	service      connection.Service
	ours, theirs tenant.ID
	admin        caller.Caller
}

var errNoWorkspace = fault.New(fault.NotFound, "workspace_not_found", "No.")

func newOffice(t *testing.T) *office {
	t.Helper()
	v := vaulttest.New(t)
	o := &office{Vault: v, t: t, admin: caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: caller.Owner}}
	o.ours, o.theirs = tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random), tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random)
	o.service = connection.Service{Ledger: v.Ledger, ValidKey: keyref.Valid, Workspaces: func(_ context.Context, id tenant.ID) error {
		if id != o.ours && id != o.theirs {
			return errNoWorkspace
		}
		return nil
	}}
	return o
}

func (o *office) good() connection.RegisterInput {
	return connection.RegisterInput{Workspace: o.ours, Name: "Production", Provider: "fireblocks", Environment: "eu", APIKey: "user-1", SigningKey: "fireblocks-api"}
}

func (o *office) register(in connection.RegisterInput) connection.View {
	o.t.Helper()
	made, err := o.service.Register(o.t.Context(), o.admin, in)
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

// A connection is what was registered, and leads to the provider's own address; another workspace has none of its id.
func TestRegister(t *testing.T) {
	o := newOffice(t)
	made := o.register(o.good())
	want := connection.View{ID: made.ID, Workspace: o.ours, Name: "Production", Provider: "fireblocks", Environment: "eu", APIKey: "user-1", SigningKey: "fireblocks-api", CreatedAt: 1795521600000}
	got, err := o.service.Get(t.Context(), o.admin, connection.GetInput{Workspace: o.ours, Connection: made.ID})
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b tenant.ID) bool { return a == b })); diff != "" || err != nil {
		t.Error(diff, err)
	}
	account, there, err := o.service.Account(t.Context(), o.ours, string(made.ID))
	if account != (custody.Account{Provider: "fireblocks", BaseURL: "https://eu-api.fireblocks.io", APIKey: "user-1", SigningKey: "fireblocks-api"}) || !there || err != nil {
		t.Errorf("%+v, %v, %v", account, there, err)
	}
	for _, name := range []string{string(made.ID), "con_01jd0000000000000000000000", "../x", ""} {
		if _, there, err := o.service.Account(t.Context(), o.theirs, name); there || err != nil {
			t.Errorf("another workspace has %q: %v", name, err)
		}
	}
	if _, err := o.service.Get(t.Context(), o.admin, connection.GetInput{Workspace: o.theirs, Connection: made.ID}); !errors.Is(err, connection.ErrNotFound) {
		t.Errorf("another workspace reads it: %v", err)
	}
}

// Each environment is where the provider says; nothing that anybody writes leads elsewhere.
func TestEnvironments(t *testing.T) {
	o := newOffice(t)
	for environment, base := range map[string]string{"us": "https://api.fireblocks.io", "eu": "https://eu-api.fireblocks.io", "eu2": "https://eu2-api.fireblocks.io", "sandbox": "https://sandbox-api.fireblocks.io"} {
		in := o.good()
		in.Environment = environment
		made := o.register(in)
		if account, _, err := o.service.Account(t.Context(), o.ours, string(made.ID)); account.BaseURL != base || err != nil {
			t.Errorf("%s leads to %s, %v", environment, account.BaseURL, err)
		}
	}
	in := o.good()
	in.Environment = "local"
	if _, err := o.service.Register(t.Context(), o.admin, in); !errors.Is(err, connection.ErrEnvironment) {
		t.Errorf("a deployed stack has a local environment: %v", err)
	}
	o.service.Local = "http://127.0.0.1:1"
	made := o.register(in)
	if account, _, err := o.service.Account(t.Context(), o.ours, string(made.ID)); account.BaseURL != "http://127.0.0.1:1" || err != nil {
		t.Errorf("local leads to %s, %v", account.BaseURL, err)
	}
	o.service.Local = ""
	if account, there, err := o.service.Account(t.Context(), o.ours, string(made.ID)); there || err == nil {
		t.Errorf("where there is no local environment, it leads to %s", account.BaseURL)
	}
}

// What breaks a rule is refused by name, and no entry is made.
func TestRules(t *testing.T) {
	o := newOffice(t)
	for name, c := range map[string]struct {
		change func(*connection.RegisterInput)
		want   *fault.Fault
		says   string
	}{
		"no name":              {func(in *connection.RegisterInput) { in.Name = " x" }, connection.ErrName, "/name"},
		"another provider":     {func(in *connection.RegisterInput) { in.Provider = "bitgo" }, connection.ErrProvider, `"fireblocks"`},
		"no provider":          {func(in *connection.RegisterInput) { in.Provider = "" }, connection.ErrProvider, "/provider"},
		"an address":           {func(in *connection.RegisterInput) { in.Environment = "https://evil.example" }, connection.ErrEnvironment, `"eu", "eu2", "sandbox", "us"`},
		"no API user":          {func(in *connection.RegisterInput) { in.APIKey = "" }, connection.ErrAPIKey, "/api_key"},
		"a header":             {func(in *connection.RegisterInput) { in.APIKey = "a\r\nX: b" }, connection.ErrAPIKey, "/api_key"},
		"a key that leads out": {func(in *connection.RegisterInput) { in.SigningKey = "../x" }, connection.ErrSigningKey, "/signing_key"},
		"a version":            {func(in *connection.RegisterInput) { in.SigningKey = "dir:x#" + strings.Repeat("0", 64) }, connection.ErrSigningKey, "/signing_key"},
		"no workspace":         {func(in *connection.RegisterInput) { in.Workspace = tenant.ID{} }, errNoWorkspace, ""},
	} {
		in := o.good()
		c.change(&in)
		_, err := o.service.Register(t.Context(), o.admin, in)
		f := fault.From(err)
		if !errors.Is(err, c.want) || !strings.Contains(f.Message+f.Field, c.says) {
			t.Errorf("%s: %v at %s", name, err, f.Field)
		}
	}
}

// A workspace has at most 20 connections; another's do not count.
func TestLimit(t *testing.T) {
	o := newOffice(t)
	for range 20 {
		o.register(o.good())
	}
	if _, err := o.service.Register(t.Context(), o.admin, o.good()); !errors.Is(err, connection.ErrTooMany) {
		t.Errorf("the 21st: %v", err)
	}
	in := o.good()
	in.Workspace = o.theirs
	o.register(in)
	page, err := o.service.List(t.Context(), o.admin, connection.ListInput{Workspace: o.ours, Paging: edge.Paging{Limit: 12}})
	if err != nil || len(page.Items) != 12 || page.Next == "" {
		t.Errorf("%d listed, %v", len(page.Items), err)
	}
}

// Name, API user and key change with an entry that says what they were; where a connection leads does not. A change to
// what it is writes nothing.
func TestUpdate(t *testing.T) {
	o := newOffice(t)
	made := o.register(o.good())
	name, user, key := "Renamed", "user-2", "kms:alias/fireblocks-api"
	in := connection.UpdateInput{Workspace: o.ours, Connection: made.ID, Name: &name, APIKey: &user, SigningKey: &key}
	for range 2 {
		got, err := o.service.Update(t.Context(), o.admin, in)
		if err != nil || got.Name != name || got.APIKey != user || got.SigningKey != key || got.Environment != "eu" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	trail := o.Trail(t, audit.Target{Type: "connection", ID: string(made.ID)})
	if len(trail) != 2 || trail[1].Action != "connection.update" || trail[1].Before["api_key"] != "user-1" || trail[1].After["api_key"] != "user-2" {
		t.Errorf("the trail is %+v", trail)
	}
	bad := "../x"
	if _, err := o.service.Update(t.Context(), o.admin, connection.UpdateInput{Workspace: o.ours, Connection: made.ID, SigningKey: &bad}); !errors.Is(err, connection.ErrSigningKey) {
		t.Errorf("a bad key: %v", err)
	}
	in.Workspace = o.theirs
	if _, err := o.service.Update(t.Context(), o.admin, in); !errors.Is(err, connection.ErrNotFound) {
		t.Errorf("another workspace changes it: %v", err)
	}
}
