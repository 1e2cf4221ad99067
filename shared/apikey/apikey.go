// Package apikey is the credentials of workspaces' programs: made with scopes, shown once, kept as a hash, revoked.
package apikey

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/label"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/tenant"
)

const idPrefix = "key"

// Key is a credential as it is kept; the secret itself is not.
type Key struct {
	ID        string
	Workspace tenant.ID
	Name      string
	Scopes    []string
	Legacy    bool // issued before scopes existed: an empty list means all of them
	Prefix    string
	Last      string // the last characters of the secret, for telling keys apart
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it is good

	hash   []byte
	pepper string // the id of the master key that the pepper was derived from
}

// The rules' faults.
var (
	ErrNotFound = fault.New(fault.NotFound, "api_key_not_found", "There is no such API key.")
	ErrName     = fault.New(fault.Unprocessable, "api_key_name_invalid",
		"A key's name has 1 to 100 printable characters and no blanks around it.").At("/name")
	ErrNoScopes = fault.New(fault.Unprocessable, "scopes_required",
		"A key needs at least one scope; an empty list would grant nothing.").At("/scopes")
	ErrScope = fault.New(fault.Unprocessable, "scope_unknown",
		"This is not a scope. The scopes are: "+strings.Join(caller.AllScopes(), ", ")+".")
	ErrScopeTwice = fault.New(fault.Unprocessable, "scope_repeated", "This scope is given twice.")
	ErrLifetime   = fault.New(fault.Unprocessable, "lifetime_invalid",
		"A key is valid for 1 to 730 days; 365 if nothing is said.").At("/valid_for_days")
	ErrMoved  = fault.New(fault.Conflict, "api_key_changed", "The key was changed by someone else in this moment. Read it again.")
	errExists = fault.New(fault.Conflict, "api_key_exists", "This key exists.")
)

const (
	defaultDays = 365
	maxDays     = 730
)

func checkName(name string) error {
	if !label.Valid(name) {
		return ErrName
	}
	return nil
}

func checkScopes(scopes []string) error {
	if len(scopes) == 0 {
		return ErrNoScopes
	}
	for i, scope := range scopes {
		at := "/scopes/" + strconv.Itoa(i)
		if !slices.Contains(caller.AllScopes(), scope) {
			return ErrScope.At(at)
		}
		if slices.Contains(scopes[:i], scope) {
			return ErrScopeTwice.At(at)
		}
	}
	return nil
}

// grants are the scopes as the guard understands them: an empty list is a wildcard only under the explicit mark.
func (k Key) grants() caller.Scopes {
	if len(k.Scopes) == 0 && k.Legacy {
		return caller.LegacyScopes()
	}
	return caller.NewScopes(k.Scopes)
}

func (k Key) fields() audit.Fields {
	f := audit.Fields{
		"id": k.ID, "workspace": k.Workspace.String(), "name": k.Name, "scopes": k.Scopes,
		"expires_at": k.ExpiresAt, "hash": secret.NewBytes(k.hash), "revoked_at": nil,
	}
	if !k.RevokedAt.IsZero() {
		f["revoked_at"] = k.RevokedAt
	}
	return f
}

// Peppers derives the keys that secrets are hashed with; the master keyring does.
type Peppers interface {
	NewestID() string
	DeriveWith(keyID, purpose, context string) (secret.Bytes, error)
}

// Workspaces tells whether a workspace is there: nil, its "not found", or the database's fault.
type Workspaces func(ctx context.Context, id tenant.ID) error

// Service is what the API key routes are made of.
type Service struct {
	Ledger     *ledger.Ledger
	Peppers    Peppers    // nil where no key is made
	Workspaces Workspaces // nil where none is asked for
}

const purpose = "apikey-pepper"
