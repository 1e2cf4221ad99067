// Package apikey is the credentials of workspaces' programs: made with scopes, shown once, kept as a hash, replaced with an
// overlap, bound to where they are used from and to a private key if wanted, revoked.
package apikey

import (
	"context"
	"fmt"
	"log/slog"
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
	Sources   Sources
	Signing   Signing
	Prefix    string
	CreatedAt time.Time
	RotatedAt time.Time // zero if it never was
	RevokedAt time.Time // zero while it is good
	Secrets   []Secret  // the newest first; there is always one
}

// Secret is one of a key's secrets, of which an earlier one works beside the newest until its overlap ends.
type Secret struct {
	Generation int64  // counts the key's secrets from 1
	Last       string // its last characters, for telling secrets apart
	Until      time.Time

	hash   []byte
	pepper string // the id of the master key that the pepper was derived from
}

// maxSecrets is how many a key may have: the newest, and two that it has replaced.
const maxSecrets = 3

// newest is the secret that the key's own expiry is about.
func (k Key) newest() Secret { return k.Secrets[0] }

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
	ErrEnded      = fault.New(fault.Conflict, "api_key_ended", "The key is revoked or has expired. Create a new one.")
	ErrMoved      = fault.New(fault.Conflict, "api_key_changed", "The key was changed by someone else in this moment. Read it again.")
	ErrUnreadable = fault.New(fault.Internal, "api_key_unreadable", "The stored key can't be read. It lets nobody in. Tell your operator.")
	errExists     = fault.New(fault.Conflict, "api_key_exists", "This key exists.")
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

// ended reports whether no secret of the key will ever work again.
func (k Key) ended(now time.Time) bool { return !k.RevokedAt.IsZero() || !now.Before(k.newest().Until) }

func (k Key) target() audit.Target { return audit.Target{Type: "apikey", ID: k.ID} }

func (k Key) fields() audit.Fields {
	f := audit.Fields{
		"id": k.ID, "workspace": k.Workspace.String(), "name": k.Name, "scopes": k.Scopes, "scope_mode": k.scopeMode(),
		"expires_at": k.newest().Until, "hash": secret.NewBytes(k.newest().hash), "generation": k.newest().Generation, "revoked_at": nil,
		"allowed_sources": nil, "signature_mode": nil, "public_key_sha256": nil, // from anywhere, without signatures
	}
	if k.Sources.listed {
		f["allowed_sources"] = k.Sources.Texts()
	}
	if k.Signing.PublicKey != nil {
		f["signature_mode"], f["public_key_sha256"] = k.Signing.mode(), k.Signing.PublicKey.Fingerprint()
	}
	earlier := []string{}
	for _, s := range k.Secrets[1:] {
		earlier = append(earlier, fmt.Sprintf("%d until %d", s.Generation, s.Until.UnixMilli())) // Unix ms, as everywhere
	}
	f["earlier_secrets"] = earlier
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

// Service is what the API key routes, and the gate of all routes for API keys, are made of.
type Service struct {
	Ledger     *ledger.Ledger
	Peppers    Peppers    // nil where no key is made or used
	Workspaces Workspaces // nil where none is asked for
	Marks      Marks      // what is remembered for a while: nonces, and when keys were last used
	Uses       *Uses      // nil where no key is used
	Issuer     string     // the URL that signed requests are for
	Log        *slog.Logger
}

// warn tells the operator of trouble that no client is told of. Errors of stored forms name attributes, never values.
func (s Service) warn(text, keyID string, err error) {
	if s.Log != nil {
		s.Log.Warn(text, "api_key", keyID, "error", err.Error())
	}
}
