package secretdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/zenvault/zenvault/shared/secretdir"
)

const content = "-canary-4711-"

// ways are the two ways to open a file: by openat2, where the kernel has it, and without.
func ways(t *testing.T, test func(t *testing.T, o secretdir.Options)) {
	t.Helper()
	t.Run("openat2", func(t *testing.T) {
		_, d := open(t, secretdir.Options{})
		if !d.Bound() {
			if runtime.GOOS == "linux" {
				t.Log("NOT RUN: this kernel or sandbox has no openat2")
			}
			return
		}
		test(t, secretdir.Options{})
	})
	t.Run("portable", func(t *testing.T) { test(t, secretdir.Portable) })
}

func open(t *testing.T, o secretdir.Options) (string, *secretdir.Dir) {
	t.Helper()
	path := t.TempDir()
	return path, openAt(t, path, o)
}

func openAt(t *testing.T, path string, o secretdir.Options) *secretdir.Dir {
	t.Helper()
	d, err := secretdir.Open(path, o)
	must(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

// attack puts something under a name. "outside" is a private file of ours elsewhere.
type attack struct {
	about string
	put   func(t *testing.T, path, outside string)
	want  error
}

func file(mode os.FileMode, text string) func(*testing.T, string, string) {
	return func(t *testing.T, path, _ string) {
		write(t, path, text)
		must(t, os.Chmod(path, mode))
	}
}

func symlink(target string) func(*testing.T, string, string) {
	return func(t *testing.T, path, outside string) {
		must(t, os.Symlink(strings.ReplaceAll(target, "OUTSIDE", outside), path))
	}
}

var attacks = []attack{
	{"a private file", file(0o600, content), nil},
	{"one that its owner can only read", file(0o400, content), nil},
	{"one as large as allowed", file(0o600, strings.Repeat("x", 64<<10)), nil},
	{"one byte", file(0o600, "x"), nil},
	{"nothing there", func(*testing.T, string, string) {}, secretdir.ErrAbsent},
	{"an empty file", file(0o600, ""), secretdir.ErrSize},
	{"one byte too many", file(0o600, strings.Repeat("x", 64<<10+1)), secretdir.ErrSize},
	{"readable by the group", file(0o640, content), secretdir.ErrMode},
	{"readable by all", file(0o604, content), secretdir.ErrMode},
	{"writable by the group", file(0o620, content), secretdir.ErrMode},
	{"executable by all", file(0o601, content), secretdir.ErrMode},
	{"a link to a file outside", symlink("OUTSIDE"), secretdir.ErrKind},
	{"a link that climbs out", symlink("../../../../../../../../OUTSIDE"), secretdir.ErrKind},
	{"a link to a file beside it", symlink("real.pem"), secretdir.ErrKind},
	{"a link to itself", symlink("key.pem"), secretdir.ErrKind},
	{"a link to nothing", symlink("nothing"), secretdir.ErrKind},
	{"a link through proc", symlink("/proc/self/root/OUTSIDE"), secretdir.ErrKind},
	{"a directory", func(t *testing.T, path, _ string) { must(t, os.Mkdir(path, 0o700)) }, secretdir.ErrKind},
	{"a FIFO", func(t *testing.T, path, _ string) { must(t, syscall.Mkfifo(path, 0o600)) }, secretdir.ErrKind},
	{"a hard link to a file outside", func(t *testing.T, path, outside string) { must(t, os.Link(outside, path)) }, secretdir.ErrLinked},
	{"a hard link to a file beside it", func(t *testing.T, path, _ string) {
		must(t, os.Link(filepath.Join(filepath.Dir(path), "real.pem"), path))
	}, secretdir.ErrLinked},
}

// Only a private, regular, singly linked file directly inside the directory is read, whichever way it is opened; the
// refusal names the rule, and never the link's target or the file's content.
func TestReadRules(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		for _, a := range attacks {
			t.Run(a.about, func(t *testing.T) {
				path, d := open(t, o)
				outside := filepath.Join(t.TempDir(), "outside-target")
				write(t, outside, content)
				write(t, filepath.Join(path, "real.pem"), content)
				a.put(t, filepath.Join(path, "key.pem"), outside)
				got, err := d.Read("key.pem")
				if !errors.Is(err, a.want) || (err == nil) != (len(got) > 0) {
					t.Fatalf("got %d bytes, %v, want %v", len(got), err, a.want)
				}
				silent(t, err, path)
			})
		}
	})
}

// silent makes sure that a refusal names the rule alone.
func silent(t *testing.T, err error, path string) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), content) || strings.Contains(err.Error(), "outside") || strings.Contains(err.Error(), path)) {
		t.Errorf("the error tells too much: %v", err)
	}
}

