package policy

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/fault"
)

// The rules about a document. Each fault names the member.
var (
	ErrID          = fault.New(fault.Unprocessable, "policy_id_invalid", "An id has 1 to 64 characters of a-z, 0-9, dot, dash and underscore, the first a letter or digit.")
	ErrIDTwice     = fault.New(fault.Unprocessable, "policy_id_repeated", "This id is used by another rule or cap of the document.")
	ErrEffect      = fault.New(fault.Unprocessable, "policy_effect_invalid", `An effect is "allow" or "deny".`)
	ErrUnsupported = fault.New(fault.Unprocessable, "policy_value_unsupported", "This value is not supported.")
	ErrValue       = fault.New(fault.Unprocessable, "policy_value_invalid", "A value has 1 to 256 printable characters and no blanks around it. Leave the member out to match anything.")
	ErrEmpty       = fault.New(fault.Unprocessable, "policy_match_empty", "This says nothing. Leave the member out to match anything.")
	ErrNoAsset     = fault.New(fault.Unprocessable, "policy_amount_without_asset", "An amount is one of an asset: name it in the same match.")
	ErrRange       = fault.New(fault.Unprocessable, "policy_amount_range_invalid", "The smallest amount is above the largest.")
	ErrUnit        = fault.New(fault.Unprocessable, "policy_cap_unit", `A cap has exactly one of "amount" (with its "asset"), "usd" and "count".`)
	ErrCountEach   = fault.New(fault.Unprocessable, "policy_cap_count_span", `A count is one of transactions in a window or a lifetime: each transaction alone counts as one.`)
	ErrCount       = fault.New(fault.Unprocessable, "policy_cap_count_invalid", "A count is at least 1. To allow nothing, write a deny.")
	ErrPer         = fault.New(fault.Unprocessable, "policy_cap_per_invalid", `A cap is per "transaction", "window" or "lifetime".`)
	ErrWindow      = fault.New(fault.Unprocessable, "policy_cap_window_invalid", "A window has 1 to 744 hours (31 days).")
	ErrNoWindow    = fault.New(fault.Unprocessable, "policy_cap_window_unused", `Only a cap per "window" has window_hours.`)
	ErrHours       = fault.New(fault.Unprocessable, "policy_hours_invalid", "Hours are 0 to 24, in UTC, both or none of them, and not the same.")
	ErrWeekday     = fault.New(fault.Unprocessable, "policy_weekday_invalid", `Weekdays are "monday" to "sunday", each at most once.`)
	ErrOtherAsset  = fault.New(fault.Unprocessable, "policy_cap_asset_differs", "The cap is of another asset than its match.")
	ErrTooMany     = fault.New(fault.Unprocessable, "policy_too_many", "A policy has at most 10000 rules and 500 caps.")
	ErrTooManySpan = fault.New(fault.Unprocessable, "policy_too_many_caps_over_time", "A policy has at most 90 caps per window or lifetime: all that match are counted in one transaction.").At("/caps")
	ErrTooLarge    = fault.New(fault.Unprocessable, "policy_too_large", "The policy is too large: at most 2 MiB in its canonical form, and 320 KiB of that compressed. Match by type instead of listing each id, or split the workspace.")
)

const (
	maxRules = 10_000
	maxCaps  = 500
	// maxSpans is bounded by what a transaction takes: 100 items (DynamoDB service quotas, read 2026-11), ten of which are
	// left to the decision itself.
	maxSpans = 90
	maxValue = 256
	maxHours = 744
)

// operations are those that a policy can judge.
var operations = map[string]bool{"TRANSFER": true}

// maxID is the longest id, in bytes.
const maxID = 64

// validID is 1 to 64 of a-z, 0-9, dot, dash and underscore, the first a letter or digit.
func validID(id string) bool {
	const first = "abcdefghijklmnopqrstuvwxyz0123456789"
	return id != "" && len(id) <= maxID && strings.Trim(id, first+"._-") == "" && strings.Trim(id[:1], first) == ""
}

// check looks at the whole document and fails at the first member that breaks a rule.
func (d Document) check() error {
	if len(d.Rules) > maxRules {
		return ErrTooMany.At("/rules")
	}
	if len(d.Caps) > maxCaps {
		return ErrTooMany.At("/caps")
	}
	ids := map[string]bool{}
	for i, rule := range d.Rules {
		if err := rule.check("/rules/"+strconv.Itoa(i), ids); err != nil {
			return err
		}
	}
	spans := 0
	for i, c := range d.Caps {
		if err := c.check("/caps/"+strconv.Itoa(i), ids); err != nil {
			return err
		}
		if c.overTime() {
			spans++
		}
	}
	if spans > maxSpans {
		return ErrTooManySpan
	}
	return nil
}

func (r Rule) check(at string, ids map[string]bool) error {
	if err := checkID(r.ID, at, ids); err != nil {
		return err
	}
	if r.Effect != allow && r.Effect != deny {
		return ErrEffect.At(at + "/effect")
	}
	return r.Match.check(at + "/match")
}

