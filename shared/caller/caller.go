// Package caller says who is asking. A Caller is made by a gate from proven credentials, handed on as an argument, and
// never fished out of a context. The zero value is nobody and may do nothing.
package caller

import (
	"slices"

	"github.com/zenvault/zenvault/shared/tenant"
)

// Kind is the sort of a caller.
type Kind string

// The kinds. The zero value is nobody.
const (
	Nobody    Kind = ""
	Anonymous Kind = "anonymous" // a public route: nothing was asked for, nothing is known
	Admin     Kind = "admin"     // a person with a session
	APIKey    Kind = "api_key"   // a workspace's program
	Provider  Kind = "provider"  // a custody provider's co-signer; proven by its own signature, in the handler
	System    Kind = "system"    // one of our own workers
)

// Caller is who asks, with what right, and from where.
type Caller struct {
	Kind      Kind
	ID        string    // of the admin, the API key, the cosigner or the worker
	Via       string    // the session of an admin
	Role      Role      // of an admin
	Epoch     int64     // of an admin, when the gate let the session in
	Bare      bool      // an admin without the second factor that the stack asks for: may enrol one, and nothing else
	Workspace tenant.ID // of an API key
	Scopes    Scopes    // of an API key

	Origin Origin
	Once   Once
}

// Origin is where a request came from, as the audit entry records it.
type Origin struct {
	IP        string
	UserAgent string // cut to 256 bytes
	RequestID string
}

// Once carries a client's Idempotency-Key. The zero value means that the client sent none.
type Once struct {
	Route string // the route's name
	Key   string
	Input string // hex SHA-256 of what was asked
}

// Worker is one of our own, by its function's name. The request id is the message's or the invocation's.
func Worker(name, requestID string) Caller {
	return Caller{Kind: System, ID: name, Origin: Origin{RequestID: requestID}}
}

// May reports whether an admin's role has the permission. Every other kind has none.
func (c Caller) May(p Permission) bool {
	return c.Kind == Admin && c.Role.grants(p) && (!c.Bare || p == Enrol)
}

// Permissions are those that May grants.
func (c Caller) Permissions() []Permission {
	granted := []Permission{}
	for _, p := range grants[c.Role] {
		if c.May(p) {
			granted = append(granted, p)
		}
	}
	return granted
}

// Standing is what a login needs to know of an admin's account.
type Standing struct {
	Epoch  int64 // grows when a password, a role or a factor changes: sessions of an earlier epoch are over
	Factor bool  // a second factor is enrolled, and must be asked for
}

// Scopes are what an API key may do, as "resource:action". The zero value grants nothing; only an explicit legacy mark
// makes it a wildcard.
type Scopes struct {
	names  []string
	legacy bool
}

// NewScopes grants the named scopes.
func NewScopes(names []string) Scopes { return Scopes{names: slices.Clone(names)} }

// LegacyScopes grants everything: for keys that were issued before scopes existed and carry the explicit mark.
func LegacyScopes() Scopes { return Scopes{legacy: true} }

// Include reports whether every required scope is granted. Requiring nothing is refused: a route must name what it needs.
func (s Scopes) Include(required []string) bool {
	if len(required) == 0 {
		return false
	}
	if s.legacy {
		return true
	}
	for _, scope := range required {
		if !slices.Contains(s.names, scope) {
			return false
		}
	}
	return true
}
