package trail_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/trail"
)

var (
	auditor  = caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: caller.Auditor}
	errMoved = fault.New(fault.Conflict, "moved", "Moved.")
)

// write makes n entries, a step of the clock apart, alternating between two actions and two targets.
func write(t *testing.T, v *vaulttest.Vault, n int, step time.Duration) (ids []string) {
	t.Helper()
	versions := map[string]ledger.Version{}
	for i := range n {
		target := fmt.Sprint(i / 2 % 2)
		receipt, err := v.Ledger.Commit(t.Context(), ledger.Change{
			By: auditor, Action: []string{"thing.make", "thing.mend"}[i%2], Target: audit.Target{Type: "thing", ID: target},
			After: audit.Fields{"i": i}, Key: ledger.Key{PK: "workspace#" + target, SK: "thing"}, Prior: versions[target], Item: ledger.Item{}, Else: errMoved,
		})
		if err != nil {
			t.Fatal(err)
		}
		versions[target] = receipt.Version
		ids = append(ids, receipt.Entry.ID)
		v.Clock.Step(step)
	}
	return ids
}

// read follows the cursors to the end.
func read(t *testing.T, v *vaulttest.Vault, in trail.ListInput) (ids []string, pages int) {
	t.Helper()
	for {
		page, err := trail.Service{Ledger: v.Ledger}.List(t.Context(), auditor, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.Action != "audit.read" {
				ids = append(ids, e.ID)
			}
		}
		if pages++; page.Next == "" {
			return ids, pages
		}
		if err := in.Cursor.UnmarshalText([]byte(page.Next)); err != nil {
			t.Fatal(err)
		}
	}
}

func newestFirst(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Reverse(ids)
	return ids
}

// Every entry is seen once, newest first, whatever the page size and however the shards and months lie.
func TestList(t *testing.T) {
	for name, step := range map[string]time.Duration{"a month": time.Minute, "many months": 9 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			v := vaulttest.New(t)
			ids := write(t, v, 12, step)
			for _, limit := range []int{1, 3, 5, 100} {
				got, _ := read(t, v, trail.ListInput{Paging: edge.Paging{Limit: limit}})
				if !slices.Equal(got, newestFirst(ids)) {
					t.Errorf("in pages of %d: got %v, want %v", limit, got, newestFirst(ids))
				}
			}
		})
	}
}

// The filters combine: by action, by target, by both.
func TestFilters(t *testing.T) {
	v := vaulttest.New(t)
	ids := write(t, v, 16, time.Minute)
	keep := func(f func(int) bool) (kept []string) {
		for i, id := range ids {
			if f(i) {
				kept = append(kept, id)
			}
		}
		return newestFirst(kept)
	}
	tests := []struct {
		name string
		in   trail.ListInput
		want []string
	}{
		{"action", trail.ListInput{Action: "thing.mend"}, keep(func(i int) bool { return i%2 == 1 })},
		{"target", trail.ListInput{Target: "thing/1"}, keep(func(i int) bool { return i/2%2 == 1 })},
		{"both", trail.ListInput{Action: "thing.make", Target: "thing/0"}, keep(func(i int) bool { return i%4 == 0 })},
		{"no such action", trail.ListInput{Action: "thing.lose"}, nil},
		{"no such target", trail.ListInput{Target: "thing/9"}, nil},
	}
	for _, tt := range tests {
		for _, limit := range []int{1, 3, 100} {
			tt.in.Limit = limit
			if got, _ := read(t, v, tt.in); !slices.Equal(got, tt.want) {
				t.Errorf("%s in pages of %d: got %v, want %v", tt.name, limit, got, tt.want)
			}
		}
	}
}

// The view shows what the hash was made of: an auditor can compute it again.
func TestViewIsWhole(t *testing.T) {
	v := vaulttest.New(t)
	write(t, v, 1, time.Minute)
	page, err := trail.Service{Ledger: v.Ledger}.List(t.Context(), auditor, trail.ListInput{Action: "thing.make"})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	e := page.Items[0]
	hash, err := audit.Entry{ID: e.ID, Time: time.UnixMilli(e.Time), Actor: audit.Actor{Kind: caller.Kind(e.Actor.Kind), ID: e.Actor.ID, Via: e.Actor.Via},
		Action: e.Action, Target: audit.Target{Type: e.Target.Type, ID: e.Target.ID}, Workspace: e.Workspace, Before: e.Before, After: e.After,
		IP: e.IP, UserAgent: e.UserAgent, RequestID: e.RequestID, Version: e.Version, Prev: e.Prev}.ComputeHash()
	if err != nil || hash != e.Hash {
		t.Errorf("the view hashes to %s, says %s, %v", hash, e.Hash, err)
	}
}

// Reading the trail is in the trail.
func TestReadingIsRecorded(t *testing.T) {
	v := vaulttest.New(t)
	read(t, v, trail.ListInput{})
	page, err := trail.Service{Ledger: v.Ledger}.List(t.Context(), auditor, trail.ListInput{Action: "audit.read"})
	if err != nil || len(page.Items) != 1 || page.Items[0].Actor.ID != "adm_1" {
		t.Errorf("got %+v, %v", page, err)
	}
}

// What can't be a filter or a place is refused, naming the parameter.
func TestRefuses(t *testing.T) {
	v := vaulttest.New(t)
	tests := []struct {
		in    trail.ListInput
		field string
	}{
		{trail.ListInput{Action: "everything"}, "action"}, {trail.ListInput{Action: "a.b.c"}, "action"}, {trail.ListInput{Target: "thing"}, "target"},
		{trail.ListInput{Target: "/1"}, "target"}, {trail.ListInput{Paging: edge.Paging{Limit: 101}}, "limit"},
		{trail.ListInput{Paging: edge.Paging{Limit: -1}}, "limit"}, {trail.ListInput{Paging: edge.Paging{Cursor: ledger.Cursor{After: "x"}}}, "cursor"},
	}
	for _, tt := range tests {
		_, err := trail.Service{Ledger: v.Ledger}.List(t.Context(), auditor, tt.in)
		if f := fault.From(err); !errors.Is(err, edge.ErrMalformed) || f.Field != tt.field {
			t.Errorf("%+v: got %v", tt.in, err)
		}
	}
}
