// Package audit is the entry that every mutation leaves: who did what to what, before and after, from where. The entries
// of one target form a chain, each holding the hash of the one before it.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
)

// Target is what an entry is about.
type Target struct {
	Type string // the domain's noun, such as "workspace"
	ID   string
}

func (t Target) String() string { return t.Type + "/" + t.ID }

// Actor is who acted, as it is kept.
type Actor struct {
	Kind caller.Kind
	ID   string
	Via  string // the session, for an admin
}

// Severity is how much a person should care. Routine entries have none.
type Severity string

// The severities of security events. The empty one is routine.
const (
	Notice   Severity = "notice"   // worth knowing: somebody used a recovery code
	Warning  Severity = "warning"  // worth a look: an account is locked, a disabled key is used
	Critical Severity = "critical" // somebody has what they should not: a refresh token was used twice
)

// Entry is one link of a target's chain.
type Entry struct {
	ID        string // "aud_<ulid>"
	Time      time.Time
	Actor     Actor
	Action    string // "<domain>.<verb>"
	Severity  Severity
	Target    Target
	Workspace string // "" where no workspace is concerned
	Before    Fields // the changed fields only
	After     Fields
	IP        string
	UserAgent string
	RequestID string

	Version int64  // of the target: 1 is its creation
	Prev    string // the hash of version-1, "" for the first
	Hash    string // of Canonical
}

// Canonical is the byte form that is hashed: the entry without its hash as JSON in the canonical form of RFC 8785. Two
// programs that read the same entry make the same bytes.
func (e Entry) Canonical() ([]byte, error) { return e.canonical(e.Before, e.After) }

// ComputeHash is the hex SHA-256 of Canonical.
func (e Entry) ComputeHash() (string, error) { return hash(e.canonical(e.Before, e.After)) }

// HashEncoded is ComputeHash for who has encoded Before and After already, as Fields.JSON does.
func (e Entry) HashEncoded(before, after Encoded) (string, error) {
	return hash(e.canonical(before, after))
}

func hash(canonical []byte, err error) (string, error) {
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

func (e Entry) canonical(before, after any) ([]byte, error) {
	return appendObject(nil, Fields{
		"id":         e.ID,
		"time":       e.Time,
		"actor":      Fields{"kind": string(e.Actor.Kind), "id": e.Actor.ID, "via": e.Actor.Via},
		"action":     e.Action,
		"severity":   string(e.Severity),
		"target":     Fields{"type": e.Target.Type, "id": e.Target.ID},
		"workspace":  e.Workspace,
		"before":     before,
		"after":      after,
		"ip":         e.IP,
		"user_agent": e.UserAgent,
		"request_id": e.RequestID,
		"version":    e.Version,
		"prev":       e.Prev,
	})
}
