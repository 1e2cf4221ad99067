// Package endpoint is the addresses of workspaces' own servers that webhooks go to: what may be one, what it wants to
// hear of, and the secret that its messages are signed with.
package endpoint

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/tenant"
)

const idPrefix = "ep"

// ID is an endpoint's: "ep_<ulid>".
type ID string

// UnmarshalText parses an id from outside.
func (e *ID) UnmarshalText(text []byte) error {
	if !id.Valid(idPrefix, string(text)) {
		return errors.New("malformed endpoint id")
	}
	*e = ID(text)
	return nil
}

// State says whether anything is sent to an endpoint.
type State string

// The states. What is stored as anything else is sent nothing.
const (
	Enabled  State = "enabled"
	Disabled State = "disabled"
)

// Endpoint is one address.
type Endpoint struct {
	ID          ID
	Workspace   tenant.ID
	URL         string
	Events      []string // patterns, see checkEvents
	Description string
	State       State
	Reason      string // why it is disabled, a code
	CreatedAt   time.Time
	RotatedAt   time.Time // zero if it has its first secret

	sealed  []byte          // the signing secret, which opens only for this endpoint
	earlier []signingSecret // that it has replaced, the newest first; they may be over
}

// The rules' faults.
var (
	ErrNotFound    = fault.New(fault.NotFound, "endpoint_not_found", "There is no such webhook endpoint.")
	ErrTooMany     = fault.New(fault.Conflict, "endpoint_limit_reached", "A workspace has at most 20 webhook endpoints.")
	ErrDescription = fault.New(fault.Unprocessable, "endpoint_description_invalid",
		"A description has at most 200 printable characters.").At("/description")
	errExists = fault.New(fault.Conflict, "endpoint_exists", "This webhook endpoint exists.")
	errMoved  = fault.New(fault.Conflict, "endpoint_changed", "The endpoint was changed by someone else in this moment. Read it again.")
)

const (
	maxEndpoints   = 20
	maxDescription = 200
)

func checkDescription(text string) error {
	unprintable := func(c rune) bool { return !unicode.IsPrint(c) }
	if utf8.RuneCountInString(text) > maxDescription || strings.ContainsFunc(text, unprintable) {
		return ErrDescription
	}
	return nil
}

func (e Endpoint) fields() audit.Fields {
	f := audit.Fields{
		"id": string(e.ID), "workspace": e.Workspace.String(), "url": e.URL, "events": e.Events,
		"description": e.Description, "state": string(e.State), "reason": e.Reason, "secret": secret.NewBytes(e.sealed),
	}
	if !e.RotatedAt.IsZero() {
		ends := []string{}
		for _, s := range e.earlier {
			ends = append(ends, fmt.Sprintf("until %d", s.until.UnixMilli())) // Unix ms, as everywhere
		}
		f["rotated_at"], f["earlier_secrets"] = e.RotatedAt.UnixMilli(), ends
	}
	return f
}

func (e Endpoint) target() audit.Target { return audit.Target{Type: "endpoint", ID: string(e.ID)} }

// Place is where a sealed value belongs; moved to another, it does not open.
type Place struct {
	Table     string
	Workspace string
	Record    string
	Field     string
}

func (e Endpoint) place(field string) Place {
	return Place{Table: "endpoint", Workspace: e.Workspace.String(), Record: string(e.ID), Field: field}
}

// Sealer encrypts secrets for their place, authenticated. It is safe for concurrent use.
type Sealer interface {
	Seal(of Place, plain secret.Bytes) ([]byte, error)
	Open(of Place, sealed []byte) (secret.Bytes, error)
}

// Service is what the endpoint routes are made of, and what deliveries ask.
type Service struct {
	Ledger *ledger.Ledger
	Sealer Sealer // nil where no secret is made or used
	Rule   URLRule
}
