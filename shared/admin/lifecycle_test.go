package admin_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/secret"
)

// An invited admin is there with the role, is told of by an event, and can't log in with any password, not an empty one.
func TestInvite(t *testing.T) {
	h := newHouse(t)
	got, err := h.Invite(t.Context(), h.owner, admin.InviteInput{Email: "Bob@Example.com", Role: "operator", Name: "Bob"})
	must(t, err)
	want := admin.View{ID: got.ID, Email: "bob@example.com", Name: "Bob", Role: caller.Operator, Invited: true, CreatedAt: 1795521600000}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"admin.invited"}, h.events(t, got.ID)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	e := h.last(t, got.ID)
	after := audit.Fields{"id": got.ID, "email": "bob@example.com", "name": "Bob", "role": "operator", "invited": true, "disabled": false,
		"factor": false, "epoch": int64(0), "password_hash": "[redacted]"}
	if diff := cmp.Diff(after, e.After); diff != "" || e.Action != "admin.invite" || e.Actor.ID != h.owner.ID {
		t.Errorf("entry %+v\n(-want +got):\n%s", e, diff)
	}
	for _, plain := range []string{"", plain, "password"} {
		if err := h.login("bob@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
			t.Errorf("login with %q: %v", plain, err)
		}
	}
}

// What is wrong with an invitation is said, and nobody is invited.
func TestInviteRefuses(t *testing.T) {
	h := newHouse(t)
	manager := h.join(t, "mae@example.com", caller.Manager)
	tests := []struct {
		name string
		who  caller.Caller
		in   admin.InviteInput
		want error
	}{
		{"no address", h.owner, admin.InviteInput{Email: "x", Role: "auditor"}, admin.ErrEmail},
		{"no role", h.owner, admin.InviteInput{Email: "b@example.com"}, admin.ErrRole},
		{"strange role", h.owner, admin.InviteInput{Email: "b@example.com", Role: "root"}, admin.ErrRole},
		{"role in capitals", h.owner, admin.InviteInput{Email: "b@example.com", Role: "Owner"}, admin.ErrRole},
		{"bad name", h.owner, admin.InviteInput{Email: "b@example.com", Role: "auditor", Name: " b"}, admin.ErrName},
		{"an admin's address", h.owner, admin.InviteInput{Email: "ADA@example.com", Role: "auditor"}, admin.ErrEmailTaken},
		{"an owner by an admin", manager, admin.InviteInput{Email: "b@example.com", Role: "owner"}, admin.ErrOwnersOnly},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := h.Invite(t.Context(), tt.who, tt.in); !errors.Is(err, tt.want) {
				t.Errorf("invite: %v, want %v", err, tt.want)
			}
		})
	}
	if to, _, err := h.ResetToken(t.Context(), mailer, "b@example.com"); to != "" || err != nil {
		t.Errorf("somebody was invited: %q, %v", to, err)
	}
}

// Nobody changes the own account, and only an owner changes an owner or makes one.
func TestWhoMayChangeWhom(t *testing.T) {
	h := newHouse(t)
	other := h.join(t, "olga@example.com", caller.Owner)
	manager, second := h.join(t, "mae@example.com", caller.Manager), h.join(t, "max@example.com", caller.Manager)
	nobody := caller.Caller{ID: "adm_01jd0000000000000000000000"}
	tests := []struct {
		name      string
		who, whom caller.Caller
		role      string // to be appointed to
		want      error
	}{
		{"owner herself", h.owner, h.owner, "auditor", admin.ErrSelf},
		{"owner herself as owner", h.owner, h.owner, "owner", admin.ErrSelf},
		{"admin himself", manager, manager, "owner", admin.ErrSelf},
		{"admin an owner", manager, other, "auditor", admin.ErrOwnersOnly},
		{"admin another to owner", manager, second, "owner", admin.ErrOwnersOnly},
		{"nobody", h.owner, nobody, "auditor", admin.ErrNotFound},
		{"no id", h.owner, caller.Caller{ID: "adm_"}, "auditor", admin.ErrNotFound},
		{"another's key", h.owner, caller.Caller{ID: h.owner.ID + "#x"}, "auditor", admin.ErrNotFound},
		{"strange role", h.owner, second, "nothing", admin.ErrRole},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.Appoint(t.Context(), tt.who, admin.AppointInput{Admin: tt.whom.ID, Role: tt.role})
			if !errors.Is(err, tt.want) {
				t.Errorf("appoint: %v, want %v", err, tt.want)
			}
			if errors.Is(tt.want, admin.ErrRole) || tt.whom.ID == second.ID {
				return
			}
			for name, verb := range map[string]func(admin.NameInput) (admin.View, error){
				"disable":  func(in admin.NameInput) (admin.View, error) { return h.Disable(t.Context(), tt.who, in) },
				"enable":   func(in admin.NameInput) (admin.View, error) { return h.Enable(t.Context(), tt.who, in) },
				"reinvite": func(in admin.NameInput) (admin.View, error) { return h.Reinvite(t.Context(), tt.who, in) },
			} {
				if _, err := verb(admin.NameInput{Admin: tt.whom.ID}); !errors.Is(err, tt.want) {
					t.Errorf("%s: %v, want %v", name, err, tt.want)
				}
			}
		})
	}
	if got, err := h.Appoint(t.Context(), manager, admin.AppointInput{Admin: second.ID, Role: "operator"}); err != nil || got.Role != caller.Operator {
		t.Errorf("an admin appoints another: %+v, %v", got, err)
	}
}

