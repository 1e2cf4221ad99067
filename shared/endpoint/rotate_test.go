package endpoint_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/wire/bykey"
)

func (s *stack) rotate(token, id, body string, header ...string) edge.Response {
	h := edge.Bind(bykey.Edge(s.World, s.Ledger, s.Ring), endpoint.RouteRotate, s.service)
	return s.call(h, "POST", token, map[string]string{"endpoint": id}, body, header...)
}

// signing are the secrets that an endpoint's messages are signed with, as their owner knows them.
func (s *stack) signing(t *testing.T, id endpoint.ID) (all []string) {
	t.Helper()
	to, open, err := s.service.Destination(t.Context(), s.ours, string(id))
	if err != nil || !open {
		t.Fatalf("destination: %t, %v", open, err)
	}
	for _, key := range to.Keys {
		all = append(all, "whsec_"+base64.StdEncoding.EncodeToString(key.Expose()))
	}
	return all
}

// A rotation gives a new secret, once; messages are signed with it and the one before until the overlap ends, 24 hours if
// nothing is said, and with it alone after that.
func TestRotate(t *testing.T) {
	for _, c := range []struct {
		body    string
		overlap time.Duration
	}{{`{}`, 24 * time.Hour}, {`{"overlap_hours":1}`, time.Hour}, {`{"overlap_hours":168}`, 168 * time.Hour}, {`{"overlap_hours":0}`, 0}} {
		s := newStack(t)
		made := decode[endpoint.Created](t, s.create(s.our, good), 201)
		s.Clock.Step(time.Minute)
		now := s.Clock.Now()
		got := decode[endpoint.Created](t, s.rotate(s.our, string(made.ID), c.body), 200)
		want := made.View
		if want.RotatedAt = now.UnixMilli(); c.overlap > 0 {
			want.Earlier = []endpoint.Earlier{{ExpiresAt: now.Add(c.overlap).UnixMilli()}}
		}
		if diff := cmp.Diff(want, got.View); diff != "" || got.Secret == made.Secret || len(got.Secret) != len(made.Secret) {
			t.Errorf("%s: view (-want +got):\n%s", c.body, diff)
		}
		if shown := s.get(s.our, string(made.ID)); strings.Contains(string(shown.Body), `"secret"`) || cmp.Diff(want, decode[endpoint.View](t, shown, 200)) != "" {
			t.Errorf("%s: read %s", c.body, shown.Body)
		}
		both := []string{got.Secret, made.Secret}
		if c.overlap == 0 {
			both = both[:1]
		}
		s.Clock.Step(c.overlap - 1)
		if diff := cmp.Diff(both, s.signing(t, made.ID)); diff != "" {
			t.Errorf("%s, within the overlap (-want +got):\n%s", c.body, diff)
		}
		s.Clock.Step(1)
		if diff := cmp.Diff(both[:1], s.signing(t, made.ID)); diff != "" {
			t.Errorf("%s, after it (-want +got):\n%s", c.body, diff)
		}
		if after := decode[endpoint.View](t, s.get(s.our, string(made.ID)), 200); after.Earlier != nil {
			t.Errorf("%s: shown after the overlap: %v", c.body, after.Earlier)
		}
		entries := s.Trail(t, audit.Target{Type: "endpoint", ID: string(made.ID)})
		if len(entries) != 2 || entries[1].Action != "endpoint.rotate" || entries[1].Actor.Kind != caller.APIKey || entries[1].After["rotated_at"] != now.UnixMilli() {
			t.Errorf("%s: entries %+v", c.body, entries)
		}
	}
}

