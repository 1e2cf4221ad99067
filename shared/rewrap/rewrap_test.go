package rewrap_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	ours "github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/rewrap"
)

// A pass seals everything anew under the newest key, with an entry for each record that shows no secret; the next one
// finds nothing and says that the old key may go; and without the old key all opens.
func TestPass(t *testing.T) {
	s := newStack(t)
	one, two := s.workspace(t), s.workspace(t)
	all := []place{s.endpoint(t, s.old, one), s.endpoint(t, s.old, one), s.endpoint(t, s.old, two)}
	newer := s.endpoint(t, s.both, two)

	keys := []rewrap.Key{{ID: s.newID, Wrapped: s.newWraps}, {ID: s.oldID, Wrapped: s.oldWraps}}
	want := rewrap.Progress{Keys: keys, Done: 3, Counts: []rewrap.Count{{Key: s.oldID, Kind: "endpoints", Done: 3}}}
	if diff := cmp.Diff(want, s.run(t, rewrap.Input{})); diff != "" {
		t.Errorf("first pass (-want +got):\n%s", diff)
	}
	want = rewrap.Progress{Keys: keys, Counts: []rewrap.Count{}, Retire: []string{s.oldID}}
	if diff := cmp.Diff(want, s.run(t, rewrap.Input{})); diff != "" {
		t.Errorf("second pass (-want +got):\n%s", diff)
	}
	for _, p := range append(all, newer) {
		s.opens(t, s.fresh, p)
	}
	for _, p := range all {
		if diff := cmp.Diff([]string{"1 endpoint.create", "2 key.rewrap"}, s.actions(t, p)); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{"1 endpoint.create"}, s.actions(t, newer)); diff != "" {
		t.Errorf("entries of what was new (-want +got):\n%s", diff)
	}
	chain := s.Trail(t, audit.Target{Type: "endpoint", ID: string(all[0].id)})
	entry := chain[1]
	if entry.Prev != chain[0].Hash || s.item(t, all[0]).Version() != (ledger.Version{Number: 2, Hash: entry.Hash}) {
		t.Error("the entry does not follow the one before, or the record does not stand at its end")
	}
	before := audit.Fields{"secret": "[redacted]", "secret_sealed_under": s.oldID}
	after := audit.Fields{"secret": "[redacted]", "secret_sealed_under": s.newID}
	if diff := cmp.Diff([]audit.Fields{before, after}, []audit.Fields{entry.Before, entry.After}); diff != "" ||
		entry.Workspace != one.String() || entry.Actor != (audit.Actor{Kind: caller.System, ID: "key-rewrap"}) {
		t.Errorf("entry %+v (-want +got):\n%s", entry, diff)
	}
}

// Nothing but the sealed value changes.
func TestOnlyTheSealedValueChanges(t *testing.T) {
	s := newStack(t)
	p := s.endpoint(t, s.old, s.workspace(t))
	before := s.item(t, p)
	s.run(t, rewrap.Input{})
	after := s.item(t, p)
	for _, changed := range []string{"secret", "version", "audit_hash"} {
		if cmp.Equal(before[changed], after[changed]) {
			t.Errorf("%s is what it was", changed)
		}
		delete(before, changed)
		delete(after, changed)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("item (-before +after):\n%s", diff)
	}
}

// A pass in runs of any size comes to what one in a single run does, also when each run is done twice, as after a lost
// answer, and when the place to go on from has been a text in between.
func TestResumes(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 7} {
		s := newStack(t)
		var all []place
		for range 3 {
			in := s.workspace(t)
			s.apiKey(t, s.old, in, 1)
			all = append(all, s.endpoint(t, s.old, in), s.endpoint(t, s.both, in), s.endpoint(t, s.old, in))
		}
		s.workspace(t) // of nothing
		in, runs := rewrap.Input{Limit: limit}, 0
		last := s.run(t, in)
		for ; last.Next != nil; last = s.run(t, in) {
			text, err := json.Marshal(last.Next)
			must(t, err)
			in.From = nil
			must(t, json.Unmarshal(text, &in.From))
			if runs++; runs > 100 {
				t.Fatal("it does not end")
			}
			if again := s.run(t, in); again.Next != nil && again.Next.Kind == in.From.Kind && again.Next.After == in.From.After && again.Next.Owner == in.From.Owner {
				t.Fatalf("it goes on from %+v to the same", in.From)
			}
		}
		// The second run of each two finds sealed anew what the first one did.
		if last.Left != 3 || runs < 12/limit {
			t.Errorf("limit %d: left %d after %d runs, want 3 API keys", limit, last.Left, runs)
		}
		for _, p := range all {
			s.opens(t, s.fresh, p)
			if got := s.actions(t, p); len(got) > 2 {
				t.Errorf("limit %d: entries %v", limit, got)
			}
		}
	}
}

