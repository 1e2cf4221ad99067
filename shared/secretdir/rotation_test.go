package secretdir_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/secretdir"
)

// clock stands still until it is advanced.
type clock struct {
	mu   sync.Mutex
	past time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(c.past)
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past += by
}

// keeper is a directory with a key, and who changes it.
type keeper struct {
	*testing.T
	*secretdir.Dir
	path     string
	clock    *clock
	reported []error
}

func keep(t *testing.T) *keeper {
	t.Helper()
	k := &keeper{T: t, path: t.TempDir(), clock: &clock{}}
	k.put("key", string(pkcs8(t, firstKey())))
	k.Dir = openAt(t, k.path, secretdir.Options{Now: k.clock.now, Report: func(err error) { k.reported = append(k.reported, err) }})
	return k
}

// put replaces a file in one step.
func (k *keeper) put(name, text string) {
	k.Helper()
	fresh := filepath.Join(k.path, name+".fresh")
	write(k.T, fresh, text)
	must(k.T, os.Rename(fresh, filepath.Join(k.path, name)))
}

// announce writes the version, and lets the time pass until it is looked at.
func (k *keeper) announce(version string) {
	k.Helper()
	k.put(".version", version)
	k.clock.advance(secretdir.LookEvery)
}

// is asks for the key, with a version or without.
func (k *keeper) is(about, version, want string) {
	k.Helper()
	key, err := k.Key("key", version, rsa2048)
	if err != nil || key.Version() != want {
		k.Errorf("%s: got %.8s, %v, want %.8s", about, key.Version(), err, want)
	}
}

func (k *keeper) fails(about, version string, want error) {
	k.Helper()
	if key, err := k.Key("key", version, rsa2048); !errors.Is(err, want) {
		k.Errorf("%s: got %.8s, %v, want %v", about, key.Version(), err, want)
	}
}

// A key is read once, and again when the version file says so, at the next look: not by any request before it.
func TestVersionFile(t *testing.T) {
	k := keep(t)
	first, second := versionOf(firstKey()), versionOf(secondKey())
	k.is("at first", "", first)
	k.put("key", string(pkcs8(t, secondKey())))
	k.clock.advance(time.Hour)
	k.is("without a word", "", first)
	k.put(".version", "2")
	k.clock.advance(secretdir.LookEvery - 1)
	k.is("before the look", "", first)
	k.clock.advance(1)
	k.is("after it", "", second)
	k.put("key", string(pkcs8(t, firstKey())))
	k.clock.advance(time.Hour)
	k.is("the same version", "", second)
	must(t, os.Remove(filepath.Join(k.path, ".version")))
	k.clock.advance(secretdir.LookEvery)
	k.is("the version file is gone, which is another one", "", first)
}

// A key that was replaced is found by its version for the overlap, and longer where it is in the file of the previous one.
func TestOverlap(t *testing.T) {
	k := keep(t)
	first, second := versionOf(firstKey()), versionOf(secondKey())
	k.is("at first", "", first)
	k.put("key", string(pkcs8(t, secondKey())))
	k.announce("2")
	k.is("the new one", "", second)
	k.is("the new one by its version", second, second)
	k.is("the old one by its version", first, first)
	k.clock.advance(secretdir.Overlap - 1)
	k.is("at the end of the overlap", first, first)
	k.clock.advance(1)
	k.fails("after it", first, secretdir.ErrRetired)
	k.put("key.previous", string(pkcs8(t, firstKey())))
	k.clock.advance(secretdir.LookEvery)
	k.is("from the file of the previous one", first, first)
	k.is("the present one stays what it is", "", second)
	k.fails("a key that never was", versionOf(newEC()), secretdir.ErrRetired)
	must(t, os.Chmod(filepath.Join(k.path, "key.previous"), 0o640))
	k.clock.advance(secretdir.LookEvery)
	k.fails("a previous one that breaks a rule", first, secretdir.ErrMode)
}

// A file that is gone retires its key at the next look; what it signed can be signed again during the overlap.
func TestRetired(t *testing.T) {
	k := keep(t)
	first := versionOf(firstKey())
	k.is("at first", "", first)
	must(t, os.Remove(filepath.Join(k.path, "key")))
	k.is("without a word", "", first)
	k.announce("2")
	k.fails("retired", "", secretdir.ErrAbsent)
	k.is("by its version", first, first)
	k.clock.advance(secretdir.Overlap)
	k.fails("by its version, after the overlap", first, secretdir.ErrRetired)
	k.put("key", string(pkcs8(t, firstKey())))
	k.is("back again", "", first)
}