// Another user's file is refused, unless it is root's, or that of the user whom the options name.
func TestReadOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("NOT RUN: only root can give a file away")
		return
	}
	ways(t, func(t *testing.T, o secretdir.Options) {
		path, d := open(t, o)
		write(t, filepath.Join(path, "key.pem"), content)
		must(t, os.Chown(filepath.Join(path, "key.pem"), 12345, 12345))
		if _, err := d.Read("key.pem"); !errors.Is(err, secretdir.ErrOwner) {
			t.Errorf("got %v, want %v", err, secretdir.ErrOwner)
		}
		o.Owner = 12345
		named, err := secretdir.Open(path, o)
		must(t, err)
		defer named.Close()
		if got, err := named.Read("key.pem"); err != nil || string(got) != content {
			t.Errorf("of the named owner: %q, %v", got, err)
		}
	})
}

// A name is lower-case letters, digits, dots, dashes and underscores: nothing that could walk.
func TestReadNames(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		path, d := open(t, o)
		must(t, os.Mkdir(filepath.Join(path, "sub"), 0o700))
		for _, name := range []string{"sub/key.pem", ".hidden", ".version", "UPPER.pem"} {
			write(t, filepath.Join(path, name), content)
		}
		for _, name := range []string{
			"", ".", "..", "../key.pem", "sub/key.pem", "/etc/passwd", ".hidden", ".version", "UPPER.pem", "key pem", "key\x00",
			"key.pem\n", "-key", "sub\\key.pem", "kéy", strings.Repeat("x", 65),
		} {
			if _, err := d.Read(name); !errors.Is(err, secretdir.ErrName) {
				t.Errorf("%q: got %v, want %v", name, err, secretdir.ErrName)
			}
			if _, err := d.Key(name, "", rsa2048); !errors.Is(err, secretdir.ErrName) {
				t.Errorf("the key %q: got %v, want %v", name, err, secretdir.ErrName)
			}
		}
	})
}

// What was opened is the file that was seen, and no other one, however good.
func TestReadReplaced(t *testing.T) {
	path := t.TempDir()
	dir, err := os.Stat(path)
	must(t, err)
	var seen [2]os.FileInfo
	for i, name := range []string{"a.pem", "b.pem"} {
		write(t, filepath.Join(path, name), content)
		seen[i], err = os.Lstat(filepath.Join(path, name))
		must(t, err)
	}
	if err := secretdir.Check(dir, seen[0], seen[0]); err != nil {
		t.Errorf("the same: %v", err)
	}
	if err := secretdir.Check(dir, seen[0], seen[1]); !errors.Is(err, secretdir.ErrMoved) {
		t.Errorf("another: got %v, want %v", err, secretdir.ErrMoved)
	}
	if err := secretdir.Check(dir, dir, dir); !errors.Is(err, secretdir.ErrKind) {
		t.Errorf("no file: got %v, want %v", err, secretdir.ErrKind)
	}
	for about, size := range map[string]int64{"empty": 0, "too large": 64<<10 + 1} {
		must(t, os.Truncate(filepath.Join(path, "a.pem"), size))
		sized, err := os.Stat(filepath.Join(path, "a.pem"))
		must(t, err)
		if err := secretdir.Check(dir, sized, sized); !errors.Is(err, secretdir.ErrSize) {
			t.Errorf("%s: got %v, want %v", about, err, secretdir.ErrSize)
		}
	}
}

// A directory that is not there is told at the start; one that is reached through a link is the operator's choice.
func TestOpen(t *testing.T) {
	if _, err := secretdir.Open(filepath.Join(t.TempDir(), "none"), secretdir.Options{}); err == nil {
		t.Error("a directory that is not there was opened")
	}
	path := t.TempDir()
	write(t, filepath.Join(path, "key.pem"), content)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(path, link))
	if got, err := openAt(t, link, secretdir.Options{}).Read("key.pem"); string(got) != content {
		t.Errorf("got %q, %v", got, err)
	}
}

// The mode is said, never guessed.
func TestParseMode(t *testing.T) {
	for text, want := range map[string]secretdir.Mode{"": secretdir.Plain, "plain": secretdir.Plain, "kubernetes": secretdir.Kubernetes} {
		if got, err := secretdir.ParseMode(text); got != want || err != nil {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	if _, err := secretdir.ParseMode("Kubernetes"); err == nil {
		t.Error("another spelling is taken")
	}
}

// A directory in which others can put one file in another's place is refused, however good its files are.
func TestOpenDirectory(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		for _, tt := range []struct {
			mode os.FileMode
			want error
		}{
			{0o700, nil}, {0o755, nil}, {0o770, secretdir.ErrMode}, {0o702, secretdir.ErrMode}, {0o777, secretdir.ErrMode},
			{0o777 | os.ModeSticky, secretdir.ErrMode},
		} {
			path := t.TempDir()
			must(t, os.Chmod(path, tt.mode))
			d, err := secretdir.Open(path, o)
			if !errors.Is(err, tt.want) {
				t.Errorf("%v: got %v, want %v", tt.mode, err, tt.want)
			}
			if err == nil {
				d.Close()
			}
		}
		if os.Geteuid() == 0 {
			path := t.TempDir()
			must(t, os.Chown(path, 12345, 12345))
			if _, err := secretdir.Open(path, o); !errors.Is(err, secretdir.ErrOwner) {
				t.Errorf("another user's: got %v", err)
			}
		}
	})
}