// Whoever lost the answer of a rotation rotates again, and the secret that the receiver has goes on signing as long as it was
// to. A third rotation within the overlaps is refused, unless it ends them.
func TestRotateAgain(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	rotate := func(body string) string {
		s.Clock.Step(time.Hour)
		return decode[endpoint.Created](t, s.rotate(s.our, string(made.ID), body), 200).Secret
	}
	lost := rotate(`{"overlap_hours":10}`)
	second := rotate(`{"overlap_hours":1}`)
	if diff := cmp.Diff([]string{second, lost, made.Secret}, s.signing(t, made.ID)); diff != "" {
		t.Errorf("after two (-want +got):\n%s", diff)
	}
	got := decode[edge.Problem](t, s.rotate(s.our, string(made.ID), `{}`), 409)
	if got.Code != "rotation_running" {
		t.Errorf("a third: %+v", got)
	}
	s.Clock.Step(time.Hour) // the lost one is over, the first has hours left
	if diff := cmp.Diff([]string{second, made.Secret}, s.signing(t, made.ID)); diff != "" {
		t.Errorf("an hour later (-want +got):\n%s", diff)
	}
	third := rotate(`{"overlap_hours":100}`)
	if diff := cmp.Diff([]string{third, second, made.Secret}, s.signing(t, made.ID)); diff != "" {
		t.Errorf("after the third (-want +got):\n%s", diff)
	}
	last := rotate(`{"overlap_hours":0}`)
	if diff := cmp.Diff([]string{last}, s.signing(t, made.ID)); diff != "" {
		t.Errorf("after ending all (-want +got):\n%s", diff)
	}
	item, err := s.Ledger.GetOne(t.Context(), endpoint.At(s.ours, made.ID))
	if err != nil || item["earlier_1"] != nil || item["earlier_2"] != nil {
		t.Errorf("stored %v, %v", item, err)
	}
}

// A repeat under the same Idempotency-Key gets the answer without the secret, and rotates nothing.
func TestRotateRepeat(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	first := decode[endpoint.Created](t, s.rotate(s.our, string(made.ID), `{}`, "Idempotency-Key", "k1"), 200)
	s.Clock.Step(time.Hour)
	again := s.rotate(s.our, string(made.ID), `{}`, "Idempotency-Key", "k1")
	if second := decode[endpoint.Created](t, again, 200); second.Secret != "" || cmp.Diff(first.View, second.View) != "" || bytes.Contains(again.Body, []byte(`"secret"`)) {
		t.Errorf("repeat: %s", again.Body)
	}
	if diff := cmp.Diff([]string{first.Secret, made.Secret}, s.signing(t, made.ID)); diff != "" {
		t.Errorf("signing (-want +got):\n%s", diff)
	}
}

// What can't be rotated is refused naming the member, and nothing is written: another workspace's endpoint is not there.
func TestRotateRefusals(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	for about, c := range map[string]struct {
		answer edge.Response
		status int
		code   string
		field  string
	}{
		"too long":       {s.rotate(s.our, string(made.ID), `{"overlap_hours":169}`), 422, "overlap_invalid", "/overlap_hours"},
		"negative":       {s.rotate(s.our, string(made.ID), `{"overlap_hours":-1}`), 422, "overlap_invalid", "/overlap_hours"},
		"no number":      {s.rotate(s.our, string(made.ID), `{"overlap_hours":"1"}`), 400, "malformed_request", "/overlap_hours"},
		"a secret":       {s.rotate(s.our, string(made.ID), `{"secret":"whsec_x"}`), 400, "malformed_request", "/secret"},
		"another's":      {s.rotate(s.her, string(made.ID), `{}`), 404, "endpoint_not_found", ""},
		"none":           {s.rotate(s.our, "ep_00000000000000000000000000", `{}`), 404, "endpoint_not_found", ""},
		"no id":          {s.rotate(s.our, "ep_x", `{}`), 400, "malformed_request", "endpoint"},
		"without rights": {s.rotate(s.reader, string(made.ID), `{}`), 403, "forbidden", ""},
	} {
		if got := decode[edge.Problem](t, c.answer, c.status); got.Code != c.code || got.Field != c.field {
			t.Errorf("%s: got %s at %q, want %s at %q", about, got.Code, got.Field, c.code, c.field)
		}
	}
	if entries := s.Trail(t, audit.Target{Type: "endpoint", ID: string(made.ID)}); len(entries) != 1 {
		t.Errorf("%d entries, want 1", len(entries))
	}
}