// Who lost the role, or was disabled, between the guard and the write changes nothing.
func TestActorMustStillBeWhoHeWas(t *testing.T) {
	h := newHouse(t)
	demoted, disabled, whom := h.join(t, "mae@example.com", caller.Manager), h.join(t, "mia@example.com", caller.Manager), h.join(t, "max@example.com", caller.Auditor)
	_, err := h.Appoint(t.Context(), h.owner, admin.AppointInput{Admin: demoted.ID, Role: "auditor"})
	must(t, err)
	_, err = h.Disable(t.Context(), h.owner, admin.NameInput{Admin: disabled.ID})
	must(t, err)
	for _, manager := range []caller.Caller{demoted, disabled} {
		h.actsNoMore(t, manager, whom)
	}
	if a := h.stored(t, whom.ID); a.Role != caller.Auditor || a.Disabled {
		t.Errorf("changed all the same: %+v", a)
	}
}

func (h house) actsNoMore(t *testing.T, manager, whom caller.Caller) {
	t.Helper()
	for name, do := range map[string]func() error{
		"appoint": func() error {
			_, err := h.Appoint(t.Context(), manager, admin.AppointInput{Admin: whom.ID, Role: "admin"})
			return err
		},
		"disable": func() error { _, err := h.Disable(t.Context(), manager, admin.NameInput{Admin: whom.ID}); return err },
		"invite": func() error {
			_, err := h.Invite(t.Context(), manager, admin.InviteInput{Email: "b@example.com", Role: "admin"})
			return err
		},
	} {
		if err := do(); !errors.Is(err, edge.ErrForbidden) {
			t.Errorf("%s: %v, want %v", name, err, edge.ErrForbidden)
		}
	}
}

// A change of role and a disabling end the sessions, are security events, and the admin is told; doing it again changes
// nothing. Enabling revives no session.
func TestChangesEndSessionsAndAreTold(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	in := admin.NameInput{Admin: bob.ID}
	epoch := h.stored(t, bob.ID).Standing.Epoch
	steps := []struct {
		action   string
		do       func() (admin.View, error)
		ended    int64
		disabled bool
	}{
		{"admin.appoint", func() (admin.View, error) {
			return h.Appoint(t.Context(), h.owner, admin.AppointInput{Admin: bob.ID, Role: "auditor"})
		}, 1, false},
		{"admin.disable", func() (admin.View, error) { return h.Disable(t.Context(), h.owner, in) }, 2, true},
		{"admin.enable", func() (admin.View, error) { return h.Enable(t.Context(), h.owner, in) }, 2, false},
	}
	for _, step := range steps {
		for range 2 {
			view, err := step.do()
			must(t, err)
			a, e := h.stored(t, bob.ID), h.last(t, bob.ID)
			if a.Standing.Epoch != epoch+step.ended || a.Disabled != step.disabled || view.Disabled != step.disabled || a.Role != caller.Auditor {
				t.Errorf("%s: %+v, of epoch %d before", step.action, a, epoch)
			}
			if e.Action != step.action || e.Severity != audit.Notice || e.Actor.ID != h.owner.ID {
				t.Errorf("%s: the last entry is %+v", step.action, e)
			}
		}
	}
	want := map[string]int{"admin.invited": 1, "admin.role_changed": 1, "admin.disabled": 1, "admin.enabled": 1}
	got := map[string]int{}
	for _, name := range h.events(t, bob.ID) {
		got[name]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := h.login("bob@example.com", plain, secret.Text{}); err != nil {
		t.Errorf("login when enabled again: %v", err)
	}
}

// The list has all admins, the oldest first, page by page.
func TestList(t *testing.T) {
	h := newHouse(t)
	want := []string{h.owner.ID}
	for _, email := range []string{"b@example.com", "c@example.com"} {
		h.Clock.Step(1e6)
		want = append(want, h.invite(t, email, caller.Auditor).ID)
	}
	var got []string
	page, err := h.List(t.Context(), h.owner, admin.ListInput{Paging: edge.Paging{Limit: 2}})
	must(t, err)
	for _, v := range page.Items {
		got = append(got, v.ID)
	}
	next := edge.Paging{Limit: 2}
	must(t, next.Cursor.UnmarshalText([]byte(page.Next)))
	page, err = h.List(t.Context(), h.owner, admin.ListInput{Paging: next})
	must(t, err)
	for _, v := range page.Items {
		got = append(got, v.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" || page.Next != "" {
		t.Errorf("list, then %q (-want +got):\n%s", page.Next, diff)
	}
	if v, err := h.Get(t.Context(), h.owner, admin.NameInput{Admin: want[1]}); err != nil || v.Email != "b@example.com" {
		t.Errorf("get: %+v, %v", v, err)
	}
}
