package rewrap_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/rewrapping"
	"github.com/zenvault/zenvault/shared/wire/sealing"
	"github.com/zenvault/zenvault/shared/workspace"
)

// stack is a vault whose master key is about to change.
type stack struct {
	*vaulttest.Vault
	old, both, fresh   *keyset.Ring // only the old key, both with the new one first, only the new one
	oldID, newID       string
	oldWraps, newWraps string // their wrapped forms' names
}

func newStack(t *testing.T) *stack {
	t.Helper()
	v := vaulttest.New(t)
	s := &stack{Vault: v, old: v.Ring, oldID: v.Ring.NewestID()}
	before := v.World.Env.MasterKey
	wrapped, err := keys.Service(v.World).NewWrappedKey(t.Context(), v.MasterWrapKey, keyset.Context(v.World.Env.Stack))
	must(t, err)
	after := base64.StdEncoding.EncodeToString(wrapped)
	s.both, s.fresh = s.ring(t, after+","+before), s.ring(t, after)
	s.newID, s.newWraps, s.oldWraps = s.fresh.NewestID(), s.fresh.WrappedIDs()[0], s.old.WrappedIDs()[0]
	return s
}

func (s *stack) ring(t *testing.T, master string) *keyset.Ring {
	t.Helper()
	s.World.Env.MasterKey = master
	ring, err := keys.OpenRing(t.Context(), s.World)
	must(t, err)
	return ring
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var operator = caller.Worker("key-rewrap", "req_1")

func (s *stack) workspace(t *testing.T) tenant.ID {
	t.Helper()
	made, err := workspace.Service{Ledger: s.Ledger, Region: "eu-central-1"}.Create(t.Context(), operator, workspace.CreateInput{Name: "Home"})
	must(t, err)
	return made.ID
}

func (s *stack) endpoints(ring *keyset.Ring) endpoint.Service {
	return endpoint.Service{Ledger: s.Ledger, Sealer: sealing.Endpoints{Ring: ring}}
}

// place is an endpoint and whose it is.
type place struct {
	workspace tenant.ID
	id        endpoint.ID
	secret    string
}

// endpoint makes one whose secret is sealed by a ring.
func (s *stack) endpoint(t *testing.T, by *keyset.Ring, in tenant.ID) place {
	t.Helper()
	s.Clock.Step(time.Millisecond) // so that ids are in the order in which they are made
	made, err := s.endpoints(by).Create(t.Context(), caller.Caller{Kind: caller.APIKey, ID: "key_1", Workspace: in},
		endpoint.CreateInput{URL: "https://hooks.example.com/", Events: []string{"*"}})
	must(t, err)
	return place{in, made.ID, made.Secret}
}

// apiKey makes one whose hash is peppered by a ring.
func (s *stack) apiKey(t *testing.T, by *keyset.Ring, in tenant.ID, days int) string {
	t.Helper()
	service := apikey.Service{Ledger: s.Ledger, Peppers: by, Workspaces: workspace.Service{Ledger: s.Ledger}.Exists}
	made, err := service.Create(t.Context(), operator, apikey.CreateInput{Workspace: in, Name: "k", Scopes: []string{"endpoints:read"}, Days: days})
	must(t, err)
	return made.ID
}

// opens wants an endpoint's secret to be what it was, for a ring alone.
func (s *stack) opens(t *testing.T, ring *keyset.Ring, p place) {
	t.Helper()
	to, ok, err := s.endpoints(ring).Destination(t.Context(), p.workspace, string(p.id))
	if err != nil || !ok || len(to.Keys) != 1 || "whsec_"+base64.StdEncoding.EncodeToString(to.Keys[0].Expose()) != p.secret {
		t.Errorf("the secret of %s: %t, %v", p.id, ok, err)
	}
}

func (s *stack) item(t *testing.T, p place) ledger.Item {
	t.Helper()
	item, err := s.Ledger.GetOne(t.Context(), endpoint.At(p.workspace, p.id))
	must(t, err)
	return item
}

// actions are those of an endpoint's entries.
func (s *stack) actions(t *testing.T, p place) (all []string) {
	t.Helper()
	for _, e := range s.Trail(t, audit.Target{Type: "endpoint", ID: string(p.id)}) {
		all = append(all, fmt.Sprint(e.Version, " ", e.Action))
	}
	return all
}

func (s *stack) service(ring *keyset.Ring) rewrap.Service { return rewrapping.Service(s.Ledger, ring) }

// run is one run with both keys.
func (s *stack) run(t *testing.T, in rewrap.Input) rewrap.Progress {
	t.Helper()
	p, err := s.service(s.both).Rewrap(t.Context(), operator, in)
	must(t, err)
	return p
}
