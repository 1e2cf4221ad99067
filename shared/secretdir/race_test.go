package secretdir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/secretdir"
)

// raceFor is how long an entry is swapped under the readers, in each way; longer on a busy machine, until enough has
// happened.
const (
	raceFor   = 2 * time.Second
	raceLimit = time.Minute
	enough    = 100
)

// racing reports whether a race goes on.
func racing(start time.Time, counts ...*atomic.Int64) bool {
	for _, n := range counts {
		if n.Load() < enough && time.Since(start) < raceLimit {
			return true
		}
	}
	return time.Since(start) < raceFor
}

// While an entry is by turns the key, a link to a file outside, a hard link to it, a FIFO, a link to a file beside it and
// nothing, the readers get the key or a refusal, and nothing else ever.
func TestReadRace(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		t.Parallel()
		path, d := open(t, o)
		outside := filepath.Join(t.TempDir(), "outside")
		write(t, outside, "canary-outside")
		write(t, filepath.Join(path, "beside.pem"), "canary-beside")
		start := time.Now()
		var swaps, right, refused atomic.Int64
		var all sync.WaitGroup
		all.Go(func() {
			for ; racing(start, &swaps, &right, &refused); swaps.Add(1) {
				swap(path, outside, int(swaps.Load()))
			}
		})
		for range 3 {
			all.Go(func() {
				for racing(start, &swaps, &right, &refused) {
					got, err := d.Read("key.pem")
					switch {
					case err != nil:
						refused.Add(1)
					case string(got) == "right":
						right.Add(1)
					default:
						t.Errorf("read %q", got)
						return
					}
				}
			})
		}
		all.Wait()
		t.Logf("%d swaps, %d times the key, %d refusals", swaps.Load(), right.Load(), refused.Load())
		if swaps.Load() < enough || right.Load() < enough || refused.Load() < enough {
			t.Error("the race was none")
		}
	})
}

// swap puts the next thing in the entry's place in one step. Errors do not matter: then the entry is what it was.
func swap(path, outside string, turn int) {
	key, fresh := filepath.Join(path, "key.pem"), filepath.Join(path, fmt.Sprint("fresh", turn%2))
	os.Remove(fresh)
	switch turn % 8 {
	case 1:
		os.Symlink(outside, fresh)
	case 2:
		os.Link(outside, fresh)
	case 3:
		syscall.Mkfifo(fresh, 0o600)
	case 5:
		os.Symlink("beside.pem", fresh)
	case 6:
		os.Remove(key)
		return
	default:
		os.WriteFile(fresh, []byte("right"), 0o600)
	}
	os.Rename(fresh, key)
}

// A hard link that comes and goes as fast as it can is never taken for a file with one link: what the count says and what
// the name says are looked at one after the other.
func TestHardLinkRace(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		t.Parallel()
		path, d := open(t, o)
		outside := filepath.Join(t.TempDir(), "outside")
		write(t, outside, "canary-outside")
		start := time.Now()
		var swaps, refused atomic.Int64
		var all sync.WaitGroup
		all.Go(func() {
			for key := filepath.Join(path, "key.pem"); racing(start, &swaps, &refused); swaps.Add(1) {
				syscall.Link(outside, key)
				syscall.Unlink(key)
			}
		})
		for ; racing(start, &swaps, &refused); refused.Add(1) {
			if got, err := d.Read("key.pem"); err == nil {
				t.Errorf("read %q", got)
				break
			}
		}
		all.Wait()
		if swaps.Load() < enough || refused.Load() < enough {
			t.Error("the race was none")
		}
	})
}
