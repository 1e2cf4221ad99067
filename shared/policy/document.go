// Package policy is what a workspace's signing requests are judged by: rules that allow or deny, and caps that all hold.
// Nothing is allowed that no rule allows.
package policy

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/audit"
)

// Document is a policy as it is written. The order of rules and caps means nothing.
type Document struct {
	Rules []Rule `json:"rules"`
	Caps  []Cap  `json:"caps"`
}

// Rule allows or denies what it matches.
type Rule struct {
	ID     string `json:"id"`
	Effect string `json:"effect"` // "allow" or "deny"
	Match  Match  `json:"match"`
}

// Cap bounds what it matches and is of its asset. Every cap that matches must hold.
type Cap struct {
	ID     string         `json:"id"`
	Match  Match          `json:"match"`
	Per    string         `json:"per"`   // "transaction"
	Asset  string         `json:"asset"` // the provider's id of it
	Amount amount.Decimal `json:"amount"`
}

// Match is a conjunction; an absent member matches anything. The amount is the transaction's, over all destinations;
// a transaction with several destinations is judged for each of them.
type Match struct {
	Operation   *string      `json:"operation,omitempty"`
	Asset       *string      `json:"asset,omitempty"`
	Source      *Source      `json:"source,omitempty"`
	Destination *Destination `json:"destination,omitempty"`
	Amount      *Range       `json:"amount,omitempty"`
}

// Source matches where the assets come from, in the provider's words.
type Source struct {
	Type *string `json:"type,omitempty"`
	ID   *string `json:"id,omitempty"`
}

// Destination matches where they go.
type Destination struct {
	Type        *string `json:"type,omitempty"`
	ID          *string `json:"id,omitempty"`
	Address     *string `json:"address,omitempty"` // in any case in a deny or a cap; in an allow exactly, but 0x… in any case
	Whitelisted *bool   `json:"whitelisted,omitempty"`
}

// Range is a range of the amount, both ends included.
type Range struct {
	Min *amount.Decimal `json:"min,omitempty"`
	Max *amount.Decimal `json:"max,omitempty"`
}

// The effects, and the only span of a cap so far.
const (
	allow          = "allow"
	deny           = "deny"
	perTransaction = "transaction"
)

// text is the document in the canonical form of RFC 8785: what is stored, and what the digest is of.
func (d Document) text() ([]byte, error) {
	rules, caps := make([]audit.Fields, len(d.Rules)), make([]audit.Fields, len(d.Caps))
	for i, r := range d.Rules {
		rules[i] = audit.Fields{"id": r.ID, "effect": r.Effect, "match": r.Match.fields()}
	}
	for i, c := range d.Caps {
		caps[i] = audit.Fields{"id": c.ID, "match": c.Match.fields(), "per": c.Per, "asset": c.Asset, "amount": c.Amount.String()}
	}
	return audit.Fields{"rules": rules, "caps": caps}.JSON()
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (m Match) fields() audit.Fields {
	f := audit.Fields{}
	put(f, "operation", m.Operation)
	put(f, "asset", m.Asset)
	if s := m.Source; s != nil {
		source := audit.Fields{}
		put(source, "type", s.Type)
		put(source, "id", s.ID)
		f["source"] = source
	}
	if d := m.Destination; d != nil {
		destination := audit.Fields{}
		put(destination, "type", d.Type)
		put(destination, "id", d.ID)
		put(destination, "address", d.Address)
		if d.Whitelisted != nil {
			destination["whitelisted"] = *d.Whitelisted
		}
		f["destination"] = destination
	}
	if r := m.Amount; r != nil {
		f["amount"] = r.fields()
	}
	return f
}

func (r Range) fields() audit.Fields {
	f := audit.Fields{}
	if r.Min != nil {
		f["min"] = r.Min.String()
	}
	if r.Max != nil {
		f["max"] = r.Max.String()
	}
	return f
}

func put(f audit.Fields, name string, value *string) {
	if value != nil {
		f[name] = *value
	}
}