// What can't be made anew is counted while anybody may still use it: API keys that are neither revoked nor expired.
func TestCountsWhatNamesItsKey(t *testing.T) {
	s := newStack(t)
	in := s.workspace(t)
	lasting := s.apiKey(t, s.old, in, 0)
	s.apiKey(t, s.old, in, 1)
	s.apiKey(t, s.both, in, 0)
	revoked := s.apiKey(t, s.old, in, 0)
	if _, err := (apikey.Service{Ledger: s.Ledger}).Revoke(t.Context(), operator, apikey.RevokeInput{Workspace: in, Key: revoked}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 1} {
		got := s.run(t, rewrap.Input{})
		if diff := cmp.Diff([]rewrap.Count{{Key: s.oldID, Kind: "api_keys", Left: want}}, got.Counts); diff != "" || got.Left != want || got.Retire != nil {
			t.Errorf("left %d, retire %v, counts (-want +got):\n%s", got.Left, got.Retire, diff)
		}
		named := rewrap.Waiting{Key: s.oldID, Kind: "api_keys", Owner: in.String(), Record: lasting}
		if len(got.Waiting) != want || !slices.Contains(got.Waiting, named) {
			t.Errorf("waiting %+v, want %d with %+v", got.Waiting, want, named)
		}
		s.Clock.Step(24 * time.Hour)
	}
	s.Clock.Step(365 * 24 * time.Hour)
	if got := s.run(t, rewrap.Input{}); got.Left != 0 || !cmp.Equal([]string{s.oldID}, got.Retire) {
		t.Errorf("left %d, retire %v when all have expired", got.Left, got.Retire)
	}
}

// A record that does not open is named and holds up none behind it; its key may not go. The same for one whose key is not
// there at all.
func TestWhatDoesNotOpen(t *testing.T) {
	s := newStack(t)
	in := s.workspace(t)
	a, b, c := s.endpoint(t, s.old, in), s.endpoint(t, s.old, in), s.endpoint(t, s.old, in)
	s.plant(t, a, s.item(t, c)["secret"].([]byte)) // another's
	foreign, err := newStack(t).old.Seal(keyset.Record{}, webhookSecret)
	must(t, err)
	s.plant(t, b, foreign)
	for range 2 {
		got := s.run(t, rewrap.Input{})
		want := []rewrap.Failure{{Record: "endpoint/" + string(a.id), Why: "sealed_value_does_not_open"},
			{Record: "endpoint/" + string(b.id), Why: "sealed_value_does_not_open"}}
		if diff := cmp.Diff(want, got.Failed); diff != "" || got.Left != 2 || got.Retire != nil {
			t.Errorf("left %d, retire %v, failed (-want +got):\n%s", got.Left, got.Retire, diff)
		}
	}
	s.opens(t, s.fresh, c)
	s.plant(t, a, []byte("no envelope"))
	got := s.run(t, rewrap.Input{})
	lost, _ := keyset.SealedBy(foreign)
	want := []rewrap.Count{{Key: "unknown", Kind: "endpoints", Left: 1}, {Key: lost, Kind: "endpoints", Left: 1}}
	if diff := cmp.Diff(want, got.Counts); diff != "" || !cmp.Equal([]string{s.oldID}, got.Retire) {
		t.Errorf("retire %v, counts (-want +got):\n%s", got.Retire, diff)
	}
}

// plant puts other bytes in the place of a secret.
func (s *stack) plant(t *testing.T, p place, sealed []byte) {
	t.Helper()
	item := s.item(t, p)
	prior := item.Version()
	delete(item, "pk")
	delete(item, "sk")
	item["secret"] = sealed
	_, err := s.Ledger.Commit(t.Context(), ledger.Change{By: operator, Action: "test.plant", Target: audit.Target{Type: "endpoint", ID: string(p.id)},
		Key: ledger.Key{PK: "endpoints#" + p.workspace.String(), SK: "endpoint#" + string(p.id)}, Prior: prior, Item: item, Else: ours.ErrInternal})
	must(t, err)
}

