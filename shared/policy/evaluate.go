package policy

import (
	"slices"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

// Evaluate judges a request. It depends on nothing but its arguments.
//
// A transaction with several destinations needs an allow for each of them; a deny or a cap speaks if it matches any. Where
// the request does not tell what a rule asks for, an allow does not match, a deny does, and a cap rejects.
func Evaluate(s *Snapshot, r signing.Request) signing.Verdict {
	if s == nil {
		return signing.Verdict{Reason: signing.NoPolicy}
	}
	destinations := r.Destinations
	if len(destinations) == 0 {
		destinations = []signing.Party{{}}
	}
	var f findings
	for _, to := range destinations {
		f.judge(s, r, to)
	}
	return f.verdict()
}

// match is an entry that matches, or that might if the request told what it lacks.
type match struct {
	entry
	lacks       set
	lacksAmount bool
}

func (m match) sure() bool { return m.lacks == 0 && !m.lacksAmount }

// sure finds the entries that match, by one look into each shape.
func (g *group) sure(known set, v values, of *amount.Decimal, found func(match)) {
	v[destinationAddress] = g.addressFor(v[destinationAddress])
	for _, s := range g.shapes {
		if s.asks&^known != 0 {
			continue
		}
		for _, e := range s.entries[v.under(s.asks)] {
			if m := (match{entry: e, lacksAmount: of == nil && e.ranged()}); m.sure() && e.holds(of) {
				found(m)
			}
		}
	}
}

// unsure finds the entries that might match: of the shapes that ask for what is not told, it looks at every entry.
func (g *group) unsure(known set, v values, of *amount.Decimal, found func(match)) {
	v[destinationAddress] = g.addressFor(v[destinationAddress])
	for _, s := range g.shapes {
		lacks := s.asks &^ known
		if lacks == 0 && of != nil {
			continue
		}
		told := v.under(s.asks & known)
		for wanted, entries := range s.entries {
			if wanted.under(s.asks&known) != told {
				continue
			}
			for _, e := range entries {
				if m := (match{e, lacks, of == nil && e.ranged()}); !m.sure() && e.holds(of) {
					found(m)
				}
			}
		}
	}
}

// under keeps the values of some fields.
func (v values) under(some set) values {
	for f := range fields {
		if !some.has(f) {
			v[f] = ""
		}
	}
	return v
}

func (e entry) ranged() bool { return e.min != nil || e.max != nil }

// holds reports whether the amount is in the range; one that is not told is not out of it.
func (e entry) holds(of *amount.Decimal) bool {
	return of == nil || (e.min == nil || e.min.Compare(*of) <= 0) && (e.max == nil || e.max.Compare(*of) >= 0)
}

// findings are what spoke, over all destinations.
type findings struct {
	allows, denies, held, exceeded []string // ids
	unsureDenies, unsureCaps       []string
	missing                        []string // what unsure denies and caps ask for
	unallowed                      bool     // some destination has no allow
	missed                         []string // what allows ask for that might have matched it
}

func (f *findings) judge(s *Snapshot, r signing.Request, to signing.Party) {
	known, v := told(r, to)
	s.denies.sure(known, v, r.Amount, func(m match) { f.denies = append(f.denies, m.id) })
	s.denies.unsure(known, v, r.Amount, func(m match) {
		f.unsureDenies = append(f.unsureDenies, m.id)
		f.missing = m.name(f.missing)
	})
	f.allow(s, r, known, v)
	s.caps.sure(known, v, r.Amount, func(m match) { f.cap(r, m) })
	s.caps.unsure(known, v, r.Amount, func(m match) { f.cap(r, m) })
}

func (f *findings) allow(s *Snapshot, r signing.Request, known set, v values) {
	before := len(f.allows)
	s.allows.sure(known, v, r.Amount, func(m match) { f.allows = append(f.allows, m.id) })
	if len(f.allows) > before {
		return
	}
	f.unallowed = true
	s.allows.unsure(known, v, r.Amount, func(m match) { f.missed = m.name(f.missed) })
}

// cap holds if the amount is told and not above it.
func (f *findings) cap(r signing.Request, m match) {
	m.lacksAmount = m.lacksAmount || r.Amount == nil
	switch {
	case !m.sure():
		f.unsureCaps = append(f.unsureCaps, m.id)
		f.missing = m.name(f.missing)
	case r.Amount.Compare(m.limit) > 0:
		f.exceeded = append(f.exceeded, m.id)
	default:
		f.held = append(f.held, m.id)
	}
}

func (m match) name(into []string) []string {
	for f := range fields {
		if m.lacks.has(f) {
			into = append(into, fieldNames[f])
		}
	}
	if m.lacksAmount {
		into = append(into, "amount")
	}
	return into
}

// verdict weighs what spoke: a deny before all, then the want of an allow, then the caps.
func (f *findings) verdict() signing.Verdict {
	switch {
	case len(f.denies) > 0:
		return signing.Verdict{Reason: signing.Denied, Rules: unique(f.denies)}
	case len(f.unsureDenies) > 0:
		return signing.Verdict{Reason: signing.DataMissing, Rules: unique(f.unsureDenies), Missing: unique(f.missing)}
	case f.unallowed:
		return signing.Verdict{Reason: signing.NoRuleAllows, Missing: unique(f.missed)}
	case len(f.exceeded) > 0:
		return signing.Verdict{Reason: signing.CapExceeded, Rules: unique(f.allows), Caps: unique(f.exceeded)}
	case len(f.unsureCaps) > 0:
		return signing.Verdict{Reason: signing.DataMissing, Rules: unique(f.allows), Caps: unique(f.unsureCaps), Missing: unique(f.missing)}
	}
	return signing.Verdict{Approve: true, Reason: signing.Allowed, Rules: unique(f.allows), Caps: unique(f.held)}
}

func unique(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}
