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

// Cap bounds what it matches, in one unit: an amount of an asset, a value in USD, or a number of transactions. Every cap
// that matches must hold.
type Cap struct {
	ID     string          `json:"id"`
	Match  Match           `json:"match"`
	Per    string          `json:"per"`                    // "transaction", "window" or "lifetime"
	Hours  int64           `json:"window_hours,omitempty"` // of a window
	Asset  string          `json:"asset,omitempty"`        // the provider's id of it, with amount
	Amount *amount.Decimal `json:"amount,omitempty"`
	USD    *amount.Decimal `json:"usd,omitempty"`
	Count  int64           `json:"count,omitempty"`
}

// Match is a conjunction; an absent member matches anything. The amount is the transaction's, over all destinations;
// a transaction with several destinations is judged for each of them.
type Match struct {
	Provider    *string      `json:"provider,omitempty"`
	Operation   *string      `json:"operation,omitempty"`
	Asset       *string      `json:"asset,omitempty"`
	Source      *Source      `json:"source,omitempty"`
	Destination *Destination `json:"destination,omitempty"`
	Amount      *Range       `json:"amount,omitempty"`
	Initiator   *string      `json:"initiator,omitempty"` // the API key that made the transfer
	Intent      *bool        `json:"intent,omitempty"`    // whether the transfer was made through zenvault
	Time        *Hours       `json:"time,omitempty"`      // of the decision
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
	Tag         *string `json:"tag,omitempty"`     // memo or destination tag
	Whitelisted *bool   `json:"whitelisted,omitempty"`
}

// Range is a range of the amount, both ends included.
type Range struct {
	Min *amount.Decimal `json:"min,omitempty"`
	Max *amount.Decimal `json:"max,omitempty"`
}

// Hours matches when it is decided, in UTC: on some weekdays, between two full hours. From 22 until 6 is over midnight.
type Hours struct {
	Weekdays []string `json:"weekdays,omitempty"` // "monday" to "sunday"; none is all. The day is that of the decision.
	From     *int64   `json:"from_hour,omitempty"`
	Until    *int64   `json:"until_hour,omitempty"` // not included; 24 is midnight
}

// The effects, and what a cap can be per.
const (
	allow          = "allow"
	deny           = "deny"
	perTransaction = "transaction"
	perWindow      = "window"
	perLifetime    = "lifetime"
)

// text is the document in the canonical form of RFC 8785: what is stored, and what the digest is of.
func (d Document) text() ([]byte, error) {
	rules, caps := make([]audit.Fields, len(d.Rules)), make([]audit.Fields, len(d.Caps))
	for i, r := range d.Rules {
		rules[i] = audit.Fields{"id": r.ID, "effect": r.Effect, "match": r.Match.fields()}
	}
	for i, c := range d.Caps {
		caps[i] = c.fields()
	}
	return audit.Fields{"rules": rules, "caps": caps}.JSON()
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (c Cap) fields() audit.Fields {
	f := audit.Fields{"id": c.ID, "match": c.Match.fields(), "per": c.Per}
	if c.Hours != 0 {
		f["window_hours"] = c.Hours
	}
	switch {
	case c.Amount != nil:
		f["asset"], f["amount"] = c.Asset, c.Amount.String()
	case c.USD != nil:
		f["usd"] = c.USD.String()
	default:
		f["count"] = c.Count
	}
	return f
}

func (m Match) fields() audit.Fields {
	f := audit.Fields{}
	put(f, "provider", m.Provider)
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
		put(destination, "tag", d.Tag)
		put(destination, "whitelisted", d.Whitelisted)
		f["destination"] = destination
	}
	if r := m.Amount; r != nil {
		f["amount"] = r.fields()
	}
	put(f, "initiator", m.Initiator)
	put(f, "intent", m.Intent)
	if m.Time != nil {
		f["time"] = m.Time.fields()
	}
	return f
}

func (h Hours) fields() audit.Fields {
	f := audit.Fields{}
	if len(h.Weekdays) > 0 {
		f["weekdays"] = h.Weekdays
	}
	put(f, "from_hour", h.From)
	put(f, "until_hour", h.Until)
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

func put[T any](f audit.Fields, name string, value *T) {
	if value != nil {
		f[name] = *value
	}
}
