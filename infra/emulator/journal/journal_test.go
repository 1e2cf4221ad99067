package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/journal"
)

func open(t *testing.T, path string, options ...journal.Option) (*journal.Journal, []string) {
	t.Helper()
	var records []string
	j, err := journal.Open(path, func(r []byte) error { records = append(records, string(r)); return nil }, options...)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { j.Close() })
	return j, records
}

func fill(t *testing.T, path string, records ...string) {
	t.Helper()
	j, _ := open(t, path)
	for _, r := range records {
		if err := j.Append([]byte(r)); err != nil {
			t.Fatalf("append %q: %v", r, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// What was appended comes back in order, the empty record too.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "journal")
	fill(t, path, "one", "", "three")
	fill(t, path, "four")
	_, got := open(t, path)
	if diff := cmp.Diff([]string{"one", "", "three", "four"}, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// However many bytes of the last record are missing, the others survive and appending goes on behind them.
func TestTornTailIsCut(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "journal")
	fill(t, whole, "first", "second")
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	frame := len("second") + 8
	for missing := 1; missing <= frame; missing++ {
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, data[:len(data)-missing], 0o600); err != nil {
			t.Fatal(err)
		}
		fill(t, path, "third")
		j, got := open(t, path)
		j.Close()
		if diff := cmp.Diff([]string{"first", "third"}, got); diff != "" {
			t.Errorf("%d bytes missing (-want +got):\n%s", missing, diff)
		}
	}
}

// The zeros that a file system leaves where a write never arrived are a torn tail.
func TestZeroTailIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	fill(t, path, "first")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	file.Write(make([]byte, 4096))
	file.Close()
	if _, got := open(t, path); !slices.Equal(got, []string{"first"}) {
		t.Errorf("records = %q, want the first only", got)
	}
}

// A flipped bit before the last record is not cut away together with the records behind it.
func TestDamageIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	fill(t, path, "first", "second")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[9] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = journal.Open(path, func([]byte) error { return nil })
	if !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("open = %v, want ErrDamaged", err)
	}
}

// A replay that refuses a record refuses the journal.
func TestReplayError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	fill(t, path, "first")
	want := errors.New("no such record")
	if _, err := journal.Open(path, func([]byte) error { return want }); !errors.Is(err, want) {
		t.Errorf("open = %v, want %v", err, want)
	}
	open(t, path)
}

// Two journals never write to one file.
func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	open(t, path)
	if _, err := journal.Open(path, func([]byte) error { return nil }); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("second open = %v, want ErrInUse", err)
	}
}

// A closed journal takes nothing, and closing it again is no error.
func TestClosed(t *testing.T) {
	j, _ := open(t, filepath.Join(t.TempDir(), "journal"))
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Fatalf("close twice: %v", err)
	}
	if err := j.Append([]byte("late")); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("append after close = %v, want ErrClosed", err)
	}
}

// A record beyond the limit is refused and leaves the journal usable.
func TestTooLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, _ := open(t, path)
	if err := j.Append(make([]byte, journal.MaxRecord+1)); err == nil {
		t.Error("a record beyond the limit was taken")
	}
	if err := j.Append([]byte("short")); err != nil {
		t.Errorf("append after it: %v", err)
	}
}

// Concurrent appends all arrive, with and without fsync.
func TestConcurrentAppends(t *testing.T) {
	for name, options := range map[string][]journal.Option{"sync": nil, "no sync": {journal.NoSync}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			j, _ := open(t, path, options...)
			var want []string
			var writers sync.WaitGroup
			for i := range 64 {
				record := fmt.Sprintf("%02d", i)
				want = append(want, record)
				writers.Go(func() {
					if err := j.Append([]byte(record)); err != nil {
						t.Errorf("append: %v", err)
					}
				})
			}
			writers.Wait()
			j.Close()
			_, got := open(t, path, options...)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// After Replace the journal holds the new records and what is appended later.
func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	fill(t, path, "old", "older")
	j, _ := open(t, path)
	if err := j.Replace(slices.Values([][]byte{[]byte("snapshot")})); err != nil {
		t.Fatalf("replace: %v", err)
	}
	if got, want := j.Size(), int64(8+len("snapshot")); got != want {
		t.Errorf("size = %d, want %d", got, want)
	}
	if err := j.Append([]byte("later")); err != nil {
		t.Fatalf("append: %v", err)
	}
	j.Close()
	if _, got := open(t, path); !slices.Equal(got, []string{"snapshot", "later"}) {
		t.Errorf("records = %q, want the snapshot and the later one", got)
	}
}

// Whatever bytes a file holds, opening it ends, and if it opens then a second time gives the same records.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "journal")
	j, err := journal.Open(path, func([]byte) error { return nil }, journal.NoSync)
	if err != nil {
		f.Fatal(err)
	}
	j.Append([]byte("one"))
	j.Append([]byte("two"))
	j.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), 0, 0, 0, 0, 0, 0, 0, 0, 0))
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var first []string
		j, err := journal.Open(path, func(r []byte) error { first = append(first, string(r)); return nil }, journal.NoSync)
		if err != nil {
			return
		}
		j.Close()
		_, second := open(t, path, journal.NoSync)
		if !slices.Equal(first, second) {
			t.Errorf("records = %q, then %q", first, second)
		}
	})
}
