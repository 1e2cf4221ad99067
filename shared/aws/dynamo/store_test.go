package dynamo_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	ours "github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

const transact = "DynamoDB_20120810.TransactWriteItems"

var (
	errMoved = ours.New(ours.Conflict, "moved", "Moved.")
	target   = audit.Target{Type: "thing", ID: "1"}
	thing    = ledger.Key{PK: "workspace#thing", SK: "thing"}
)

func change(prior ledger.Version) ledger.Change {
	return ledger.Change{By: caller.Worker("test", "1"), Action: "thing.write", Target: target, After: audit.Fields{"a": "b"},
		Key: thing, Prior: prior, Item: ledger.Item{"n": int64(1)}, Else: errMoved}
}

// Whatever is lost on the way, a commit is done once: one item, one entry.
func TestLostCalls(t *testing.T) {
	effects := map[string]fault.Effect{
		"request": fault.LostRequest, "reply": fault.LostReply, "throttled": fault.Throttled, "conflict": fault.Conflict(0),
	}
	for name, effect := range effects {
		t.Run(name, func(t *testing.T) {
			v := vaulttest.New(t)
			armed := v.AWS.Faults().Add(fault.Rule{Operation: transact, Count: 2, Effect: effect})
			receipt, err := v.Ledger.Commit(t.Context(), change(ledger.Version{}))
			if err != nil {
				t.Fatal(err)
			}
			if armed.Hits() != 2 {
				t.Errorf("%d calls were hit, want 2", armed.Hits())
			}
			if entries := v.Trail(t, target); len(entries) != 1 || entries[0].Hash != receipt.Version.Hash {
				t.Errorf("the trail is %+v", entries)
			}
			if item, err := v.Ledger.GetOne(t.Context(), thing); err != nil || item.Version() != receipt.Version {
				t.Errorf("got %v, %v", item, err)
			}
		})
	}
}

// When no answer comes at all, it is said that the outcome is not known; and the next look tells it.
func TestOutcomeUnknown(t *testing.T) {
	tests := []struct {
		name   string
		effect fault.Effect
		done   bool
	}{{"never arrived", fault.LostRequest, false}, {"was done", fault.LostReply, true}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := vaulttest.New(t)
			v.AWS.Faults().Add(fault.Rule{Operation: transact, Effect: tt.effect})
			if _, err := v.Ledger.Commit(t.Context(), change(ledger.Version{})); !errors.Is(err, ledger.ErrOutcomeUnknown) {
				t.Fatalf("got %v", err)
			}
			v.AWS.Faults().Clear()
			item, err := v.Ledger.GetOne(t.Context(), thing)
			if err != nil || (item != nil) != tt.done || (len(v.Trail(t, target)) == 1) != tt.done {
				t.Errorf("got %v, %v and %d entries", item, err, len(v.Trail(t, target)))
			}
		})
	}
}

