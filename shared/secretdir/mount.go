package secretdir

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// A Secret's volume in Kubernetes is written by its AtomicWriter (kubernetes/pkg/volume/util/atomic_writer.go), and so is
// that of the CSI driver for secrets: the files lie in a directory with a name of its own, the link ..data names that
// directory, and each entry is a link to its file through ..data. An update makes another such directory and moves ..data.
const dataLink = "..data"

// maxTarget bounds the name of a data directory, in bytes; it is two dots, a time and a random number.
const maxTarget = 64

// readMounted reads an entry of a Kubernetes mount: it must be the link "name -> ..data/name", and is then never followed.
// The file is read by all rules from the directory that was pinned.
func (d *Dir) readMounted(name string) ([]byte, error) {
	entry, err := link(d.base, name)
	if err != nil {
		return nil, err
	}
	if entry != dataLink+"/"+name {
		return nil, ErrForm
	}
	return d.data.read(name)
}

// pin opens the directory that ..data names now. From then on names are looked up in that one, until the next pin: an
// update in between can't mix old and new.
func (d *Dir) pin() (err error) {
	const tries = 3 // an update may take a directory away between the two looks
	for range tries {
		var target string
		if target, err = d.dataTarget(); err != nil {
			return err
		}
		if d.data != nil && target == d.target {
			return nil
		}
		var data *place
		if data, err = d.base.sub(target, d.Options); err == nil {
			if d.data != nil {
				d.data.close()
			}
			d.data, d.target = data, target
			return nil
		}
		if !errors.Is(err, ErrAbsent) {
			return err
		}
	}
	return err
}

// dataTarget is where ..data leads: it must be the name of a directory beside it.
func (d *Dir) dataTarget() (string, error) {
	target, err := link(d.base, dataLink)
	if err != nil {
		return "", err
	}
	name, ok := strings.CutPrefix(target, "..")
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	if !ok || name == "" || len(target) > maxTarget || strings.Trim(name, allowed+".") != "" || strings.Trim(name[:1], allowed) != "" {
		return "", ErrForm
	}
	return target, nil
}

// link reads a link of root's or our own, without following it.
func link(p *place, name string) (string, error) {
	seen, err := p.root.Lstat(name)
	if err != nil {
		return "", reason(err)
	}
	if seen.Mode()&fs.ModeSymlink == 0 {
		return "", ErrForm
	}
	if stat, ok := seen.Sys().(*syscall.Stat_t); !ok || !p.trusts(stat) {
		return "", ErrOwner
	}
	target, err := p.root.Readlink(name)
	if err != nil {
		return "", reason(err)
	}
	return target, nil
}

// sub opens a directory that is directly inside: no link, not another file system, root's or our own.
func (p *place) sub(name string, o Options) (*place, error) {
	seen, err := p.root.Lstat(name)
	if err != nil {
		return nil, reason(err)
	}
	if !seen.IsDir() {
		return nil, ErrForm
	}
	root, err := p.root.OpenRoot(name)
	if err != nil {
		return nil, reason(err)
	}
	opened, err := newPlace(root, o)
	if err != nil {
		return nil, err
	}
	if err := p.checkSub(seen, opened.info); err != nil {
		opened.close()
		return nil, err
	}
	return opened, nil
}

func (p *place) checkSub(seen, opened fs.FileInfo) error {
	outer, known := p.info.Sys().(*syscall.Stat_t)
	inner, ok := opened.Sys().(*syscall.Stat_t)
	switch {
	case !os.SameFile(seen, opened):
		return ErrMoved
	case !known || !ok || inner.Dev != outer.Dev:
		return ErrMount
	case !p.trusts(inner):
		return ErrOwner
	case opened.Mode().Perm()&0o022 != 0:
		return ErrMode
	}
	return nil
}
