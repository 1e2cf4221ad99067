package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

var (
	errTaken = fault.New(fault.Conflict, "taken", "Taken.")
	errMoved = fault.New(fault.Conflict, "moved", "Moved.")
)

func start(t *testing.T) *ledger.Ledger {
	t.Helper()
	g, err := local.Start(t.Context(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g.Opened.Ledger
}

var who = caller.Caller{Kind: caller.Admin, ID: "adm_1", Via: "ses_1", Origin: caller.Origin{IP: "192.0.2.1", UserAgent: "test", RequestID: "req_1"}}

var thing = ledger.Key{PK: "workspace#thing", SK: "thing"}

func write(name string, prior ledger.Version) ledger.Change {
	return ledger.Change{
		By: who, Action: "thing.write", Target: audit.Target{Type: "thing", ID: "1"}, Workspace: "ws_1",
		After: audit.Fields{"name": name, "key": secret.NewText("canary")},
		Key:   thing, Prior: prior, Item: ledger.Item{"name": name}, Else: errMoved,
	}
}

// chain reads a target's entries, the oldest first.
func chain(t *testing.T, l *ledger.Ledger, target string) []audit.Entry {
	t.Helper()
	var entries []audit.Entry
	for after := ""; ; {
		page, err := l.Query(t.Context(), ledger.Query{Table: ledger.Audit, Partition: target, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			e, err := ledger.ParseEntry(item)
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, e)
			after = item["sk"].(string)
		}
		if !page.More {
			return entries
		}
	}
}

// A commit leaves the item and its entry, each naming the other, with everything that an auditor asks for.
func TestCommit(t *testing.T) {
	l := start(t)
	first, err := l.Commit(t.Context(), write("a", ledger.Version{}))
	if err != nil {
		t.Fatal(err)
	}
	second := write("b", first.Version)
	second.Before = audit.Fields{"name": "a", "key": secret.NewText("another canary")}
	receipt, err := l.Commit(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	entries := chain(t, l, "thing/1")
	if len(entries) != 2 {
		t.Fatalf("%d entries, want 2", len(entries))
	}
	item, err := l.GetOne(t.Context(), thing)
	if err != nil {
		t.Fatal(err)
	}
	if item.Version() != receipt.Version || item["name"] != "b" {
		t.Errorf("the item is %v", item)
	}
	want := audit.Entry{
		Actor: audit.Actor{Kind: caller.Admin, ID: "adm_1", Via: "ses_1"}, Action: "thing.write", Target: audit.Target{Type: "thing", ID: "1"},
		Workspace: "ws_1", Before: audit.Fields{"name": "a", "key": "[redacted]"}, After: audit.Fields{"name": "b", "key": "[redacted]"},
		IP: "192.0.2.1", UserAgent: "test", RequestID: "req_1", Version: 2, Prev: entries[0].Hash,
	}
	got := entries[1]
	if hash, _ := got.ComputeHash(); hash != got.Hash || hash != item.Version().Hash {
		t.Errorf("the entry hashes to %s, says %s, the item says %s", hash, got.Hash, item.Version().Hash)
	}
	if time.Since(got.Time) > time.Minute {
		t.Errorf("the entry is of %v", got.Time)
	}
	got.ID, got.Time, got.Hash = "", time.Time{}, ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A failed condition is the fault that stands beside it, gives the item in the way, and leaves nothing.
func TestRefusal(t *testing.T) {
	l := start(t)
	first, err := l.Commit(t.Context(), write("a", ledger.Version{}))
	if err != nil {
		t.Fatal(err)
	}
	other := ledger.Write{Key: ledger.Key{PK: "workspace#other", SK: "x"}, Put: ledger.Item{"n": int64(1)}, If: ledger.Absent(), Else: errTaken}
	if _, err := l.Commit(t.Context(), func() ledger.Change { c := write("b", first.Version); c.Also = []ledger.Write{other}; return c }()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func() ledger.Change
		want   *fault.Fault
		old    string
	}{
		{"exists already", func() ledger.Change { return write("c", ledger.Version{}) }, errMoved, "b"},
		{"has moved on", func() ledger.Change { return write("c", first.Version) }, errMoved, "b"},
		{"another item", func() ledger.Change {
			c := write("c", ledger.Version{Number: 2, Hash: "x"})
			c.Also = []ledger.Write{other}
			return c
		}, errTaken, ""},
	}
	for _, tt := range tests {
		_, err := l.Commit(t.Context(), tt.change())
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if old, _ := ledger.Old(err)["name"].(string); old != tt.old {
			t.Errorf("%s: %q stood in the way, want %q", tt.name, old, tt.old)
		}
	}
	if n := len(chain(t, l, "thing/1")); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

// A write without a condition, or without words for its failure, is not sent.
func TestHolesAreRefused(t *testing.T) {
	l := start(t)
	for name, hole := range map[string]ledger.Write{
		"no condition": {Key: thing, Put: ledger.Item{}, Else: errTaken},
		"no words":     {Key: thing, Put: ledger.Item{}, If: ledger.Absent()},
		"nothing":      {Key: thing, If: ledger.Absent(), Else: errTaken},
	} {
		c := write("a", ledger.Version{})
		hole.Key.PK = "workspace#hole"
		c.Also = []ledger.Write{hole}
		if _, err := l.Commit(t.Context(), c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	c := write("a", ledger.Version{})
	c.Else = nil
	if _, err := l.Commit(t.Context(), c); err == nil {
		t.Error("a target without words: taken")
	}
	if n := len(chain(t, l, "thing/1")); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
}

// Sixty-four writers on one item make versions without a gap or a fork, and the chain verifies.
func TestManyWriters(t *testing.T) {
	l := start(t)
	const writers = 64
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for {
				item, err := l.GetOne(t.Context(), thing)
				if err == nil {
					_, err = l.Commit(t.Context(), write(fmt.Sprint(n), item.Version()))
				}
				if err == nil {
					return
				}
				if !errors.Is(err, errMoved) && !errors.Is(err, ledger.ErrUnavailable) {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	entries, prev := chain(t, l, "thing/1"), ""
	if len(entries) != writers {
		t.Fatalf("%d entries, want %d", len(entries), writers)
	}
	for i, e := range entries {
		hash, err := e.ComputeHash()
		if err != nil || e.Version != int64(i+1) || e.Prev != prev || hash != e.Hash {
			t.Fatalf("entry %d: version %d, prev %s, hash %s", i, e.Version, e.Prev, e.Hash)
		}
		prev = e.Hash
	}
	item, err := l.GetOne(t.Context(), thing)
	if err != nil || item.Version().Hash != prev {
		t.Errorf("the item's hash is %s, the chain ends with %s, %v", item.Version().Hash, prev, err)
	}
}

// The same key with the same request is answered with the first reply, in parallel too; with another request, refused.
func TestOnce(t *testing.T) {
	l := start(t)
	by := who
	by.Once = caller.Once{Route: "thing-write", Key: "k", Input: "hash of the input"}
	change := func(n int) ledger.Change {
		c := write("a", ledger.Version{})
		c.By, c.Reply = by, map[string]int{"n": n}
		c.Key.PK, c.Target.ID = fmt.Sprintf("workspace#%d", n), fmt.Sprint(n)
		return c
	}
	var done, replayed int
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			_, err := l.Commit(t.Context(), change(n))
			mu.Lock()
			defer mu.Unlock()
			var again *ledger.Replayed
			switch {
			case err == nil:
				done++
			case errors.As(err, &again):
				replayed++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done != 1 || replayed != 19 {
		t.Errorf("%d done, %d replayed", done, replayed)
	}
	var again *ledger.Replayed
	if err := l.Replay(t.Context(), by); !errors.As(err, &again) {
		t.Errorf("got %v", err)
	}
	by.Once.Input = "hash of another input"
	if err := l.Replay(t.Context(), by); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Commit(t.Context(), change(99)); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("got %v", err)
	}
	by.ID = "adm_2"
	if err := l.Replay(t.Context(), by); err != nil {
		t.Errorf("another caller meets the key: %v", err)
	}
}

// A reply is kept as it is, without the escapes that make six bytes of one: many of them would not fit an item.
func TestReplyIsKeptPlain(t *testing.T) {
	l := start(t)
	once := who
	once.Once = caller.Once{Route: "r", Key: "k", Input: "i"}
	change := write("a", ledger.Version{})
	change.By, change.Reply = once, map[string]string{"note": "<&>"}
	if _, err := l.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	var again *ledger.Replayed
	if err := l.Replay(t.Context(), once); !errors.As(err, &again) || string(again.Reply) != `{"note":"<&>"}` {
		t.Errorf("%v, %s", err, again.Reply)
	}
}

// A key may be used again after its window, even if the database has not removed it yet.
func TestOnceExpires(t *testing.T) {
	l := start(t)
	now := time.Now()
	l.Now = func() time.Time { return now }
	c := write("a", ledger.Version{})
	c.By.Once = caller.Once{Route: "r", Key: "k", Input: "i"}
	if _, err := l.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	now = now.Add(ledger.ReplayWindow + time.Second)
	if err := l.Replay(t.Context(), c.By); err != nil {
		t.Errorf("got %v", err)
	}
	c.Key.PK, c.Target.ID = "workspace#2", "2"
	if _, err := l.Commit(t.Context(), c); err != nil {
		t.Errorf("got %v", err)
	}
}

// Denials of one kind are one entry a minute.
func TestDenials(t *testing.T) {
	l := start(t)
	now := time.Date(2026, 11, 24, 12, 0, 30, 0, time.UTC)
	l.Now = func() time.Time { return now }
	d := ledger.Denial{By: who, Action: "thing.write_denied", Subject: "thing/1", Why: "forbidden"}
	for range 10 {
		if err := l.Deny(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Minute)
	if err := l.Deny(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	for minute, want := range map[string]int{"20261124T1200Z": 1, "20261124T1201Z": 1, "20261124T1202Z": 0} {
		if got := len(chain(t, l, "denial/thing.write_denied#thing/1#"+minute)); got != want {
			t.Errorf("%s: %d entries, want %d", minute, got, want)
		}
	}
}

// Of many workers one gets the lease; it is free again when it ends; a moved item is not leased.
func TestLease(t *testing.T) {
	l := start(t)
	now := time.Now()
	l.Now = func() time.Time { return now }
	first, err := l.Commit(t.Context(), write("a", ledger.Version{}))
	if err != nil {
		t.Fatal(err)
	}
	lease := func(ctx context.Context, holder string) error {
		return l.Lease(ctx, thing, first.Version, holder, now.Add(time.Minute))
	}
	var got int
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			err := lease(t.Context(), fmt.Sprint(n))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got++
			} else if !errors.Is(err, ledger.ErrLeased) && !errors.Is(err, ledger.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got != 1 {
		t.Errorf("%d leases, want 1", got)
	}
	now = now.Add(time.Minute)
	if err := lease(t.Context(), "late"); err != nil {
		t.Errorf("the lease did not end: %v", err)
	}
	early := write("b", first.Version)
	early.If = ledger.Held("another")
	if _, err := l.Commit(t.Context(), early); !errors.Is(err, errMoved) {
		t.Errorf("finished without the lease: %v", err)
	}
	early.If = ledger.Held("late")
	if _, err := l.Commit(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := lease(t.Context(), "stale"); !errors.Is(err, ledger.ErrLeased) {
		t.Errorf("a stale worker got a lease: %v", err)
	}
}
