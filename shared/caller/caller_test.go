package caller_test

import (
	"testing"

	"github.com/zenvault/zenvault/shared/caller"
)

// Nobody may do anything, nor may a role that is not in the table.
func TestDeniesByDefault(t *testing.T) {
	for _, who := range []caller.Caller{
		{}, {Kind: caller.Admin}, {Kind: caller.Admin, Role: "root"}, {Kind: caller.APIKey, Role: caller.Owner}, {Kind: caller.System, Role: caller.Owner},
	} {
		for _, p := range []caller.Permission{"", caller.WorkspaceRead, caller.WorkspaceWrite, "unknown"} {
			if who.May(p) {
				t.Errorf("%+v may %q", who, p)
			}
		}
	}
	if !(caller.Caller{Kind: caller.Admin, Role: caller.Auditor}).May(caller.AuditRead) {
		t.Error("an auditor may not read the trail")
	}
}

// An auditor only reads.
func TestAuditorOnlyReads(t *testing.T) {
	for _, p := range []caller.Permission{caller.WorkspaceWrite, caller.KeyWrite, caller.CosignerWrite, caller.PolicyDraft, caller.PolicyPublish} {
		if (caller.Caller{Kind: caller.Admin, Role: caller.Auditor}).May(p) {
			t.Errorf("an auditor may %s", p)
		}
	}
}

// Every required scope must be there; an empty list grants nothing, and only the explicit mark is a wildcard.
func TestScopes(t *testing.T) {
	tests := []struct {
		name     string
		has      caller.Scopes
		required []string
		want     bool
	}{
		{"zero value", caller.Scopes{}, []string{"a:read"}, false},
		{"empty list", caller.NewScopes([]string{}), []string{"a:read"}, false},
		{"the one", caller.NewScopes([]string{"a:read"}), []string{"a:read"}, true},
		{"one of two", caller.NewScopes([]string{"a:read"}), []string{"a:read", "b:read"}, false},
		{"both of two", caller.NewScopes([]string{"b:read", "a:read"}), []string{"a:read", "b:read"}, true},
		{"a prefix", caller.NewScopes([]string{"a"}), []string{"a:read"}, false},
		{"a star is no wildcard", caller.NewScopes([]string{"*"}), []string{"a:read"}, false},
		{"legacy", caller.LegacyScopes(), []string{"a:read"}, true},
		{"legacy, nothing required", caller.LegacyScopes(), nil, false},
		{"nothing required", caller.NewScopes([]string{"a:read"}), nil, false},
	}
	for _, tt := range tests {
		if got := tt.has.Include(tt.required); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}
