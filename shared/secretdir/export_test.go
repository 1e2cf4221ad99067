package secretdir

import "io/fs"

// Check is what is done with the file that was seen and the one that was then opened: between the two, a test can put
// another one there.
func Check(dir, seen, opened fs.FileInfo) error { return (&place{info: dir}).check(seen, opened) }

// Portable is a plain directory as on a kernel without openat2.
var Portable = Options{portable: true}

// Portably is the same without openat2.
func (o Options) Portably() Options { o.portable = true; return o }

// Bound reports whether the kernel itself keeps lookups inside.
func (d *Dir) Bound() bool { return d.base.bound }