// Passes that run at once, while others change the same records, seal each of them anew once, and lose nobody's change.
func TestAtOnce(t *testing.T) {
	s := newStack(t)
	var all []place
	for range 3 {
		in := s.workspace(t)
		for range 5 {
			all = append(all, s.endpoint(t, s.old, in))
		}
	}
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			if p, err := s.service(s.both).Rewrap(t.Context(), operator, rewrap.Input{}); err != nil || p.Left != 0 {
				t.Errorf("left %d, %v", p.Left, err)
			}
		})
	}
	working.Go(func() {
		for _, p := range all {
			err := s.endpoints(s.old).Disable(t.Context(), operator, p.workspace, string(p.id), "gone")
			for tries := 0; err != nil && ours.From(err).Code == "endpoint_changed" && tries < 10; tries++ {
				err = s.endpoints(s.old).Disable(t.Context(), operator, p.workspace, string(p.id), "gone")
			}
			if err != nil {
				t.Errorf("disabling: %v", err)
			}
		}
	})
	working.Wait()
	for _, p := range all {
		item, moved := s.item(t, p), 0
		for _, action := range s.actions(t, p) {
			if strings.HasSuffix(action, " key.rewrap") {
				moved++
			}
		}
		if by, _ := keyset.SealedBy(item["secret"].([]byte)); moved != 1 || by != s.newID || item["state"] != "disabled" {
			t.Errorf("%s was sealed anew %d times, is under %s, %v", p.id, moved, by, item["state"])
		}
	}
}

const transact = "DynamoDB_20120810.TransactWriteItems"

// Whichever write is lost, on the way there or back, and however often: the run fails or goes on, the next one finishes,
// and each record has one entry of it.
func TestLostWrites(t *testing.T) {
	for name, lost := range map[string]fault.Effect{"request": fault.LostRequest, "reply": fault.LostReply} {
		for _, count := range []int{1, 100} {
			for skip := range 3 {
				s := newStack(t)
				in := s.workspace(t)
				all := []place{s.endpoint(t, s.old, in), s.endpoint(t, s.old, in), s.endpoint(t, s.old, in)}
				armed := s.AWS.Faults().Add(fault.Rule{Operation: transact, Skip: skip, Count: count, Effect: lost})
				_, err := s.service(s.both).Rewrap(t.Context(), operator, rewrap.Input{})
				if armed.Hits() == 0 || (err != nil) != (count > 1) {
					t.Errorf("lost %s %d, %d times: %d hits, %v", name, skip, count, armed.Hits(), err)
				}
				s.AWS.Faults().Clear()
				if got := s.run(t, rewrap.Input{}); got.Next != nil || got.Left != 0 {
					t.Errorf("afterwards: %+v", got)
				}
				for _, p := range all {
					s.opens(t, s.fresh, p)
					if diff := cmp.Diff([]string{"1 endpoint.create", "2 key.rewrap"}, s.actions(t, p)); diff != "" {
						t.Errorf("lost %s %d, %d times: entries (-want +got):\n%s", name, skip, count, diff)
					}
				}
			}
		}
	}
}

// A run ends before its function would be ended, and tells where to go on.
func TestEndsInTime(t *testing.T) {
	s := newStack(t)
	p := s.endpoint(t, s.old, s.workspace(t))
	short, cancel := context.WithTimeout(t.Context(), 4*time.Second) // less than it spares
	defer cancel()
	got, err := s.service(s.both).Rewrap(short, operator, rewrap.Input{})
	if err != nil || got.Next == nil || got.Done != 0 || got.Retire != nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got := s.run(t, rewrap.Input{From: got.Next}); got.Next != nil || got.Done != 1 {
		t.Errorf("went on to %+v", got)
	}
	s.opens(t, s.fresh, p)
}

