package admin_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
)

// enabled counts the owners who can log in, from their items.
func (h house) enabled(t *testing.T) (n int64) {
	t.Helper()
	page, err := h.List(t.Context(), h.owner, admin.ListInput{Paging: edge.Paging{Limit: 100}})
	must(t, err)
	for _, v := range page.Items {
		if a := h.stored(t, v.ID); a.Role == caller.Owner && !a.Disabled && !a.Invited {
			n++
		}
	}
	return n
}

// The owners who can log in are counted through everything that makes one or one less; an invited one is none yet.
func TestOwnersAreCounted(t *testing.T) {
	h := newHouse(t)
	second := h.invite(t, "olga@example.com", caller.Owner)
	step := func(what string, want int64, err error) {
		t.Helper()
		if got := h.owners(t); err != nil || got != want || h.enabled(t) != want {
			t.Errorf("%s: %d owners are counted, %d are there, want %d; %v", what, got, h.enabled(t), want, err)
		}
	}
	step("invited", 1, nil)
	_, err := h.accept(h.invitation(t, second.ID), plain)
	step("accepted", 2, err)
	in := admin.NameInput{Admin: second.ID}
	_, err = h.Disable(t.Context(), h.owner, in)
	step("disabled", 1, err)
	_, err = h.Appoint(t.Context(), h.owner, admin.AppointInput{Admin: second.ID, Role: "auditor"})
	step("appointed while disabled", 1, err)
	_, err = h.Enable(t.Context(), h.owner, in)
	step("enabled as an auditor", 1, err)
	_, err = h.Appoint(t.Context(), h.owner, admin.AppointInput{Admin: second.ID, Role: "owner"})
	step("appointed", 2, err)
	_, err = h.Appoint(t.Context(), h.now(t, admin.View{ID: second.ID, Role: caller.Owner}), admin.AppointInput{Admin: h.owner.ID, Role: "auditor"})
	step("the first one demoted", 1, err)
}

// Of owners who remove each other at once, by fifty requests, one is always left, and the count is right.
func TestLastOwnerStays(t *testing.T) {
	h := newHouse(t)
	owners := []caller.Caller{h.owner}
	for i := range 3 {
		owners = append(owners, h.join(t, fmt.Sprintf("o%d@example.com", i), caller.Owner))
	}
	var all sync.WaitGroup
	for i := range 50 {
		by, whom := owners[i%4], owners[(i+1+i/4%3)%4]
		all.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = h.Appoint(context.Background(), by, admin.AppointInput{Admin: whom.ID, Role: "admin"})
			} else {
				_, err = h.Disable(context.Background(), by, admin.NameInput{Admin: whom.ID})
			}
			if f := fault.From(err); err != nil && f.Kind != fault.Forbidden && f.Kind != fault.Conflict && f.Kind != fault.Unavailable {
				t.Errorf("%s by %s: %v", whom.ID, by.ID, err)
			}
		})
	}
	all.Wait()
	if n := h.enabled(t); n < 1 || n != h.owners(t) || n == 4 {
		t.Errorf("%d owners are left, %d are counted", n, h.owners(t))
	}
}

// The count alone keeps the last owner: without the check of the actor, as if the request had been let in long before.
func TestLastOwnerStaysByTheCount(t *testing.T) {
	h := newHouse(t)
	root := h.join(t, "root@example.com", caller.Owner)
	_, err := h.Disable(t.Context(), root, admin.NameInput{Admin: h.owner.ID})
	must(t, err)
	ghost := as(admin.View{ID: h.owner.ID, Role: caller.Owner})
	for name, do := range map[string]func() error{
		"disable": func() error { _, err := h.Disable(t.Context(), ghost, admin.NameInput{Admin: root.ID}); return err },
		"demote": func() error {
			_, err := h.Appoint(t.Context(), ghost, admin.AppointInput{Admin: root.ID, Role: "auditor"})
			return err
		},
	} {
		if err := do(); !errors.Is(err, admin.ErrLastOwner) {
			t.Errorf("%s: %v, want %v", name, err, admin.ErrLastOwner)
		}
	}
}
