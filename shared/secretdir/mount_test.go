package secretdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/secretdir"
)

// mount makes what kubelet makes of a Secret with one file.
func mount(t *testing.T, path string) {
	t.Helper()
	publish(t, path, "..2026_11_24_12_00_00.1234567890", content)
	must(t, os.Symlink("..data/key.pem", filepath.Join(path, "key.pem")))
}

// publish makes a data directory and moves ..data to it, as an update does.
func publish(t *testing.T, path, data, text string) {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(path, data), 0o755))
	write(t, filepath.Join(path, data, "key.pem"), text)
	must(t, os.Symlink(data, filepath.Join(path, "..data_tmp")))
	must(t, os.Rename(filepath.Join(path, "..data_tmp"), filepath.Join(path, "..data")))
}

func replace(t *testing.T, path string, put func(string) error) {
	t.Helper()
	must(t, os.RemoveAll(path))
	must(t, put(path))
}

const dataDirectory = "..2026_11_24_12_00_00.1234567890"

// In the mode for it, entries of exactly Kubernetes' shape are read, and everything else is refused: links of other shapes,
// files beside them, and in the data directory all that is refused in a plain one.
func TestKubernetesRules(t *testing.T) {
	link := func(target string) func(t *testing.T, path, outside string) {
		return func(t *testing.T, path, outside string) {
			replace(t, filepath.Join(path, "key.pem"), func(at string) error {
				return os.Symlink(strings.ReplaceAll(target, "OUTSIDE", outside), at)
			})
		}
	}
	cases := []attack{
		{"as kubelet makes it", func(*testing.T, string, string) {}, nil},
		{"an entry that is a file", func(t *testing.T, path, _ string) {
			replace(t, filepath.Join(path, "key.pem"), func(at string) error { return os.WriteFile(at, []byte(content), 0o600) })
		}, secretdir.ErrForm},
		{"an entry that leads outside", link("OUTSIDE"), secretdir.ErrForm},
		{"an entry that leads to the file itself", link(dataDirectory + "/key.pem"), secretdir.ErrForm},
		{"an entry that leads to another file", link("..data/other.pem"), secretdir.ErrForm},
		{"an entry that climbs", link("..data/../key.pem"), secretdir.ErrForm},
		{"an entry with a dot in its way", link("./..data/key.pem"), secretdir.ErrForm},
		{"no entry", func(t *testing.T, path, _ string) { must(t, os.Remove(filepath.Join(path, "key.pem"))) }, secretdir.ErrAbsent},
		{"no file", func(t *testing.T, path, _ string) {
			must(t, os.Remove(filepath.Join(path, dataDirectory, "key.pem")))
		}, secretdir.ErrAbsent},
	}
	for _, a := range attacks {
		if a.about == "nothing there" {
			continue
		}
		cases = append(cases, attack{"in the data directory: " + a.about, func(t *testing.T, path, outside string) {
			must(t, os.Remove(filepath.Join(path, dataDirectory, "key.pem")))
			write(t, filepath.Join(path, dataDirectory, "real.pem"), content)
			a.put(t, filepath.Join(path, dataDirectory, "key.pem"), outside)
		}, a.want})
	}
	ways(t, func(t *testing.T, o secretdir.Options) {
		o.Mode = secretdir.Kubernetes
		for _, c := range cases {
			t.Run(c.about, func(t *testing.T) {
				path, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside-target")
				write(t, outside, content)
				mount(t, path)
				write(t, filepath.Join(path, dataDirectory, "other.pem"), content)
				c.put(t, path, outside)
				got, err := openAt(t, path, o).Read("key.pem")
				if !errors.Is(err, c.want) || (err == nil) != (len(got) > 0) {
					t.Fatalf("got %d bytes, %v, want %v", len(got), err, c.want)
				}
				silent(t, err, path)
			})
		}
	})
}

