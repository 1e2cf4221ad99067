package apikey_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

func (s shop) rotate(t *testing.T, key string, hours int) apikey.Created {
	t.Helper()
	made, err := s.Rotate(t.Context(), owner, apikey.RotateInput{Workspace: s.one, Key: key, Overlap: &hours})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// works tells which of the tokens admit.
func (s shop) works(t *testing.T, tokens ...string) (all []bool) {
	t.Helper()
	for _, token := range tokens {
		_, err := s.admit(t, token)
		all = append(all, err == nil)
	}
	return all
}

// Both secrets work until the overlap ends, to the millisecond; then the new one alone. The key stays the same key.
func TestRotate(t *testing.T) {
	s := open(t)
	first := s.create(t, caller.EndpointsRead)
	s.Clock.Step(time.Hour)
	second := s.rotate(t, first.ID, 2)
	if second.ID != first.ID || second.Token == first.Token || second.RotatedAt != s.Clock.Now().UnixMilli() ||
		second.ExpiresAt != s.Clock.Now().Add(365*24*time.Hour).UnixMilli() || second.Prefix != first.Prefix {
		t.Errorf("got %+v", second.View)
	}
	want := []apikey.Earlier{{Last: first.Last, ExpiresAt: s.Clock.Now().Add(2 * time.Hour).UnixMilli()}}
	if diff := cmp.Diff(want, second.Earlier); diff != "" {
		t.Error(diff)
	}
	s.Clock.Step(2*time.Hour - time.Millisecond)
	if diff := cmp.Diff([]bool{true, true}, s.works(t, first.Token, second.Token)); diff != "" {
		t.Errorf("during the overlap: %s", diff)
	}
	s.Clock.Step(time.Millisecond)
	if diff := cmp.Diff([]bool{false, true}, s.works(t, first.Token, second.Token)); diff != "" {
		t.Errorf("after it: %s", diff)
	}
	trail := s.Trail(t, audit.Target{Type: "apikey", ID: first.ID})
	if len(trail) != 2 || trail[1].Action != "apikey.rotate" || trail[1].After["hash"] != "[redacted]" || trail[1].Before["generation"] == trail[1].After["generation"] {
		t.Errorf("the trail is %+v", trail)
	}
	if got := s.denials(t, "apikey.dead_key_used", first.ID); len(got) != 1 || got[0].After["why"] != "replaced" || got[0].Severity != audit.Warning {
		t.Errorf("the old secret's use left %+v", got)
	}
}

// denials are the entries of one action on a key in the present minute.
func (s shop) denials(t *testing.T, action, key string) []audit.Entry {
	t.Helper()
	minute := s.Clock.Now().UTC().Truncate(time.Minute).Format("20060102T1504Z")
	return s.Trail(t, audit.Target{Type: "denial", ID: action + "#apikey/" + key + "#" + minute})
}

// Without an overlap all earlier secrets end at once; a later rotation never shortens the overlap of an earlier one; and
// more than three secrets never work at a time.
func TestRotateAgain(t *testing.T) {
	s := open(t)
	first := s.create(t, caller.EndpointsRead)
	second := s.rotate(t, first.ID, 168)
	s.Clock.Step(time.Minute)
	third := s.rotate(t, first.ID, 1) // as after a lost token: nobody has the second
	four := 4
	_, err := s.Rotate(t.Context(), owner, apikey.RotateInput{Workspace: s.one, Key: first.ID, Overlap: &four})
	if !errors.Is(err, apikey.ErrOverlaps) {
		t.Errorf("a fourth: %v", err)
	}
	s.Clock.Step(2 * time.Hour)
	if diff := cmp.Diff([]bool{true, false, true}, s.works(t, first.Token, second.Token, third.Token)); diff != "" {
		t.Errorf("after the second overlap: %s", diff)
	}
	fourth := s.rotate(t, first.ID, 4) // the second's place is free
	if diff := cmp.Diff([]bool{true, false, true, true}, s.works(t, first.Token, second.Token, third.Token, fourth.Token)); diff != "" {
		t.Errorf("after the fourth: %s", diff)
	}
	fifth := s.rotate(t, first.ID, 0)
	if diff := cmp.Diff([]bool{false, false, false, false, true}, s.works(t, first.Token, second.Token, third.Token, fourth.Token, fifth.Token)); diff != "" {
		t.Errorf("after the last: %s", diff)
	}
}

// A replaced secret never lives longer than it would have; a key that is revoked or expired gets no new secret; revoking
// ends all secrets.
func TestRotateEnds(t *testing.T) {
	s := open(t)
	short, err := s.Create(t.Context(), owner, apikey.CreateInput{Workspace: s.one, Name: "short", Scopes: []string{caller.EndpointsRead}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Step(23 * time.Hour)
	second := s.rotate(t, short.ID, 168)
	if second.ExpiresAt != s.Clock.Now().Add(24*time.Hour).UnixMilli() {
		t.Errorf("it expires at %d", second.ExpiresAt)
	}
	s.Clock.Step(time.Hour)
	if diff := cmp.Diff([]bool{false, true}, s.works(t, short.Token, second.Token)); diff != "" {
		t.Errorf("after the first one's own end: %s", diff)
	}
	third := s.rotate(t, short.ID, 2)
	if _, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.one, Key: short.ID}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bool{false, false}, s.works(t, second.Token, third.Token)); diff != "" {
		t.Errorf("after the revocation: %s", diff)
	}
	expired := s.create(t, caller.EndpointsRead)
	s.Clock.Step(365 * 24 * time.Hour)
	name := "other"
	for _, id := range []string{short.ID, expired.ID} {
		if _, err := s.Rotate(t.Context(), owner, apikey.RotateInput{Workspace: s.one, Key: id}); !errors.Is(err, apikey.ErrEnded) {
			t.Errorf("rotating: %v", err)
		}
		if _, err := s.Update(t.Context(), owner, apikey.UpdateInput{Workspace: s.one, Key: id, Name: &name}); !errors.Is(err, apikey.ErrEnded) {
			t.Errorf("changing: %v", err)
		}
	}
	for _, hours := range []int{-1, 169} {
		if _, err := s.Rotate(t.Context(), owner, apikey.RotateInput{Workspace: s.one, Key: second.ID, Overlap: &hours}); !errors.Is(err, apikey.ErrOverlap) {
			t.Errorf("%d hours: %v", hours, err)
		}
	}
}

// After a newer master key is added, old keys go on under theirs, new keys and new secrets are under the newest, and a key
// needs the old one until its last secret under it is over. Once that is taken away, what needs it does not work.
func TestMasterKeyRotation(t *testing.T) {
	s := open(t)
	old := s.create(t, caller.EndpointsRead)
	oldMaster := s.Ring.NewestID()
	oldWrapped := s.World.Env.MasterKey
	wrapped, err := keys.Service(s.World).NewWrappedKey(t.Context(), s.MasterWrapKey, keyset.Context(s.World.Env.Stack))
	if err != nil {
		t.Fatal(err)
	}
	newWrapped := base64.StdEncoding.EncodeToString(wrapped)
	ring := func(list string) *keyset.Ring {
		s.World.Env.MasterKey = list
		opened, err := keys.OpenRing(t.Context(), s.World)
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	both := ring(newWrapped + "," + oldWrapped)
	s.Peppers = both
	fresh := s.create(t, caller.EndpointsRead)
	if diff := cmp.Diff([]bool{true, true}, s.works(t, old.Token, fresh.Token)); diff != "" {
		t.Errorf("with both: %s", diff)
	}
	needs := func(id string) []string {
		item, err := s.Vault.Ledger.GetOne(t.Context(), apikey.At(id))
		if err != nil {
			t.Fatal(err)
		}
		return apikey.MasterKeys(item, s.Clock.Now())
	}
	if diff := cmp.Diff([][]string{{oldMaster}, {both.NewestID()}}, [][]string{needs(old.ID), needs(fresh.ID)}); diff != "" {
		t.Errorf("needed: %s", diff)
	}
	rotated := s.rotate(t, old.ID, 1)
	if diff := cmp.Diff([]string{both.NewestID(), oldMaster}, needs(old.ID)); diff != "" {
		t.Errorf("needed during the overlap: %s", diff)
	}
	if diff := cmp.Diff([]bool{true, true}, s.works(t, old.Token, rotated.Token)); diff != "" {
		t.Errorf("during the overlap: %s", diff)
	}
	s.Peppers = ring(newWrapped)
	if diff := cmp.Diff([]bool{false, true, true}, s.works(t, old.Token, rotated.Token, fresh.Token)); diff != "" {
		t.Errorf("without the old: %s", diff)
	}
	s.Clock.Step(time.Hour)
	if diff := cmp.Diff([]string{both.NewestID()}, needs(old.ID)); diff != "" {
		t.Errorf("needed after the overlap: %s", diff)
	}
	if _, err := s.Revoke(t.Context(), owner, apikey.RevokeInput{Workspace: s.one, Key: old.ID}); err != nil {
		t.Fatal(err)
	}
	if got := needs(old.ID); got != nil {
		t.Errorf("a revoked key needs %v", got)
	}
}
