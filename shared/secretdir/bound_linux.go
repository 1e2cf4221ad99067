package secretdir

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// bounds are what the kernel holds a lookup to: no way out of the directory, no link, no link of /proc, no other mount
// (openat2(2), Linux 5.6).
const bounds = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// kernelBinds tries openat2 on the directory itself: an old kernel does not have it, and a sandbox may refuse it.
func kernelBinds(dir *os.File) bool {
	self, err := openat2(dir, ".", unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return false
	}
	self.Close()
	return true
}

func openBound(dir *os.File, name string) (*os.File, error) {
	return openat2(dir, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
}

func openat2(dir *os.File, name string, flags uint64) (*os.File, error) {
	const tries = 5 // a signal or a rename elsewhere may interrupt it
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC | unix.O_NOFOLLOW, Resolve: bounds}
	var fd int
	var err error
	for range tries {
		if fd, err = unix.Openat2(int(dir.Fd()), name, &how); err == nil {
			return os.NewFile(uintptr(fd), name), nil
		}
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			break
		}
	}
	return nil, err
}

var errProc = errors.New("/proc is not there, which tells whether a file still is")

// attached makes sure that the name which a file was opened by was not taken away since. The kernel says so of the open
// file itself (proc(5), /proc/pid/fd); a look at the directory would find another link that was put there meanwhile.
//
// An unlink first lowers the count of links and then lets go of the name, under the directory's lock; so the lock is waited
// for in between, as listing the directory does: whose count was lowered before is without its name afterwards.
func attached(dir, file *os.File) error {
	var entries [512]byte
	_, _ = unix.Getdents(int(dir.Fd()), entries[:]) // for its lock; what it lists, and whether it can, means nothing
	path, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(file.Fd())))
	if err != nil {
		return errProc
	}
	if strings.HasSuffix(path, " (deleted)") {
		return ErrMoved
	}
	return nil
}
