package policy

import (
	"strings"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

// Snapshot is a compiled document. It never changes, and evaluating it costs the same however many rules it has: rules
// that look at the same fields stand in one map under the values that they ask for, so that a request looks once into
// each map (there are at most as many as combinations of fields in use, however many rules), instead of at each rule.
type Snapshot struct {
	allows, denies, caps group
}

// A field is one that a match can ask an exact value of.
type field uint8

const (
	provider field = iota
	operation
	asset
	sourceType
	sourceID
	destinationType
	destinationID
	destinationAddress
	destinationTag
	destinationWhitelisted
	initiator
	intent
	fields // how many there are
)

var fieldNames = [fields]string{"provider", "operation", "asset", "source.type", "source.id", "destination.type", "destination.id",
	"destination.address", "destination.tag", "destination.whitelisted", "initiator", "intent"}

// values are what a match asks for or a request tells, under the fields of a set; all others are "".
type values [fields]string

// set is a set of fields.
type set uint16

func (s set) has(f field) bool { return s&(1<<f) != 0 }

// group is entries of one kind, and the form in which they compare addresses: an allow by the one address that it is, a deny or
// a cap in any case. What those catch too much is not approved, that is all.
type group struct {
	shapes     []shape
	addressFor func(string) string
}

// shape is all entries that look at the same fields.
type shape struct {
	asks    set
	entries map[values][]entry
}

type entry struct {
	id       string
	min, max *amount.Decimal // of the amount; nil is open
	hours    *Hours          // nil is any time
	cap      *Cap            // nil of a rule
}

// Compile indexes a document. It fails with the rules about one.
func Compile(d Document) (*Snapshot, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return compile(d), nil
}

// compile indexes a checked document.
func compile(d Document) *Snapshot {
	s := &Snapshot{allows: group{addressFor: signing.Address}, denies: group{addressFor: strings.ToLower},
		caps: group{addressFor: strings.ToLower}}
	for _, r := range d.Rules {
		into := &s.denies // whatever is not an allow denies
		if r.Effect == allow {
			into = &s.allows
		}
		into.add(r.Match, entry{id: r.ID})
	}
	for _, c := range d.Caps {
		of := c.Match
		if c.Amount != nil {
			of.Asset = &c.Asset
		}
		s.caps.add(of, entry{id: c.ID, cap: &c})
	}
	return s
}

func (g *group) add(m Match, e entry) {
	if m.Amount != nil {
		e.min, e.max = m.Amount.Min, m.Amount.Max
	}
	e.hours = m.Time
	asks, wanted := m.asks(g.addressFor)
	for _, s := range g.shapes {
		if s.asks == asks {
			s.entries[wanted] = append(s.entries[wanted], e)
			return
		}
	}
	g.shapes = append(g.shapes, shape{asks, map[values][]entry{wanted: {e}}})
}

// asks is what a match looks at, and the values that it wants there.
func (m Match) asks(addressFor func(string) string) (set, values) {
	var asked set
	var wanted values
	ask := func(f field, value *string) {
		if value != nil {
			asked |= 1 << f
			wanted[f] = *value
		}
	}
	ask(provider, m.Provider)
	ask(operation, m.Operation)
	ask(asset, m.Asset)
	if s := m.Source; s != nil {
		ask(sourceType, s.Type)
		ask(sourceID, s.ID)
	}
	if d := m.Destination; d != nil {
		ask(destinationType, d.Type)
		ask(destinationID, d.ID)
		ask(destinationAddress, d.Address)
		ask(destinationTag, d.Tag)
		ask(destinationWhitelisted, flag(d.Whitelisted))
	}
	ask(initiator, m.Initiator)
	ask(intent, flag(m.Intent))
	wanted[destinationAddress] = addressFor(wanted[destinationAddress])
	return asked, wanted
}

// told is what a request tells about one of its destinations.
func told(r signing.Request, to signing.Party) (set, values) {
	var known set
	var v values
	tell := func(f field, value string) {
		if v[f] = value; value != "" {
			known |= 1 << f
		}
	}
	tell(provider, r.Provider)
	tell(operation, r.Operation)
	tell(asset, r.Asset)
	tell(sourceType, r.Source.Type)
	tell(sourceID, r.Source.ID)
	tell(destinationType, to.Type)
	tell(destinationID, to.ID)
	tell(destinationAddress, to.Address)
	tell(destinationTag, to.Tag)
	if white := flag(to.Whitelisted); white != nil {
		tell(destinationWhitelisted, *white)
	}
	tell(initiator, r.Initiator)
	tell(intent, *flag(&r.Intent))
	if r.Source.NoID {
		known |= 1 << sourceID
	}
	if to.NoID {
		known |= 1 << destinationID
	}
	return known, v
}

func flag(b *bool) *string {
	if b == nil {
		return nil
	}
	text := "false"
	if *b {
		text = "true"
	}
	return &text
}
