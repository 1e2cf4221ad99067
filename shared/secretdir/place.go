package secretdir

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// place is an open directory. Whatever becomes of its path, names are looked up in this very directory.
type place struct {
	root  *os.Root
	self  *os.File
	info  fs.FileInfo
	bound bool // the kernel itself can bind an open to the directory
	owner int  // of Options
}

// newPlace takes the root over, also when it fails.
func newPlace(root *os.Root, o Options) (*place, error) {
	self, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, errAccess
	}
	p := &place{root: root, self: self, bound: !o.portable && kernelBinds(self), owner: o.Owner}
	if p.info, err = self.Stat(); err == nil {
		err = p.private(o.Mode)
	} else {
		err = errAccess
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// private refuses a directory in which others could put one file in another's place: every file in it could be good, and
// the key still another one. A Kubernetes mount is open to all and sticky: there nobody can replace what is another's.
func (p *place) private(mode Mode) error {
	stat, ok := p.info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !p.trusts(stat):
		return ErrOwner
	case p.info.Mode().Perm()&0o022 == 0, mode == Kubernetes && p.info.Mode()&fs.ModeSticky != 0:
		return nil
	}
	return ErrMode
}

func (p *place) close() error { return errors.Join(p.root.Close(), p.self.Close()) }

// read reads one file that is directly inside, by all rules but the one of names.
//
// The file must be a regular one before it is opened; then what was opened must be that same file, and stand to the rules
// by its open handle, which nothing can replace any more. The kernel refuses to open through links of any kind, where it has
// openat2. os.Root alone does not: it refuses to leave the directory, but follows links inside it, and O_NOFOLLOW changes
// nothing about that (Go 1.26); there the comparison is what keeps a link out that was put in place in between. O_NONBLOCK
// keeps a FIFO that was put there in between from hanging the open.
//
// A hard link could be there for the open and be gone when the links are counted. So after the count, the name that was
// opened must still be there: then it is the one link that was counted.
func (p *place) read(name string) ([]byte, error) {
	seen, err := p.root.Lstat(name)
	if err != nil {
		return nil, reason(err)
	}
	if !seen.Mode().IsRegular() {
		return nil, ErrKind
	}
	file, err := p.open(name)
	if err != nil {
		return nil, reason(err)
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, errAccess
	}
	if err := p.check(seen, opened); err != nil {
		return nil, err
	}
	if err := attached(p.self, file); err != nil {
		return nil, err
	}
	return limited(file)
}

func (p *place) open(name string) (*os.File, error) {
	if p.bound {
		return openBound(p.self, name)
	}
	return p.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// check holds an open file against the directory and against what was seen under its name.
func (p *place) check(seen, opened fs.FileInfo) error {
	stat, ok := opened.Sys().(*syscall.Stat_t)
	around, known := p.info.Sys().(*syscall.Stat_t)
	switch {
	case !opened.Mode().IsRegular():
		return ErrKind
	case !os.SameFile(seen, opened):
		return ErrMoved
	case !ok || !known || stat.Dev != around.Dev:
		return ErrMount
	case stat.Nlink != 1:
		return ErrLinked
	case !p.trusts(stat):
		return ErrOwner
	case opened.Mode().Perm()&0o077 != 0:
		return ErrMode
	case opened.Size() < 1 || opened.Size() > MaxSize:
		return ErrSize
	}
	return nil
}

// trusts reports whether something belongs to root, to this process, or to the user whom the options name.
func (p *place) trusts(stat *syscall.Stat_t) bool {
	return stat.Uid == 0 || int(stat.Uid) == os.Geteuid() || int(stat.Uid) == p.owner
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
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrAbsent
	case errors.Is(err, syscall.ELOOP):
		return ErrKind
	case errors.Is(err, syscall.EXDEV):
		return ErrMount
	}
	return errAccess
}
