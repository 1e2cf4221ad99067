package policy

import (
	"fmt"
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
	ErrOtherAsset  = fault.New(fault.Unprocessable, "policy_cap_asset_differs", "The cap is of another asset than its match.")
	ErrTooMany     = fault.New(fault.Unprocessable, "policy_too_many", "A policy has at most 2000 rules and 500 caps.")
	ErrTooLarge    = fault.New(fault.Unprocessable, "policy_too_large", "The policy is larger than 320 KiB in its stored form. Match by type instead of listing each id, or split the workspace.")
)

const (
	maxRules = 2000
	maxCaps  = 500
	maxValue = 256
	// maxText leaves room for the rest of an item, of which DynamoDB takes 400 KB (service quotas, read 2026-11).
	maxText = 320 << 10
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
	for i, limit := range d.Caps {
		if err := limit.check("/caps/"+strconv.Itoa(i), ids); err != nil {
			return err
		}
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
	if c.Per != perTransaction {
		return ErrUnsupported.Saying(`Caps are per "transaction"; other spans are not supported.`).At(at + "/per")
	}
	if err := checkValue(&c.Asset, at+"/asset"); err != nil {
		return err
	}
	if c.Match.Asset != nil && *c.Match.Asset != c.Asset {
		return ErrOtherAsset.At(at + "/match/asset")
	}
	if c.Match.Amount != nil && c.Match.Asset == nil {
		c.Match.Asset = &c.Asset // the cap names it
	}
	return c.Match.check(at + "/match")
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
	if err := checkValue(m.Asset, at+"/asset"); err != nil {
		return err
	}
	if err := m.Source.check(at + "/source"); err != nil {
		return err
	}
	if err := m.Destination.check(at + "/destination"); err != nil {
		return err
	}
	return m.checkAmount(at)
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
	return first(checkValue(d.Type, at+"/type"), checkValue(d.ID, at+"/id"), checkValue(d.Address, at+"/address"))
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

// stored checks a document and gives its stored form.
func (d Document) stored() ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	text, err := d.text()
	if err != nil {
		return nil, fmt.Errorf("writing a policy: %w", err)
	}
	if len(text) > maxText {
		return nil, ErrTooLarge
	}
	return text, nil
}