// A place to go on from is one that a run of the same pass has given, and the size of a run has bounds.
func TestRefuses(t *testing.T) {
	s := newStack(t)
	at := rewrap.Position{Newest: s.newID, Kind: "endpoints", Counts: []rewrap.Count{}}
	with := func(change func(*rewrap.Position)) *rewrap.Position {
		changed := at
		change(&changed)
		return &changed
	}
	for name, tt := range map[string]struct {
		in   rewrap.Input
		want error
	}{
		"no work":                 {rewrap.Input{Limit: -1}, rewrap.ErrLimit},
		"too much work":           {rewrap.Input{Limit: 100_001}, rewrap.ErrLimit},
		"another newest key":      {rewrap.Input{From: with(func(p *rewrap.Position) { p.Newest = s.oldID })}, rewrap.ErrKeysChanged},
		"an unknown kind":         {rewrap.Input{From: with(func(p *rewrap.Position) { p.Kind = "wallets" })}, rewrap.ErrFrom},
		"a record of nobody":      {rewrap.Input{From: with(func(p *rewrap.Position) { p.After = "endpoint#" })}, rewrap.ErrFrom},
		"an endless owner":        {rewrap.Input{From: with(func(p *rewrap.Position) { p.Owner = strings.Repeat("a", 257) })}, rewrap.ErrFrom},
		"a count of no kind":      {rewrap.Input{From: with(func(p *rewrap.Position) { p.Counts = []rewrap.Count{{Key: "a"}} })}, rewrap.ErrFrom},
		"a count below zero":      {rewrap.Input{From: with(func(p *rewrap.Position) { p.Counts = []rewrap.Count{{Key: "a", Kind: "endpoints", Left: -1}} })}, rewrap.ErrFrom},
		"what a run gave is fine": {rewrap.Input{From: &at}, nil},
	} {
		if _, err := s.service(s.both).Rewrap(t.Context(), operator, tt.in); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// An operator's input is read strictly, and the answer is what the operator's guide shows.
func TestTask(t *testing.T) {
	s := newStack(t)
	s.endpoint(t, s.old, s.workspace(t))
	run := edge.BindTask(slog.New(slog.DiscardHandler), rewrap.TaskRewrap, s.service(s.both))
	for _, input := range []string{`{"from":null}`, `{"form":{}}`, `{"from":{"newest":"a","kind":"b"}}`, `{"limit":"1"}`, `[]`} {
		if _, err := run(t.Context(), "req_1", []byte(input)); ours.From(err).Kind != ours.Invalid {
			t.Errorf("%s: %v, want a fault of kind Invalid", input, err)
		}
	}
	got, err := run(t.Context(), "req_1", []byte(`{"limit":1}`))
	must(t, err)
	var answer struct{ Next json.RawMessage }
	must(t, json.Unmarshal(got, &answer))
	got, err = run(t.Context(), "req_2", []byte(`{"from":`+string(answer.Next)+`}`))
	must(t, err)
	want := `{"keys":[{"id":"` + s.newID + `","wrapped_id":"` + s.newWraps + `"},{"id":"` + s.oldID + `","wrapped_id":"` + s.oldWraps + `"}],` +
		`"done":1,"left":0,"counts":[{"key":"` + s.oldID + `","kind":"endpoints","done":1,"left":0}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

// The secrets that an endpoint has replaced are sealed anew with the present one, as long as they are stored, also those whose
// overlap is over: then nothing is left under the old key.
func TestEarlierSecretsAreSealedAnew(t *testing.T) {
	s := newStack(t)
	in := s.workspace(t)
	p := s.endpoint(t, s.old, in)
	owner := caller.Caller{Kind: caller.APIKey, ID: "key_1", Workspace: in}
	keys := []string{p.secret}
	for range 2 {
		made, err := s.endpoints(s.old).Rotate(t.Context(), owner, endpoint.RotateInput{Endpoint: p.id})
		must(t, err)
		keys = append([]string{made.Secret}, keys...)
	}
	if got := s.run(t, rewrap.Input{}); got.Done != 1 || got.Left != 0 || got.Failed != nil {
		t.Errorf("the pass came to %+v", got)
	}
	to, ok, err := s.endpoints(s.fresh).Destination(t.Context(), in, string(p.id))
	if err != nil || !ok || len(to.Keys) != 3 {
		t.Fatalf("with the new key alone: %d keys, %t, %v", len(to.Keys), ok, err)
	}
	for i, key := range to.Keys {
		if "whsec_"+base64.StdEncoding.EncodeToString(key.Expose()) != keys[i] {
			t.Errorf("secret %d is another one", i)
		}
	}
	s.Clock.Step(25 * time.Hour)
	made, err := s.endpoints(s.old).Rotate(t.Context(), owner, endpoint.RotateInput{Endpoint: s.endpoint(t, s.old, in).id})
	must(t, err)
	s.Clock.Step(25 * time.Hour) // its overlap is over
	if got := s.run(t, rewrap.Input{}); got.Done != 1 || got.Left != 0 {
		t.Errorf("of one that is over: %+v", got)
	}
	if got := s.run(t, rewrap.Input{}); !cmp.Equal([]string{s.oldID}, got.Retire) {
		t.Errorf("after it: %+v", got)
	}
	if item := s.item(t, place{in, made.ID, ""}); item["earlier_1"] == nil {
		t.Errorf("stored %v", item)
	}
}
