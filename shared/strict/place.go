package strict

import (
	"strconv"
	"strings"
)

// place is where in a document something stands: a member or an element of another place. nil is the document itself. It
// becomes text only for a refusal; most documents are good, and a callback from a provider is timed.
type place struct {
	in    *place
	name  string // of a member
	index int    // of an element, -1 of a member
}

func (p *place) member(name string) *place { return &place{p, name, -1} }

func (p *place) element(index int) *place { return &place{p, "", index} }

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer writes it down (RFC 6901).
func (p *place) pointer() string {
	switch {
	case p == nil:
		return ""
	case p.index >= 0:
		return p.in.pointer() + "/" + strconv.Itoa(p.index)
	}
	return p.in.pointer() + "/" + pointerEscaper.Replace(p.name)
}
