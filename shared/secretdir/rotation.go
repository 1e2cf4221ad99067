package secretdir

import (
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/keyref"
)

// A key is read when it is first asked for, and again when the directory says that something in it is new, or when a
// signature failed. No request pays for more than one look in LookEvery.
const (
	// LookEvery is how often the directory's version is looked at.
	LookEvery = 10 * time.Second
	// Overlap is how long a process still signs again with a key that another one has replaced, and how long it signs with
	// one whose file breaks the rules since a change.
	Overlap = 15 * time.Minute
	// DoubtEvery is how often a key is read again because a signature failed.
	DoubtEvery = time.Second
)

// VersionFile is what an operator writes, after the keys, to say that they are to be read again: any text that was not in
// it before. In a Kubernetes mount the name of the data directory says it, and there is no such file.
const VersionFile = ".version"

// holding is what a key is held under.
type holding struct {
	name string
	kind keyref.Kind
}

// held is what is known of one name.
type held struct {
	present  *Key // nil before the first reading, and when the file is gone
	past     []past
	epoch    int       // the directory's, when the file was last read
	tried    time.Time // when it was last read
	doubted  bool
	broken   time.Time // since when the file can't be used, while present comes from an earlier one
	previous previous
}

// past is a key that was replaced while this process ran.
type past struct {
	Key
	until time.Time
}

// previous is what the file beside the present one holds.
type previous struct {
	key   *Key
	err   error
	epoch int
	tried time.Time
}

// Key is the signing key of a name; with a version, that very key, if it is the present one, was so a short time ago, or
// is in the file "name.previous". It must be of the kind. What fails is tried again at the next call.
func (d *Dir) Key(name, version string, kind keyref.Kind) (Key, error) {
	if !keyref.ValidName(name) {
		return Key{}, named(name, ErrName)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	h := d.held[holding{name, kind}]
	if h == nil {
		h = &held{}
		d.held[holding{name, kind}] = h
	}
	err := d.renew(h, name, kind)
	switch {
	case version == "" && err != nil:
		return Key{}, named(name, err)
	case version == "" || h.present != nil && h.present.version == version:
		return *h.present, nil
	case err != nil && !errors.Is(err, ErrAbsent):
		return Key{}, named(name, err)
	}
	key, err := d.former(h, name, version, kind)
	if err != nil {
		return Key{}, named(name, err)
	}
	return key, nil
}

// Doubt says that a signature of the named key failed: its file is read again.
func (d *Dir) Doubt(name string, kind keyref.Kind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if h := d.held[holding{name, kind}]; h != nil {
		h.doubted = true
	}
}

// look finds out whether there is something new, if the last look was long enough ago. It comes before the keys are read:
// what changes in between is read again after the next look.
func (d *Dir) look() {
	now := d.Now()
	if !d.looked.IsZero() && now.Sub(d.looked) < LookEvery {
		return
	}
	d.looked = now
	version, err := d.version()
	if err != nil {
		d.Report(named(VersionFile, err))
		return
	}
	if version != d.seen {
		d.seen = version
		d.epoch++
	}
}

// version says what the directory holds, in a word: another one after each change. None is one, too.
func (d *Dir) version() (string, error) {
	if d.Mode == Kubernetes {
		err := d.pin()
		return d.target, err
	}
	text, err := d.base.read(VersionFile)
	if errors.Is(err, ErrAbsent) {
		return "", nil
	}
	return string(text), err
}

// renew reads the present key if it is not known, no longer the newest, or doubted. A file that is gone retires its key. One
// that breaks a rule is never used, and told; the key that was in it before goes on for the overlap.
func (d *Dir) renew(h *held, name string, kind keyref.Kind) error {
	now := d.Now()
	if h.present != nil && h.fresh(d.epoch, now) {
		return nil
	}
	h.tried = now
	key, err := d.load(name, kind)
	if err == nil {
		h.replace(&key, now)
		h.epoch, h.doubted, h.broken = d.epoch, false, time.Time{}
		return nil
	}
	if h.present == nil || errors.Is(err, ErrAbsent) {
		h.replace(nil, now)
		return err
	}
	d.Report(named(name, err))
	if h.broken.IsZero() {
		h.broken = now
	}
	if now.Sub(h.broken) < Overlap {
		return nil
	}
	h.replace(nil, now)
	return err
}

// fresh reports whether the key needs no reading now.
func (h *held) fresh(epoch int, now time.Time) bool {
	switch {
	case !h.broken.IsZero():
		return now.Sub(h.tried) < LookEvery
	case h.doubted:
		return now.Sub(h.tried) < DoubtEvery
	}
	return h.epoch == epoch
}

// replace makes a key the present one, or none, and keeps the one before for the overlap.
func (h *held) replace(key *Key, now time.Time) {
	kept := h.past[:0]
	for _, p := range h.past {
		if now.Before(p.until) && (key == nil || p.version != key.version) {
			kept = append(kept, p)
		}
	}
	clear(h.past[len(kept):])
	h.past = kept
	if h.present != nil && (key == nil || h.present.version != key.version) {
		h.past = append(h.past, past{*h.present, now.Add(Overlap)})
	}
	h.present = key
}

// former finds a version that is not the present one.
func (d *Dir) former(h *held, name, version string, kind keyref.Kind) (Key, error) {
	now := d.Now()
	for _, p := range h.past {
		if p.version == version && now.Before(p.until) {
			return p.Key, nil
		}
	}
	p := &h.previous
	if p.tried.IsZero() || p.epoch != d.epoch || now.Sub(p.tried) >= LookEvery {
		*p = previous{epoch: d.epoch, tried: now}
		if key, err := d.load(name+keyref.Previous, kind); err == nil {
			p.key = &key
		} else {
			p.err = err
		}
	}
	switch {
	case p.key != nil && p.key.version == version:
		return *p.key, nil
	case p.err != nil && !errors.Is(p.err, ErrAbsent):
		return Key{}, p.err
	}
	return Key{}, ErrRetired
}

func (d *Dir) load(name string, kind keyref.Kind) (Key, error) {
	content, err := d.read(name)
	if err != nil {
		return Key{}, err
	}
	defer clear(content)
	return Parse(content, kind)
}
