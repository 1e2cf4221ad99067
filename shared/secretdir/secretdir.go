// Package secretdir reads provider signing keys from the host's secrets directory, and nothing else from anywhere else.
package secretdir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 64 << 10

// The rules. Each error says which one was broken: never where a link leads, never what a file holds.
var (
	ErrName   = errors.New("the name is not one of a secret")
	ErrKind   = errors.New("it is not a regular file") // a symbolic link, a directory, a FIFO, a device
	ErrLinked = errors.New("it has more than one link")
	ErrOwner  = errors.New("it belongs to another user")
	ErrMode   = errors.New("its group or others may use it")
	ErrSize   = errors.New("it is empty or larger than 64 KiB")
	ErrMoved  = errors.New("it was replaced while it was opened")
	ErrKey    = errors.New("it is not one RSA private key in PEM (PKCS #8 or PKCS #1)")
	ErrBits   = errors.New("the RSA key does not have the bits that the provider takes")
	ErrAbsent = errors.New("there is no such secret")
	errAccess = errors.New("it can't be read")
)

// Dir is the directory. Keys are read once a process: a file that was replaced is read by the processes that start
// afterwards. It is safe for concurrent use.
type Dir struct {
	root *os.Root
	mu   sync.Mutex
	keys map[string]Key
}

// Open opens the directory. Its own path may lead through links: it comes from the operator.
func Open(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the secrets directory: %w", err)
	}
	return &Dir{root: root, keys: map[string]Key{}}, nil
}

// Close lets go of the directory; what was read stays readable.
func (d *Dir) Close() error { return d.root.Close() }

// maxName is the longest name, in bytes.
const maxName = 64

// ValidName reports whether a file of this name could be a secret: 1 to 64 of a-z, 0-9, dot, dash and underscore, the first
// a letter or digit. So there are no separators, no hidden files, no "..". (A regular expression would cost every start.)
func ValidName(name string) bool {
	const first = "abcdefghijklmnopqrstuvwxyz0123456789"
	return name != "" && len(name) <= maxName && strings.Trim(name, first+"._-") == "" && strings.Trim(name[:1], first) == ""
}

// Read reads one file by the rules above.
//
// os.Root refuses to leave the directory, but follows links inside it, and O_NOFOLLOW changes nothing about that (Go
// 1.26). So the name must be a regular file before it is opened, and what was opened must be that same file: a link put
// there in between opens another one. O_NONBLOCK keeps a FIFO that was put there in between from hanging the open.
func (d *Dir) Read(name string) ([]byte, error) {
	content, err := d.read(name)
	if err != nil {
		return nil, fmt.Errorf("reading the secret %q: %w", name, err)
	}
	return content, nil
}

func (d *Dir) read(name string) ([]byte, error) {
	if !ValidName(name) {
		return nil, ErrName
	}
	seen, err := d.root.Lstat(name)
	if err != nil {
		return nil, reason(err)
	}
	if !seen.Mode().IsRegular() {
		return nil, ErrKind
	}
	file, err := d.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, reason(err)
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, errAccess
	}
	if err := check(seen, opened); err != nil {
		return nil, err
	}
	return limited(file)
}

// check looks at the open handle, which nothing can replace any more.
func check(seen, opened fs.FileInfo) error {
	stat, ok := opened.Sys().(*syscall.Stat_t)
	switch {
	case !opened.Mode().IsRegular():
		return ErrKind
	case !os.SameFile(seen, opened):
		return ErrMoved
	case !ok || stat.Nlink != 1:
		return ErrLinked
	case stat.Uid != 0 && int(stat.Uid) != os.Geteuid():
		return ErrOwner
	case opened.Mode().Perm()&0o077 != 0:
		return ErrMode
	case opened.Size() < 1 || opened.Size() > MaxSize:
		return ErrSize
	}
	return nil
}

// limited reads to the end, which may have moved since the size was looked at.
func limited(file io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, errAccess
	}
	if len(content) == 0 || len(content) > MaxSize {
		return nil, ErrSize
	}
	return content, nil
}

// reason drops the paths and targets that the system's errors carry.
func reason(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrAbsent
	}
	return errAccess
}