func (c Cap) check(at string, ids map[string]bool) error {
	if err := checkID(c.ID, at, ids); err != nil {
		return err
	}
	if err := first(c.checkSpan(at), c.checkUnit(at)); err != nil {
		return err
	}
	if c.Match.Amount != nil && c.Match.Asset == nil && c.Amount != nil {
		c.Match.Asset = &c.Asset // the cap names it
	}
	return c.Match.check(at + "/match")
}

func (c Cap) checkSpan(at string) error {
	switch {
	case c.Per != perTransaction && c.Per != perWindow && c.Per != perLifetime:
		return ErrPer.At(at + "/per")
	case c.Per == perWindow && (c.Hours < 1 || c.Hours > maxHours):
		return ErrWindow.At(at + "/window_hours")
	case c.Per != perWindow && c.Hours != 0:
		return ErrNoWindow.At(at + "/window_hours")
	}
	return nil
}

func (c Cap) checkUnit(at string) error {
	switch {
	case c.Amount != nil && (c.USD != nil || c.Count != 0), c.USD != nil && c.Count != 0, c.Amount == nil && c.Asset != "":
		return ErrUnit.At(at)
	case c.Amount != nil:
		if c.Match.Asset != nil && *c.Match.Asset != c.Asset {
			return ErrOtherAsset.At(at + "/match/asset")
		}
		return checkValue(&c.Asset, at+"/asset")
	case c.USD != nil:
		return nil
	case c.Count == 0:
		return ErrUnit.At(at)
	case c.Count < 0:
		return ErrCount.At(at + "/count")
	case c.Per == perTransaction:
		return ErrCountEach.At(at + "/count")
	}
	return nil
}

func checkID(id, at string, ids map[string]bool) error {
	if !validID(id) {
		return ErrID.At(at + "/id")
	}
	if ids[id] {
		return ErrIDTwice.At(at + "/id")
	}
	ids[id] = true
	return nil
}

func (m Match) check(at string) error {
	if m.Operation != nil && !operations[*m.Operation] {
		return ErrUnsupported.Saying(`The only operation that a policy can judge is "TRANSFER"; all others are rejected.`).At(at + "/operation")
	}
	return first(checkValue(m.Provider, at+"/provider"), checkValue(m.Asset, at+"/asset"), m.Source.check(at+"/source"),
		m.Destination.check(at+"/destination"), m.checkAmount(at), checkValue(m.Initiator, at+"/initiator"), m.Time.check(at+"/time"))
}

func (m Match) checkAmount(at string) error {
	r := m.Amount
	switch {
	case r == nil:
		return nil
	case r.Min == nil && r.Max == nil:
		return ErrEmpty.At(at + "/amount")
	case m.Asset == nil:
		return ErrNoAsset.At(at + "/amount")
	case r.Min != nil && r.Max != nil && r.Min.Compare(*r.Max) > 0:
		return ErrRange.At(at + "/amount")
	}
	return nil
}

func (s *Source) check(at string) error {
	if s == nil {
		return nil
	}
	if *s == (Source{}) {
		return ErrEmpty.At(at)
	}
	return first(checkValue(s.Type, at+"/type"), checkValue(s.ID, at+"/id"))
}

func (d *Destination) check(at string) error {
	if d == nil {
		return nil
	}
	if *d == (Destination{}) {
		return ErrEmpty.At(at)
	}
	return first(checkValue(d.Type, at+"/type"), checkValue(d.ID, at+"/id"), checkValue(d.Address, at+"/address"),
		checkValue(d.Tag, at+"/tag"))
}

func (h *Hours) check(at string) error {
	if h == nil {
		return nil
	}
	if len(h.Weekdays) == 0 && h.From == nil && h.Until == nil {
		return ErrEmpty.At(at)
	}
	for i, name := range h.Weekdays {
		if _, known := weekdays[name]; !known || slices.Contains(h.Weekdays[:i], name) {
			return ErrWeekday.At(at + "/weekdays/" + strconv.Itoa(i))
		}
	}
	switch {
	case h.From == nil && h.Until == nil:
		return nil
	case h.From == nil || h.Until != nil && *h.From == *h.Until || *h.From < 0 || *h.From > 23:
		return ErrHours.At(at + "/from_hour")
	case h.Until == nil || *h.Until < 1 || *h.Until > 24:
		return ErrHours.At(at + "/until_hour")
	}
	return nil
}

func checkValue(value *string, at string) error {
	if value == nil {
		return nil
	}
	if *value == "" || strings.TrimSpace(*value) != *value || utf8.RuneCountInString(*value) > maxValue {
		return ErrValue.At(at)
	}
	for _, c := range *value {
		if !unicode.IsPrint(c) {
			return ErrValue.At(at)
		}
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