// The data directory is beside the link, by its plain name, a directory, root's or our own, and nobody else may write to it;
// otherwise nothing opens.
func TestKubernetesData(t *testing.T) {
	data := func(put func(at, outside string) error) func(*testing.T, string, string) {
		return func(t *testing.T, path, outside string) {
			replace(t, filepath.Join(path, "..data"), func(at string) error { return put(at, outside) })
		}
	}
	cases := []attack{
		{"none", func(t *testing.T, path, _ string) { must(t, os.Remove(filepath.Join(path, "..data"))) }, secretdir.ErrAbsent},
		{"outside", data(func(at, outside string) error { return os.Symlink(outside, at) }), secretdir.ErrForm},
		{"above", data(func(at, _ string) error { return os.Symlink("..", at) }), secretdir.ErrForm},
		{"above and back", data(func(at, outside string) error { return os.Symlink("../"+filepath.Base(outside), at) }), secretdir.ErrForm},
		{"itself", data(func(at, _ string) error { return os.Symlink("..data", at) }), secretdir.ErrForm},
		{"another name", data(func(at, _ string) error { return os.Symlink("plain", at) }), secretdir.ErrForm},
		{"a directory, no link", data(func(at, _ string) error { return os.Mkdir(at, 0o755) }), secretdir.ErrForm},
		{"a directory in a directory", func(t *testing.T, path, _ string) {
			must(t, os.MkdirAll(filepath.Join(path, "..2", "sub"), 0o755))
			replace(t, filepath.Join(path, "..data"), func(at string) error { return os.Symlink("..2/sub", at) })
		}, secretdir.ErrForm},
		{"a link to a link", func(t *testing.T, path, outside string) {
			must(t, os.Symlink(outside, filepath.Join(path, "..2")))
			replace(t, filepath.Join(path, "..data"), func(at string) error { return os.Symlink("..2", at) })
		}, secretdir.ErrForm},
		{"a link to a file", func(t *testing.T, path, _ string) {
			write(t, filepath.Join(path, "..2"), content)
			replace(t, filepath.Join(path, "..data"), func(at string) error { return os.Symlink("..2", at) })
		}, secretdir.ErrForm},
		{"a link to nothing", data(func(at, _ string) error { return os.Symlink("..2", at) }), secretdir.ErrAbsent},
		{"one that others may write to", func(t *testing.T, path, _ string) {
			must(t, os.Chmod(filepath.Join(path, dataDirectory), 0o777))
		}, secretdir.ErrMode},
	}
	ways(t, func(t *testing.T, o secretdir.Options) {
		o.Mode = secretdir.Kubernetes
		for _, c := range cases {
			t.Run(c.about, func(t *testing.T) {
				path, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside-target")
				must(t, os.Mkdir(outside, 0o700))
				write(t, filepath.Join(outside, "key.pem"), content)
				mount(t, path)
				c.put(t, path, outside)
				d, err := secretdir.Open(path, o)
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if err == nil {
					d.Close()
				}
				silent(t, err, path)
			})
		}
	})
}

// In a plain directory the same links are links, and refused.
func TestKubernetesIsNeverGuessed(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		path, d := open(t, o)
		mount(t, path)
		if _, err := d.Read("key.pem"); !errors.Is(err, secretdir.ErrKind) {
			t.Errorf("got %v, want %v", err, secretdir.ErrKind)
		}
	})
}

// What was pinned stays: when ..data moves, the old files are read until the next look, whatever the link says; then the
// new ones, with the old directory gone.
func TestKubernetesIsPinned(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		path, clock := t.TempDir(), &clock{}
		o.Mode, o.Now = secretdir.Kubernetes, clock.now
		mount(t, path)
		d := openAt(t, path, o)
		publish(t, path, "..3", "new")
		if got, err := d.Read("key.pem"); string(got) != content {
			t.Errorf("before the look: got %q, %v", got, err)
		}
		must(t, os.RemoveAll(filepath.Join(path, dataDirectory)))
		clock.advance(secretdir.LookEvery)
		_, _ = d.Key("key.pem", "", rsa2048) // looks
		if got, err := d.Read("key.pem"); string(got) != "new" {
			t.Errorf("after the look: got %q, %v", got, err)
		}
	})
}
