// Package edge is where HTTP ends. A Spec says all there is to say about a route as data; Bind joins it to a domain's
// method; Serve decodes once, lets the gate decide who is asking, and turns the answer or the fault into bytes. It
// knows no domain, no Lambda and no AWS.
package edge

import (
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/limit"
)

// Spec describes one function: a route, or a worker that a queue, a clock or an operator starts. From the table of all
// specs come the deployment template, the OpenAPI document, the README's table and the guard matrix.
type Spec struct {
	Name    string // "<domain>-<verb>": the function's folder, and in CamelCase its logical id
	Summary string // one sentence, for the OpenAPI document

	Method string // of a route
	Path   string // of a route, with {parameters}
	Status int    // of success; 0 is 200
	Guard  Guard  // of a route; the zero value refuses everybody

	Queue Queue         // of a queue's worker
	Every time.Duration // of a clock's worker

	Takes string // media type of a Raw body, for the OpenAPI document
	Gives string // media type of a RawReply, likewise

	Class limit.Class // of a route, for its rate limit; "" is what follows from guard and method

	Needs   Needs
	Timeout time.Duration // 0 is 10 s
	Memory  int           // MB; 0 is 512
	Secret  bool          // the body holds a secret: no Idempotency-Key is taken, since its hash would be kept
	Hashes  bool          // hashes passwords: its concurrency is reserved, and so bounded
	MaxBody int           // bytes; 0 is 64 KiB
}

// HTTP reports whether the function is a route.
func (s Spec) HTTP() bool { return s.Path != "" }

// Needs are the rights and things that a function gets. What is not named here it can't touch: the template grants
// nothing else. (The guard's own needs are added to them.)
type Needs struct {
	Reads     []string // prefixes of vault keys read, such as "workspace#"
	Writes    []string // prefixes of vault keys written; each commit also writes an entry, and may write events
	Notes     bool     // writes nothing but audit entries: denials and observations
	Trail     bool     // reads the audit trail
	Attempts  bool     // counts attempts at what can be guessed
	Uses      bool     // reads when API keys were last used
	Events    bool     // writes events, and leaves it to the sweeper to announce them
	Announces bool     // writes events and sends to the event queue
	Delivers  bool     // sends to the delivery queues
	Posts     bool     // sends to the mail queue
	Transfers bool     // sends to the transfer queue
	Mails     bool     // sends mail through SES
	MasterKey bool     // unwraps the master key at start
	Wraps     bool     // makes new master keys, in wrapped form
	Signs     bool     // signs access tokens
	Tokens    bool     // reads the public half of the token key
	Secrets   bool     // mounts the secrets directory
}

// Queue is one of the stack's queues.
type Queue string

// The queues, by their logical ids in the template.
const (
	EventQueue    Queue = "EventQueue"    // events to fan out
	DeliveryQueue Queue = "DeliveryQueue" // first attempts
	RetryQueue    Queue = "RetryQueue"    // later attempts
	MailQueue     Queue = "MailQueue"     // letters to admins
	TransferQueue Queue = "TransferQueue" // transfers that are to be looked at
)

// Guard says who may call a route. The zero value lets nobody in.
type Guard struct {
	Kind       GuardKind
	Permission caller.Permission // of an admin
	Scopes     []string          // of an API key: all are required
}

// GuardKind is the sort of a guard.
type GuardKind uint8

// The kinds of guards.
const (
	Closed        GuardKind = iota // nobody: a forgotten guard
	PublicGuard                    // everybody
	AdminGuard                     // an admin's session whose role has the permission
	KeyGuard                       // an API key that has the scopes
	CallbackGuard                  // a provider, whose signature the handler itself verifies over the raw bytes
)

// Public lets everybody in.
func Public() Guard { return Guard{Kind: PublicGuard} }

// Admin asks for a session of an admin whose role has the permission.
func Admin(p caller.Permission) Guard { return Guard{Kind: AdminGuard, Permission: p} }

// APIKey asks for a workspace's API key with all the scopes.
func APIKey(scopes ...string) Guard { return Guard{Kind: KeyGuard, Scopes: scopes} }

// Callback leaves the proof to the handler, which gets the raw bytes.
func Callback() Guard { return Guard{Kind: CallbackGuard} }

// allows is the authorisation, after the gate has established who is asking.
func (g Guard) allows(c caller.Caller) bool {
	switch g.Kind {
	case PublicGuard:
		return c.Kind == caller.Anonymous
	case AdminGuard:
		return c.May(g.Permission)
	case KeyGuard:
		return c.Kind == caller.APIKey && !c.Workspace.IsZero() && c.Scopes.Include(g.Scopes)
	case CallbackGuard:
		return c.Kind == caller.Provider
	}
	return false
}
