// Package secretdir reads provider signing keys from the host's secrets directory, and nothing else from anywhere else.
package secretdir

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/keyref"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 64 << 10

// The rules. Each error says which one was broken: never where a link leads, never what a file holds.
var (
	ErrName      = errors.New("the name is not one of a secret")
	ErrKind      = errors.New("it is not a regular file") // a symbolic link, a directory, a FIFO, a device
	ErrLinked    = errors.New("it has more than one link")
	ErrOwner     = errors.New("it belongs to another user")
	ErrMode      = errors.New("its group or others may use it")
	ErrSize      = errors.New("it is empty or larger than 64 KiB")
	ErrMoved     = errors.New("it was replaced while it was opened")
	ErrMount     = errors.New("it is on another file system than the directory")
	ErrForm      = errors.New("it does not have the form of a Kubernetes mount")
	ErrKey       = errors.New("it is not one private key in PEM (PKCS #8, PKCS #1 or SEC 1)")
	ErrEncrypted = errors.New("the key is encrypted")
	ErrUnfit     = errors.New("the key is not of the kind and size that the provider takes")
	ErrAbsent    = errors.New("there is no such secret")
	ErrRetired   = errors.New("this version of the secret is not there any more")
	errAccess    = errors.New("it can't be read")
)

// Mode is the form of the directory.
type Mode int

// The modes.
const (
	// Plain is a directory of files.
	Plain Mode = iota
	// Kubernetes is a mount of a Secret, or of the CSI driver, which are made of links of one known shape.
	Kubernetes
)

// ParseMode reads "plain", which is the default, or "kubernetes".
func ParseMode(text string) (Mode, error) {
	switch text {
	case "", "plain":
		return Plain, nil
	case "kubernetes":
		return Kubernetes, nil
	}
	return 0, fmt.Errorf("the secrets directory's mode is %q; it can be plain or kubernetes", text)
}

// Options of Open. The zero value is a plain directory by the real clock.
type Options struct {
	Mode Mode
	Now  func() time.Time
	// Owner is a user, besides root and this process's own, whose files are taken: behind an EFS access point, files belong to
	// the user of the access point, whoever reads. 0 is nobody.
	Owner int
	// Report is told what is wrong in the directory while the keys in memory still serve. It may be nil.
	Report func(error)

	portable bool // as if the kernel had no openat2
}

// Dir is the directory. It is safe for concurrent use.
type Dir struct {
	Options
	base *place

	mu     sync.Mutex
	data   *place // of a Kubernetes mount: the directory that ..data named when it was last looked at
	target string // the name of that directory
	held   map[holding]*held
	seen   string // the version of the directory
	epoch  int    // counts the versions
	looked time.Time
}

// Open opens the directory. Its own path may lead through links: it comes from the operator.
func Open(path string, o Options) (*Dir, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the secrets directory: %w", err)
	}
	base, err := newPlace(root, o)
	if err != nil {
		return nil, fmt.Errorf("opening the secrets directory: %w", err)
	}
	d := &Dir{Options: o, base: base, held: map[holding]*held{}}
	if o.Mode == Kubernetes {
		if err := d.pin(); err != nil {
			base.close()
			return nil, fmt.Errorf("opening the secrets directory: %w", named(dataLink, err))
		}
	}
	d.look()
	return d, nil
}

// Close lets go of the directory. Keys that were read stay usable.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.base.close()
	if d.data != nil {
		err = errors.Join(err, d.data.close())
	}
	return err
}

// Read reads one file by the rules.
func (d *Dir) Read(name string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !keyref.ValidName(name) {
		return nil, named(name, ErrName)
	}
	content, err := d.read(name)
	if err != nil {
		return nil, named(name, err)
	}
	return content, nil
}

// read reads a file of a valid name.
func (d *Dir) read(name string) ([]byte, error) {
	if d.Mode == Kubernetes {
		return d.readMounted(name)
	}
	return d.base.read(name)
}

func named(name string, err error) error { return fmt.Errorf("reading the secret %q: %w", name, err) }
