package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

// Opinion is what a policy says before it is known how much of its caps over time is used up.
type Opinion struct {
	Verdict signing.Verdict // the final one, unless it approves and there are spends
	Spends  []Spend         // by the cap's id
}

// Spend is what a request would use up of a cap over time.
type Spend struct {
	Cap   *Cap
	Value amount.Decimal
}

// Consider judges a request by everything but caps over time. It depends on nothing but its arguments.
//
// A transaction with several destinations needs an allow for each of them; a deny or a cap speaks if it matches any. Where
// the request does not tell what a rule asks for, an allow does not match, a deny does, and a cap rejects.
func Consider(s *Snapshot, r signing.Request, at time.Time) Opinion {
	if s == nil {
		return Opinion{Verdict: signing.Verdict{Reason: signing.NoPolicy}}
	}
	destinations := r.Destinations
	if len(destinations) == 0 {
		destinations = []signing.Party{{}}
	}
	f := findings{request: r, at: at.UTC()}
	for _, to := range destinations {
		f.judge(s, to)
	}
	return Opinion{f.verdict(), f.spends}
}

// match is an entry that matches, or that might if the request told what it lacks.
type match struct {
	entry
	lacks       set
	lacksAmount bool
}

func (m match) sure() bool { return m.lacks == 0 && !m.lacksAmount }

// sure finds the entries that match, by one look into each shape.
func (g *group) sure(known set, v values, f *findings, found func(match)) {
	v[destinationAddress] = g.addressFor(v[destinationAddress])
	for _, s := range g.shapes {
		if s.asks&^known != 0 {
			continue
		}
		for _, e := range s.entries[v.under(s.asks)] {
			if m := (match{entry: e, lacksAmount: f.request.Amount == nil && e.ranged()}); m.sure() && e.holds(f) {
				found(m)
			}
		}
	}
}

// unsure finds the entries that might match: of the shapes that ask for what is not told, it looks at every entry.
func (g *group) unsure(known set, v values, f *findings, found func(match)) {
	of := f.request.Amount
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
				if m := (match{e, lacks, of == nil && e.ranged()}); !m.sure() && e.holds(f) {
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

// holds reports whether the amount is in the range, and the time in the hours; an amount that is not told is not out of
// the range.
func (e entry) holds(f *findings) bool {
	of := f.request.Amount
	if of != nil && (e.min != nil && e.min.Compare(*of) > 0 || e.max != nil && e.max.Compare(*of) < 0) {
		return false
	}
	return e.hours == nil || e.hours.hold(f.at)
}

// findings are what spoke, over all destinations.
type findings struct {
	request signing.Request
	at      time.Time

	allows, denies, held, exceeded []string // ids
	unsureDenies, unsureCaps       []string
	missing                        []string // what unsure denies and caps ask for
	unallowed                      bool     // some destination has no allow
	missed                         []string // what allows ask for that might have matched it
	spends                         []Spend
}

func (f *findings) judge(s *Snapshot, to signing.Party) {
	known, v := told(f.request, to)
	s.denies.sure(known, v, f, func(m match) { f.denies = append(f.denies, m.id) })
	s.denies.unsure(known, v, f, func(m match) {
		f.unsureDenies = append(f.unsureDenies, m.id)
		f.missing = m.name(f.missing)
	})
	f.allow(s, known, v)
	s.caps.sure(known, v, f, f.hold)
	s.caps.unsure(known, v, f, f.hold)
}

func (f *findings) allow(s *Snapshot, known set, v values) {
	before := len(f.allows)
	s.allows.sure(known, v, f, func(m match) { f.allows = append(f.allows, m.id) })
	if len(f.allows) > before {
		return
	}
	f.unallowed = true
	s.allows.unsure(known, v, f, func(m match) { f.missed = m.name(f.missed) })
}

// hold holds a cap against the request: if it is told what it would use up, that must not be above the limit. Of a cap over
// time it is not known yet what is used up already.
func (f *findings) hold(m match) {
	value := m.cap.of(f.request)
	if value == nil {
		f.missing = append(f.missing, m.cap.measure())
	}
	switch {
	case !m.sure() || value == nil:
		f.unsureCaps = append(f.unsureCaps, m.id)
		f.missing = m.name(f.missing)
	case value.Compare(m.cap.limit()) > 0:
		f.exceeded = append(f.exceeded, m.id)
	case m.cap.Per == perTransaction:
		f.held = append(f.held, m.id)
	default:
		f.held = append(f.held, m.id)
		f.spend(Spend{m.cap, *value})
	}
}

// spend counts a transaction once, though a cap may match more than one of its destinations.
func (f *findings) spend(s Spend) {
	i, there := slices.BinarySearchFunc(f.spends, s.Cap.ID, func(s Spend, id string) int { return strings.Compare(s.Cap.ID, id) })
	if !there {
		f.spends = slices.Insert(f.spends, i, s)
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