// A transaction that always meets another one gives up in a bounded number of tries, and says that nothing was written.
func TestConflictsEnd(t *testing.T) {
	v := vaulttest.New(t)
	armed := v.AWS.Faults().Add(fault.Rule{Operation: transact, Effect: fault.Conflict(1)})
	if _, err := v.Ledger.Commit(t.Context(), change(ledger.Version{})); !errors.Is(err, ledger.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	if armed.Hits() != 8 {
		t.Errorf("%d tries, want 8", armed.Hits())
	}
}

// Every kind of value comes back as it was stored.
func TestValues(t *testing.T) {
	v := vaulttest.New(t)
	want := ledger.Item{"text": "é", "empty": "", "int": int64(-9007199254740991), "yes": true, "bytes": []byte{0, 255}, "texts": []string{"b", "a"},
		"none": []string{}, "map": ledger.Item{"x": "y"}, "bare": ledger.Item{}, "maps": []ledger.Item{{"n": int64(1)}, {}}}
	c := change(ledger.Version{})
	c.Item = want
	if _, err := v.Ledger.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	got, err := v.Ledger.GetOne(t.Context(), thing)
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"pk", "sk", "version", "audit_hash"} {
		delete(got, own)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A value that has no stored form is refused before anything is sent.
func TestValuesRefused(t *testing.T) {
	v := vaulttest.New(t)
	for name, value := range map[string]any{"int": 1, "float": 1.5, "nil": nil, "struct": struct{}{}} {
		c := change(ledger.Version{})
		c.Item = ledger.Item{"a": value}
		if _, err := v.Ledger.Commit(t.Context(), c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if entries := v.Trail(t, target); len(entries) != 0 {
		t.Errorf("the trail is %+v", entries)
	}
}

// A batch comes back in the order asked for, with nil where nothing is.
func TestGetOrder(t *testing.T) {
	v := vaulttest.New(t)
	if _, err := v.Ledger.Commit(t.Context(), change(ledger.Version{})); err != nil {
		t.Fatal(err)
	}
	items, err := v.Ledger.Get(t.Context(), ledger.Key{PK: "workspace#a", SK: "x"}, thing, ledger.Key{PK: "workspace#b", SK: "x"})
	if err != nil || len(items) != 3 || items[0] != nil || items[1]["n"] != int64(1) || items[2] != nil {
		t.Errorf("got %v, %v", items, err)
	}
}

// Every bound of a query keeps to its partition, prefix and place.
func TestQuery(t *testing.T) {
	v := vaulttest.New(t)
	for _, sk := range []string{"a#1", "a#2", "a#3", "b#1"} {
		c := change(ledger.Version{})
		c.Key, c.Target.ID = ledger.Key{PK: "workspace#p", SK: sk}, sk
		if _, err := v.Ledger.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		q    ledger.Query
		want []string
		more bool
	}{
		{"all", ledger.Query{}, []string{"a#1", "a#2", "a#3", "b#1"}, false},
		{"newest", ledger.Query{Newest: true}, []string{"b#1", "a#3", "a#2", "a#1"}, false},
		{"prefix", ledger.Query{Prefix: "a#"}, []string{"a#1", "a#2", "a#3"}, false},
		{"after", ledger.Query{After: "a#2"}, []string{"a#3", "b#1"}, false},
		{"after, newest", ledger.Query{After: "a#3", Newest: true}, []string{"a#2", "a#1"}, false},
		{"prefix and after", ledger.Query{Prefix: "a#", After: "a#1"}, []string{"a#2", "a#3"}, false},
		{"limit", ledger.Query{Limit: 2}, []string{"a#1", "a#2"}, true},
		{"another partition", ledger.Query{Partition: "workspace#q"}, nil, false},
	}
	for _, tt := range tests {
		if tt.q.Partition == "" {
			tt.q.Partition = "workspace#p"
		}
		page, err := v.Ledger.Query(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range page.Items {
			got = append(got, item["sk"].(string))
		}
		if !slices.Equal(got, tt.want) || page.More != tt.more {
			t.Errorf("%s: got %v, more %v", tt.name, got, page.More)
		}
	}
	for name, q := range map[string]ledger.Query{"no such index": {Index: "x"}, "three bounds": {Prefix: "a", After: "a", Newest: true}} {
		if _, err := v.Ledger.Query(t.Context(), q); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// What DynamoDB refuses for good, such as a table that is not there, is a defect of ours and not a moment's trouble: no
// client is told to retry it.
func TestPermanentRefusals(t *testing.T) {
	v := vaulttest.New(t)
	store := v.World.Store()
	store.Vault, store.Audit = "nowhere", "nowhere"
	broken := &ledger.Ledger{Store: store, Now: v.Ledger.Now, Random: v.Ledger.Random}
	_, errRead := broken.GetOne(t.Context(), thing)
	_, errBatch := broken.Get(t.Context(), thing, ledger.Key{PK: "a", SK: "b"})
	_, errQuery := broken.Query(t.Context(), ledger.Query{Partition: thing.PK})
	_, errWrite := broken.Commit(t.Context(), change(ledger.Version{}))
	for about, err := range map[string]error{"read": errRead, "batch": errBatch, "query": errQuery, "write": errWrite} {
		if f := ours.From(err); err == nil || f.Kind != ours.Internal {
			t.Errorf("%s: %v is told as %s", about, err, f.Code)
		}
	}
}
