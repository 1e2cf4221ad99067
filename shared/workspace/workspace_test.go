package workspace_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/workspace"
)

var owner = caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: caller.Owner}

// A workspace is made with its entry, in the stack's region, and is found and listed.
func TestCreate(t *testing.T) {
	v := vaulttest.New(t)
	s := workspace.Service{Ledger: v.Ledger, Region: "eu-central-1"}
	made, err := s.Create(t.Context(), owner, workspace.CreateInput{Name: "Schatzamt ö"})
	if err != nil {
		t.Fatal(err)
	}
	if made.ID.Region() != "eucentral1" || made.Name != "Schatzamt ö" || made.CreatedAt != v.Clock.Now().UnixMilli() {
		t.Errorf("got %+v", made)
	}
	if found, err := s.Get(t.Context(), owner, workspace.GetInput{Workspace: made.ID}); err != nil || found != made {
		t.Errorf("got %+v, %v", found, err)
	}
	page, err := s.List(t.Context(), owner, workspace.ListInput{Paging: edge.Paging{Limit: 1}})
	if err != nil || len(page.Items) != 1 || page.Items[0] != made || page.Next != "" {
		t.Errorf("got %+v, %v", page, err)
	}
	trail := v.Trail(t, audit.Target{Type: "workspace", ID: made.ID.String()})
	if len(trail) != 1 || trail[0].Action != "workspace.create" || trail[0].Workspace != made.ID.String() || trail[0].After["name"] != "Schatzamt ö" {
		t.Errorf("the trail is %+v", trail)
	}
}

// A name that a person could not tell from another, or can't read, is refused, and nothing is written.
func TestNames(t *testing.T) {
	v := vaulttest.New(t)
	s := workspace.Service{Ledger: v.Ledger, Region: "eu-central-1"}
	for _, name := range []string{"", " a", "a ", "a\tb", "a\x00b", "a\u200bb", "\u202ea", strings.Repeat("ö", 101)} {
		if _, err := s.Create(t.Context(), owner, workspace.CreateInput{Name: name}); !errors.Is(err, workspace.ErrName) {
			t.Errorf("%q: got %v", name, err)
		}
	}
	if _, err := s.Create(t.Context(), owner, workspace.CreateInput{Name: strings.Repeat("ö", 100)}); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	page, err := s.List(t.Context(), owner, workspace.ListInput{})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("got %+v, %v", page, err)
	}
}

// What is not there is said not to be there.
func TestNotFound(t *testing.T) {
	s := workspace.Service{Ledger: vaulttest.New(t).Ledger}
	nobody, _ := tenant.Parse("ws_eucentral1_01jd0000000000000000000001")
	if _, err := s.Get(t.Context(), owner, workspace.GetInput{Workspace: nobody}); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := s.Exists(t.Context(), nobody); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