// Of ten rotations at once each that says so has been made: no secret is given out that signs nothing.
func TestRotateRaces(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	answers := make([]edge.Response, 10)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = s.rotate(s.our, string(made.ID), `{}`) })
	}
	all.Wait()
	given := map[string]bool{made.Secret: true}
	for _, answer := range answers {
		switch answer.Status {
		case http.StatusOK:
			given[decode[endpoint.Created](t, answer, 200).Secret] = true
		case http.StatusConflict:
		default:
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	signing := map[string]bool{}
	for _, one := range s.signing(t, made.ID) {
		signing[one] = true
	}
	if diff := cmp.Diff(given, signing); diff != "" || len(given) < 2 {
		t.Errorf("signing (-given +signing):\n%s", diff)
	}
}

// An earlier secret's ciphertext opens in its own place only: not as the present one, nor as the one before it.
func TestEarlierSecretIsBoundToItsPlace(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	for range 2 {
		decode[endpoint.Created](t, s.rotate(s.our, string(made.ID), `{}`), 200)
	}
	item, err := s.Ledger.GetOne(t.Context(), endpoint.At(s.ours, made.ID))
	if err != nil {
		t.Fatal(err)
	}
	fields := []string{"secret", "earlier_1", "earlier_2"}
	put := func(changes ledger.Item) {
		t.Helper()
		w := ledger.Write{Key: endpoint.At(s.ours, made.ID), Set: changes, If: ledger.Exists(), Else: endpoint.ErrNotFound}
		if err := s.Ledger.Store.Transact(t.Context(), s.Ledger.NewID("t"), []ledger.Write{w}); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range fields {
		for _, to := range fields {
			put(ledger.Item{to: item[from]})
			if _, open, err := s.service.Destination(t.Context(), s.ours, string(made.ID)); (err == nil && open) != (from == to) {
				t.Errorf("%s as %s: %t, %v", from, to, open, err)
			}
			put(ledger.Item{to: item[to]})
		}
	}
	// One that does not open any more can be replaced at once, and in no other way.
	put(ledger.Item{"secret": item["earlier_1"]})
	if got := s.rotate(s.our, string(made.ID), `{}`); got.Status != http.StatusConflict && got.Status != http.StatusInternalServerError {
		t.Errorf("with an overlap: %d %s", got.Status, got.Body)
	}
	fresh := decode[endpoint.Created](t, s.rotate(s.our, string(made.ID), `{"overlap_hours":0}`), 200)
	if diff := cmp.Diff([]string{fresh.Secret}, s.signing(t, made.ID)); diff != "" {
		t.Errorf("signing (-want +got):\n%s", diff)
	}
}

// An endpoint that is disabled within an overlap keeps its secrets, and the disabling is not lost to a rotation at the same time.
func TestRotateAndDisable(t *testing.T) {
	s := newStack(t)
	made := decode[endpoint.Created](t, s.create(s.our, good), 201)
	decode[endpoint.Created](t, s.rotate(s.our, string(made.ID), `{}`), 200)
	before, err := s.Ledger.GetOne(t.Context(), endpoint.At(s.ours, made.ID))
	if err != nil {
		t.Fatal(err)
	}
	var disabled error
	var all sync.WaitGroup
	all.Go(func() {
		disabled = s.service.Disable(t.Context(), caller.Worker("delivery-send", "m"), s.ours, string(made.ID), "gone")
	})
	all.Go(func() { s.rotate(s.our, string(made.ID), `{"overlap_hours":1}`) })
	all.Wait()
	after, err := s.Ledger.GetOne(t.Context(), endpoint.At(s.ours, made.ID))
	if err := errors.Join(err, disabled); err != nil {
		t.Fatal(err)
	}
	if after["state"] != "disabled" || after["earlier_1"] == nil || after["earlier_1_until"] == nil || before["earlier_1"] == nil {
		t.Errorf("stored %v", after)
	}
}
