package secretdir_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/zenvault/zenvault/shared/secretdir"
)

// A device is refused before it is opened, since some do something when they are.
func TestReadDevice(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		path, d := open(t, o)
		const null = 1<<8 | 3
		if err := syscall.Mknod(filepath.Join(path, "key.pem"), syscall.S_IFCHR|0o600, null); err != nil {
			t.Log("NOT RUN: this user can't make a device:", err)
			return
		}
		if _, err := d.Read("key.pem"); !errors.Is(err, secretdir.ErrKind) {
			t.Errorf("got %v, want %v", err, secretdir.ErrKind)
		}
	})
}

// A file of another file system that is mounted onto an entry is refused.
func TestReadMountedOver(t *testing.T) {
	ways(t, func(t *testing.T, o secretdir.Options) {
		path, d := open(t, o)
		key, outside := filepath.Join(path, "key.pem"), filepath.Join("/dev/shm", "outside-"+filepath.Base(filepath.Dir(path)))
		write(t, key, "right")
		if err := os.WriteFile(outside, []byte(content), 0o600); err != nil {
			t.Log("NOT RUN: there is no /dev/shm:", err)
			return
		}
		defer os.Remove(outside)
		if err := syscall.Mount(outside, key, "", syscall.MS_BIND, ""); err != nil {
			t.Log("NOT RUN: this user can't mount:", err)
			return
		}
		defer syscall.Unmount(key, syscall.MNT_DETACH)
		if got, err := d.Read("key.pem"); !errors.Is(err, secretdir.ErrMount) {
			t.Errorf("got %q, %v, want %v", got, err, secretdir.ErrMount)
		}
	})
}
