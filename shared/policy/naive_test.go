package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/signing"
)

// answer is whether a match holds: maybe, if the request does not tell.
type answer int

const (
	no answer = iota
	maybe
	yes
)

// naive is the policy's meaning as the documentation states it: every rule and every cap is looked at for every
// destination, without an index. It tells whether the request is approved.
func naive(d policy.Document, r signing.Request) bool {
	destinations := r.Destinations
	if len(destinations) == 0 {
		destinations = []signing.Party{{}}
	}
	for _, to := range destinations {
		if !naiveAllowed(d, r, to) || !naiveHeld(d, r, to) {
			return false
		}
	}
	return true
}

func naiveAllowed(d policy.Document, r signing.Request, to signing.Party) bool {
	allowed := false
	for _, rule := range d.Rules {
		holds := naiveMatch(rule.Match, r, to, rule.Effect == "allow")
		switch {
		case rule.Effect == "deny" && holds != no:
			return false
		case rule.Effect == "allow" && holds == yes:
			allowed = true
		}
	}
	return allowed
}

func naiveHeld(d policy.Document, r signing.Request, to signing.Party) bool {
	for _, c := range d.Caps {
		of := c.Match
		of.Asset = &c.Asset
		switch naiveMatch(of, r, to, false) {
		case maybe:
			return false
		case yes:
			if r.Amount == nil || r.Amount.Compare(c.Amount) > 0 {
				return false
			}
		}
	}
	return true
}

func naiveMatch(m policy.Match, r signing.Request, to signing.Party, allowing bool) answer {
	all := yes
	both := func(a answer) { all = min(all, a) }
	both(naiveText(m.Operation, r.Operation, false))
	both(naiveText(m.Asset, r.Asset, false))
	if s := m.Source; s != nil {
		both(naiveText(s.Type, r.Source.Type, false))
		both(naiveText(s.ID, r.Source.ID, r.Source.NoID))
	}
	if d := m.Destination; d != nil {
		both(naiveText(d.Type, to.Type, false))
		both(naiveText(d.ID, to.ID, to.NoID))
		both(naiveAddress(d.Address, to.Address, allowing))
		switch {
		case d.Whitelisted == nil:
		case to.Whitelisted == nil:
			both(maybe)
		case *d.Whitelisted != *to.Whitelisted:
			both(no)
		}
	}
	if a := m.Amount; a != nil {
		switch {
		case r.Amount == nil:
			both(maybe)
		case a.Min != nil && r.Amount.Compare(*a.Min) < 0, a.Max != nil && r.Amount.Compare(*a.Max) > 0:
			both(no)
		}
	}
	return all
}

func naiveText(want *string, told string, none bool) answer {
	switch {
	case want == nil:
		return yes
	case told == "" && !none:
		return maybe
	case told == *want:
		return yes
	}
	return no
}

func naiveAddress(want *string, told string, allowing bool) answer {
	if want != nil && (!allowing || strings.HasPrefix(*want, "0x")) && told != "" && strings.EqualFold(*want, told) {
		return yes
	}
	return naiveText(want, told, false)
}

// Small alphabets, so that random documents and random requests meet.
var (
	assets    = []string{"BTC", "ETH"}
	types     = []string{"VAULT_ACCOUNT", "ONE_TIME_ADDRESS"}
	ids       = []string{"0", "1"}
	addresses = []string{"0xAb", "0xab", "bc1q", "BC1Q"}
	amounts   = []string{"0", "0.5", "1", "1.000000000000000001", "20"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// some is nil more often than not, so that matches of few members are common.
func some[T any](r *rand.Rand, from []T) *T {
	if r.IntN(3) > 0 {
		return nil
	}
	v := pick(r, from)
	return &v
}

func decimal(text string) amount.Decimal {
	d, err := amount.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func randomMatch(r *rand.Rand) policy.Match {
	m := policy.Match{Operation: some(r, []string{"TRANSFER"}), Asset: some(r, assets)}
	if s := (policy.Source{Type: some(r, types), ID: some(r, ids)}); s != (policy.Source{}) {
		m.Source = &s
	}
	d := policy.Destination{Type: some(r, types), ID: some(r, ids), Address: some(r, addresses), Whitelisted: some(r, []bool{true, false})}
	if d != (policy.Destination{}) {
		m.Destination = &d
	}
	if m.Asset != nil && r.IntN(2) == 0 {
		ends := []amount.Decimal{decimal(pick(r, amounts)), decimal(pick(r, amounts))}
		slices.SortFunc(ends, amount.Decimal.Compare)
		m.Amount = &policy.Range{Min: &ends[0], Max: &ends[1]}
	}
	return m
}

func randomCap(r *rand.Rand, id string) policy.Cap {
	c := policy.Cap{ID: id, Match: randomMatch(r), Per: "transaction", Asset: pick(r, assets), Amount: decimal(pick(r, amounts))}
	if c.Match.Asset != nil {
		c.Match.Asset = &c.Asset
	}
	return c
}

func randomDocument(r *rand.Rand) policy.Document {
	d := policy.Document{}
	for i := range r.IntN(8) {
		effect := pick(r, []string{"allow", "allow", "allow", "deny"})
		d.Rules = append(d.Rules, policy.Rule{ID: fmt.Sprint("r", i), Effect: effect, Match: randomMatch(r)})
	}
	for i := range r.IntN(3) {
		d.Caps = append(d.Caps, randomCap(r, fmt.Sprint("c", i)))
	}
	return d
}

func randomRequest(r *rand.Rand) signing.Request {
	q := signing.Request{Operation: maybeEmpty(r, "TRANSFER"), Asset: maybeEmpty(r, pick(r, assets)), Source: randomParty(r)}
	if r.IntN(6) > 0 {
		a := decimal(pick(r, amounts))
		q.Amount = &a
	}
	for range r.IntN(3) {
		q.Destinations = append(q.Destinations, randomParty(r))
	}
	return q
}

func randomParty(r *rand.Rand) signing.Party {
	p := signing.Party{Type: maybeEmpty(r, pick(r, types)), ID: maybeEmpty(r, pick(r, ids)), Address: maybeEmpty(r, pick(r, addresses))}
	p.NoID = p.ID == "" && r.IntN(2) == 0
	if r.IntN(6) > 0 {
		white := r.IntN(2) == 0
		p.Whitelisted = &white
	}
	return p
}

func maybeEmpty(r *rand.Rand, text string) string {
	if r.IntN(6) == 0 {
		return ""
	}
	return text
}
