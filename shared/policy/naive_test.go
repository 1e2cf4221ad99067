package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

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

// moment is when a request is judged, and what the caps over time have let through by then.
type moment struct {
	at   time.Time
	used map[string]amount.Decimal // by the cap's id
}

// naive is the policy's meaning as the documentation states it: every rule and every cap is looked at for every
// destination, without an index. It tells whether the request is approved.
func naive(d policy.Document, r signing.Request, now moment) bool {
	destinations := r.Destinations
	if len(destinations) == 0 {
		destinations = []signing.Party{{}}
	}
	for _, to := range destinations {
		if !naiveAllowed(d, r, to, now) || !naiveHeld(d, r, to, now) {
			return false
		}
	}
	return true
}

func naiveAllowed(d policy.Document, r signing.Request, to signing.Party, now moment) bool {
	allowed := false
	for _, rule := range d.Rules {
		holds := naiveMatch(rule.Match, r, to, now, rule.Effect == "allow")
		switch {
		case rule.Effect == "deny" && holds != no:
			return false
		case rule.Effect == "allow" && holds == yes:
			allowed = true
		}
	}
	return allowed
}

func naiveHeld(d policy.Document, r signing.Request, to signing.Party, now moment) bool {
	for _, c := range d.Caps {
		of := c.Match
		if c.Amount != nil {
			of.Asset = &c.Asset
		}
		switch naiveMatch(of, r, to, now, false) {
		case maybe:
			return false
		case yes:
			if !naiveFits(c, r, now.used[c.ID]) {
				return false
			}
		}
	}
	return true
}

func naiveFits(c policy.Cap, r signing.Request, used amount.Decimal) bool {
	value, limit := r.Amount, c.Amount
	switch {
	case c.USD != nil:
		value, limit = r.USD, c.USD
	case c.Count > 0:
		one, most := decimal("1"), decimal(fmt.Sprint(c.Count))
		value, limit = &one, &most
	}
	if value == nil {
		return false
	}
	if c.Per == "transaction" {
		used = amount.Decimal{}
	}
	return used.Add(*value).Compare(*limit) <= 0
}

func naiveMatch(m policy.Match, r signing.Request, to signing.Party, now moment, allowing bool) answer {
	all := yes
	both := func(a answer) { all = min(all, a) }
	both(naiveText(m.Provider, r.Provider, false))
	both(naiveText(m.Operation, r.Operation, false))
	both(naiveText(m.Initiator, r.Initiator, false))
	if m.Intent != nil && *m.Intent != r.Intent || !naiveTime(m.Time, now.at.UTC()) {
		both(no)
	}
	both(naiveText(m.Asset, r.Asset, false))
	if s := m.Source; s != nil {
		both(naiveText(s.Type, r.Source.Type, false))
		both(naiveText(s.ID, r.Source.ID, r.Source.NoID))
	}
	if d := m.Destination; d != nil {
		both(naiveText(d.Type, to.Type, false))
		both(naiveText(d.ID, to.ID, to.NoID))
		both(naiveAddress(d.Address, to.Address, allowing))
		both(naiveText(d.Tag, to.Tag, false))
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

// naiveTime goes through the hours one by one.
func naiveTime(h *policy.Hours, at time.Time) bool {
	if h == nil {
		return true
	}
	if len(h.Weekdays) > 0 && !slices.Contains(h.Weekdays, strings.ToLower(at.Weekday().String())) {
		return false
	}
	if h.From == nil {
		return true
	}
	for hour := *h.From; hour%24 != *h.Until%24; hour++ {
		if hour%24 == int64(at.Hour()) {
			return true
		}
	}
	return *h.From == 0 && *h.Until == 24
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
	tags      = []string{"7", "8"}
	providers = []string{"fireblocks", "cobo"}
	makers    = []string{"key_1", "key_2"}
	hours     = []policy.Hours{
		{Weekdays: []string{"monday", "tuesday"}},
		{From: new(int64(8)), Until: new(int64(18))},
		{Weekdays: []string{"friday"}, From: new(int64(22)), Until: new(int64(6))},
		{From: new(int64(0)), Until: new(int64(24))},
		{From: new(int64(12)), Until: new(int64(24))},
	}
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
	switch r.IntN(8) { // seldom, or hardly anything would match
	case 0:
		m.Provider = some(r, providers)
	case 1:
		m.Initiator = some(r, makers)
	case 2:
		m.Intent = some(r, []bool{true, false})
	case 3:
		m.Time = some(r, hours)
	}
	if s := (policy.Source{Type: some(r, types), ID: some(r, ids)}); s != (policy.Source{}) {
		m.Source = &s
	}
	d := policy.Destination{Type: some(r, types), ID: some(r, ids), Address: some(r, addresses), Whitelisted: some(r, []bool{true, false})}
	if r.IntN(6) == 0 {
		d.Tag = some(r, tags)
	}
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
	c := policy.Cap{ID: id, Match: randomMatch(r), Per: pick(r, []string{"transaction", "window", "lifetime"})}
	if c.Per == "window" {
		c.Hours = pick(r, []int64{1, 24, 744})
	}
	most := decimal(pick(r, amounts))
	switch {
	case r.IntN(4) == 0:
		c.USD = &most
	case r.IntN(4) == 0 && c.Per != "transaction":
		c.Count = 1 + r.Int64N(2)
	default:
		c.Amount, c.Asset = &most, pick(r, assets)
		if c.Match.Asset != nil {
			c.Match.Asset = &c.Asset
		}
	}
	if c.Amount == nil && c.Match.Asset == nil {
		c.Match.Amount = nil
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
	if r.IntN(6) > 0 {
		usd := decimal(pick(r, amounts))
		q.USD = &usd
	}
	q.Provider = pick(r, providers)
	if q.Intent = r.IntN(2) == 0; q.Intent {
		q.Initiator = pick(r, makers)
	}
	for range r.IntN(3) {
		q.Destinations = append(q.Destinations, randomParty(r))
	}
	return q
}

// randomMoment is within a week, with some of each cap used up.
func randomMoment(r *rand.Rand, d policy.Document) moment {
	now := moment{at: time.UnixMilli(1_790_000_000_000 + r.Int64N(7*24*3_600_000)), used: map[string]amount.Decimal{}}
	for _, c := range d.Caps {
		if c.Per != "transaction" {
			now.used[c.ID] = decimal(pick(r, []string{"0", "0", "0.5", "1"}))
		}
	}
	return now
}

func randomParty(r *rand.Rand) signing.Party {
	p := signing.Party{Type: maybeEmpty(r, pick(r, types)), ID: maybeEmpty(r, pick(r, ids)), Address: maybeEmpty(r, pick(r, addresses))}
	if r.IntN(2) == 0 {
		p.Tag = pick(r, tags)
	}
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
