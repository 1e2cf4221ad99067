package secretdir_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/zenvault/zenvault/shared/secretdir"
)

const content = "-canary-4711-"

func open(t *testing.T) (string, *secretdir.Dir) {
	t.Helper()
	path := t.TempDir()
	d, err := secretdir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return path, d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Only a private, regular, singly linked file directly inside the directory is read; the refusal names the rule, and
// never the link's target or the file's content.
func TestReadRules(t *testing.T) {
	file := func(mode os.FileMode, text string) func(*testing.T, string, string) {
		return func(t *testing.T, path, _ string) {
			must(t, os.WriteFile(path, []byte(text), 0o600))
			must(t, os.Chmod(path, mode))
		}
	}
	link := func(target string) func(*testing.T, string, string) {
		return func(t *testing.T, path, outside string) {
			must(t, os.Symlink(strings.ReplaceAll(target, "OUTSIDE", outside), path))
		}
	}
	cases := []struct {
		about string
		name  string
		put   func(t *testing.T, path, outside string)
		want  error
	}{
		{"a private file", "key.pem", file(0o600, content), nil},
		{"one that its owner can only read", "key.pem", file(0o400, content), nil},
		{"one as large as allowed", "key.pem", file(0o600, strings.Repeat("x", 64<<10)), nil},
		{"one byte", "key.pem", file(0o600, "x"), nil},
		{"nothing there", "key.pem", nil, secretdir.ErrAbsent},
		{"an empty file", "key.pem", file(0o600, ""), secretdir.ErrSize},
		{"one byte too many", "key.pem", file(0o600, strings.Repeat("x", 64<<10+1)), secretdir.ErrSize},
		{"readable by the group", "key.pem", file(0o640, content), secretdir.ErrMode},
		{"readable by all", "key.pem", file(0o604, content), secretdir.ErrMode},
		{"writable by the group", "key.pem", file(0o620, content), secretdir.ErrMode},
		{"executable by all", "key.pem", file(0o601, content), secretdir.ErrMode},
		{"a link to a file outside", "key.pem", link("OUTSIDE"), secretdir.ErrKind},
		{"a link to a file beside it", "key.pem", link("real.pem"), secretdir.ErrKind},
		{"a link to itself", "key.pem", link("key.pem"), secretdir.ErrKind},
		{"a link to nothing", "key.pem", link("nothing"), secretdir.ErrKind},
		{"a link through proc", "key.pem", link("/proc/self/root/etc/hostname"), secretdir.ErrKind},
		{"a directory", "key.pem", func(t *testing.T, path, _ string) { must(t, os.Mkdir(path, 0o700)) }, secretdir.ErrKind},
		{"a FIFO", "key.pem", func(t *testing.T, path, _ string) { must(t, syscall.Mkfifo(path, 0o600)) }, secretdir.ErrKind},
		{"a hard link to a file outside", "key.pem", func(t *testing.T, path, outside string) {
			must(t, os.Link(outside, path))
		}, secretdir.ErrLinked},
		{"a hard link to a file beside it", "key.pem", func(t *testing.T, path, _ string) {
			must(t, os.Link(filepath.Join(filepath.Dir(path), "real.pem"), path))
		}, secretdir.ErrLinked},
	}
	for _, c := range cases {
		t.Run(c.about, func(t *testing.T) {
			path, d := open(t)
			outside := filepath.Join(t.TempDir(), "outside-target")
			must(t, os.WriteFile(outside, []byte(content), 0o600))
			must(t, os.WriteFile(filepath.Join(path, "real.pem"), []byte(content), 0o600))
			if c.put != nil {
				c.put(t, filepath.Join(path, c.name), outside)
			}
			got, err := d.Read(c.name)
			if !errors.Is(err, c.want) || (err == nil) != (len(got) > 0) {
				t.Fatalf("got %d bytes, %v, want %v", len(got), err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), content) || strings.Contains(err.Error(), "outside") ||
				strings.Contains(err.Error(), path)) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

// Another user's file is refused, unless it is root's.
func TestReadOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("NOT RUN: only root can give a file away")
		return
	}
	path, d := open(t)
	must(t, os.WriteFile(filepath.Join(path, "key.pem"), []byte(content), 0o600))
	must(t, os.Chown(filepath.Join(path, "key.pem"), 12345, 12345))
	if _, err := d.Read("key.pem"); !errors.Is(err, secretdir.ErrOwner) {
		t.Errorf("got %v, want %v", err, secretdir.ErrOwner)
	}
}

// A name is lower-case letters, digits, dots, dashes and underscores: nothing that could walk.
func TestReadNames(t *testing.T) {
	path, d := open(t)
	must(t, os.Mkdir(filepath.Join(path, "sub"), 0o700))
	must(t, os.WriteFile(filepath.Join(path, "sub", "key.pem"), []byte(content), 0o600))
	must(t, os.WriteFile(filepath.Join(path, ".hidden"), []byte(content), 0o600))
	must(t, os.WriteFile(filepath.Join(path, "UPPER.pem"), []byte(content), 0o600))
	for _, name := range []string{
		"", ".", "..", "../key.pem", "sub/key.pem", "/etc/passwd", ".hidden", "UPPER.pem", "key pem", "key\x00", "key.pem\n", "-key",
		"sub\\key.pem", "kéy", strings.Repeat("x", 65),
	} {
		if _, err := d.Read(name); !errors.Is(err, secretdir.ErrName) {
			t.Errorf("%q: got %v, want %v", name, err, secretdir.ErrName)
		}
	}
}

// What was opened is the file that was seen, and no other one, however good.
func TestReadReplaced(t *testing.T) {
	path := t.TempDir()
	var seen [2]os.FileInfo
	for i, name := range []string{"a.pem", "b.pem"} {
		file := filepath.Join(path, name)
		must(t, os.WriteFile(file, []byte(content), 0o600))
		var err error
		seen[i], err = os.Lstat(file)
		must(t, err)
	}
	if err := secretdir.Check(seen[0], seen[0]); err != nil {
		t.Errorf("the same: %v", err)
	}
	if err := secretdir.Check(seen[0], seen[1]); !errors.Is(err, secretdir.ErrMoved) {
		t.Errorf("another: got %v, want %v", err, secretdir.ErrMoved)
	}
}

// While a file and a link take each other's place all the time, the link is never read through.
func TestReadSwapped(t *testing.T) {
	path, d := open(t)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("outside"), 0o600))
	inside := filepath.Join(path, "inside.pem")
	must(t, os.WriteFile(inside, []byte("inside"), 0o600))
	key := filepath.Join(path, "key.pem")
	stop, done := make(chan struct{}), sync.WaitGroup{}
	done.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			fresh := filepath.Join(path, fmt.Sprintf("fresh%d", i%2))
			if i%2 == 0 {
				os.Symlink([]string{outside, "inside.pem"}[i/2%2], fresh)
			} else {
				os.WriteFile(fresh, []byte("right"), 0o600)
			}
			os.Rename(fresh, key)
		}
	})
	for range 20_000 {
		if got, err := d.Read("key.pem"); err == nil && string(got) != "right" {
			t.Errorf("read %q through a link", got)
			break
		}
	}
	close(stop)
	done.Wait()
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	must(t, err)
	return key
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// A key is one RSA private key of the right size; its signatures verify, and nothing prints it.
func TestRSA(t *testing.T) {
	good, other := rsaKey(t, 2048), rsaKey(t, 3072)
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(good)})
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&good.PublicKey)})
	headers := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"},
		Bytes: x509.MarshalPKCS1PrivateKey(good)})
	cases := []struct {
		about string
		text  []byte
		want  error
	}{
		{"PKCS #8", pkcs8(t, good), nil},
		{"PKCS #1", pkcs1, nil},
		{"white space around it", []byte("\n\n" + string(pkcs1) + "\n"), nil},
		{"3072 bits", pkcs8(t, other), secretdir.ErrBits},
		{"two blocks", append(pkcs8(t, good), pkcs1...), secretdir.ErrKey},
		{"text before it", append([]byte("hello\n"), pkcs1...), secretdir.ErrKey},
		{"text after it", append(bytes.Clone(pkcs1), "hello"...), secretdir.ErrKey},
		{"headers", headers, secretdir.ErrKey},
		{"a public key", public, secretdir.ErrKey},
		{"no PEM", []byte(content), secretdir.ErrKey},
		{"cut short", pkcs1[:len(pkcs1)/2], secretdir.ErrKey},
	}
	for _, c := range cases {
		t.Run(c.about, func(t *testing.T) {
			path, d := open(t)
			must(t, os.WriteFile(filepath.Join(path, "key.pem"), c.text, 0o600))
			key, err := d.RSA("key.pem", 2048)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			signature, err := key.Sign(context.Background(), []byte("message"))
			must(t, err)
			sum := sha256.Sum256([]byte("message"))
			must(t, rsa.VerifyPKCS1v15(&good.PublicKey, crypto.SHA256, sum[:], signature))
			if shown := fmt.Sprintf("%v %+v %#v", key, key, d); strings.Contains(shown, good.D.String()[:20]) {
				t.Error("the key can be printed")
			}
		})
	}
}

// A key is read once a process; a failure is not remembered.
func TestRSAIsCached(t *testing.T) {
	path, d := open(t)
	if _, err := d.RSA("key.pem", 2048); !errors.Is(err, secretdir.ErrAbsent) {
		t.Fatalf("got %v, want %v", err, secretdir.ErrAbsent)
	}
	file := filepath.Join(path, "key.pem")
	must(t, os.WriteFile(file, pkcs8(t, rsaKey(t, 2048)), 0o600))
	first, err := d.RSA("key.pem", 2048)
	must(t, err)
	must(t, os.Remove(file))
	second, err := d.RSA("key.pem", 2048)
	must(t, err)
	a, _ := first.Sign(context.Background(), []byte("message"))
	b, _ := second.Sign(context.Background(), []byte("message"))
	if !bytes.Equal(a, b) {
		t.Error("two signatures of one message differ")
	}
}