// A file that breaks a rule since a change is never used and told of at each look; the key before goes on for the overlap,
// and no longer.
func TestBroken(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, outside, string(pkcs8(t, secondKey())))
	for about, c := range map[string]struct {
		put  func(at string) error
		want error
	}{
		"a link":      {func(at string) error { return os.Symlink(outside, at) }, secretdir.ErrKind},
		"a hard link": {func(at string) error { return os.Link(outside, at) }, secretdir.ErrLinked},
		"no key":      {func(at string) error { return os.WriteFile(at, []byte("-----BEGIN"), 0o600) }, secretdir.ErrKey},
		"too open":    {func(at string) error { return os.WriteFile(at, pkcs8(t, secondKey()), 0o644) }, secretdir.ErrMode},
	} {
		t.Run(about, func(t *testing.T) {
			k := keep(t)
			first, file := versionOf(firstKey()), filepath.Join(k.path, "key")
			k.is("at first", "", first)
			replace(t, file, c.put)
			k.announce("2")
			k.is("after the look", "", first)
			k.is("and once more", "", first)
			if len(k.reported) != 1 || !errors.Is(k.reported[0], c.want) {
				t.Errorf("reported %v, want %v once", k.reported, c.want)
			}
			k.clock.advance(secretdir.LookEvery)
			k.is("at the next look", "", first)
			if len(k.reported) != 2 {
				t.Errorf("reported %v, want it twice", k.reported)
			}
			k.clock.advance(secretdir.Overlap)
			k.fails("after the overlap", "", c.want)
			must(t, os.Remove(file))
			k.put("key", string(pkcs8(t, secondKey())))
			k.is("mended", "", versionOf(secondKey()))
		})
	}
}

// A version file that breaks a rule is told of, and changes nothing.
func TestVersionFileIsHeldToTheRules(t *testing.T) {
	k := keep(t)
	first := versionOf(firstKey())
	k.is("at first", "", first)
	k.put("key", string(pkcs8(t, secondKey())))
	must(t, os.Symlink("/etc/hostname", filepath.Join(k.path, ".version")))
	k.clock.advance(secretdir.LookEvery)
	k.is("after the look", "", first)
	if len(k.reported) != 1 || !errors.Is(k.reported[0], secretdir.ErrKind) {
		t.Errorf("reported %v", k.reported)
	}
}

// After a signature that failed the key is read again without a new version, at most once a second.
func TestDoubt(t *testing.T) {
	k := keep(t)
	first, second := versionOf(firstKey()), versionOf(secondKey())
	k.is("at first", "", first)
	k.clock.advance(secretdir.DoubtEvery)
	k.put("key", string(pkcs8(t, secondKey())))
	k.is("without a doubt", "", first)
	k.Doubt("key", rsa2048)
	k.is("doubted", "", second)
	k.put("key", string(pkcs8(t, firstKey())))
	k.Doubt("key", rsa2048)
	k.is("doubted again at once", "", second)
	k.clock.advance(secretdir.DoubtEvery)
	k.is("a second later", "", first)
	k.Doubt("unknown", rsa2048)
}

// In a Kubernetes mount the data directory's name is the version; a process that was there before and one that comes
// afterwards give the same keys.
func TestKubernetesRotation(t *testing.T) {
	path, clock := t.TempDir(), &clock{}
	o := secretdir.Options{Mode: secretdir.Kubernetes, Now: clock.now}
	publish(t, path, "..1", string(pkcs8(t, firstKey())))
	for _, name := range []string{"key.pem", "key.pem.previous"} {
		must(t, os.Symlink("..data/"+name, filepath.Join(path, name)))
	}
	before := openAt(t, path, o)
	first, err := before.Key("key.pem", "", rsa2048)
	must(t, err)
	publish(t, path, "..2", string(pkcs8(t, secondKey())))
	write(t, filepath.Join(path, "..2", "key.pem.previous"), string(pkcs8(t, firstKey())))
	must(t, os.RemoveAll(filepath.Join(path, "..1")))
	clock.advance(secretdir.LookEvery)
	for about, d := range map[string]*secretdir.Dir{"before": before, "afterwards": openAt(t, path, o)} {
		present, err := d.Key("key.pem", "", rsa2048)
		if err != nil || present.Version() != versionOf(secondKey()) {
			t.Errorf("%s: got %.8s, %v", about, present.Version(), err)
		}
		old, err := d.Key("key.pem", first.Version(), rsa2048)
		must(t, err)
		a, _ := first.Sign(t.Context(), []byte("message"))
		b, _ := old.Sign(t.Context(), []byte("message"))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two signatures of one key differ", about)
		}
	}
}
