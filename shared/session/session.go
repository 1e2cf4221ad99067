// Package session is an admin's logins: a family of refresh tokens for each, of which one is good at a time, and the
// short-lived access tokens that it yields.
package session

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session/access"
)

const (
	idPrefix    = "ses"
	adminPrefix = "adm"
)

// The bounds of a session.
const (
	idle     = 8 * time.Hour  // without a refresh
	absolute = 24 * time.Hour // whatever happens
)

// State is whether a session's tokens are worth anything.
type State string

// The states.
const (
	Active       State = "active"
	RevokedReuse State = "revoked_reuse" // a refresh token came back that had been replaced
	Ended        State = "ended"         // its admin logged out, or ended it from another one
)

// Session is one login and its family of refresh tokens. No token is stored: the good one is told by its generation.
type Session struct {
	ID         string // "ses_<ulid>"
	Admin      string // "adm_<ulid>"
	State      State
	Generation int64     // of the refresh token that is good
	Repeats    int64     // how often that token was given again to who lost it
	Replays    int64     // how often a replaced token came back after the revocation
	CreatedAt  time.Time // of the login
	RotatedAt  time.Time // when the good token was made
	Until      time.Time // the absolute end
	Epoch      int64     // the admin's, at the login

	keyID  string // of the master key that authenticates the tokens
	client client // who was given the good token
}

// client tells one device from another, as far as a server can.
type client struct{ ip, userAgent string }

func clientOf(who caller.Caller) client { return client{who.Origin.IP, who.Origin.UserAgent} }

// Live reports whether the session's access tokens are good at a time.
func (s Session) Live(now time.Time) bool { return s.State == Active && !s.expired(now) }

func (s Session) expired(now time.Time) bool {
	return !now.Before(s.Until) || !now.Before(s.RotatedAt.Add(idle))
}

// The rules' faults.
var (
	ErrRefresh = fault.New(fault.Unauthenticated, "invalid_refresh_token", "The refresh token is not valid. Log in again.")
	ErrSecond  = fault.New(fault.Unauthenticated, "invalid_second_factor",
		"The code is wrong or was used before, or the login took too long. Take the next code, or log in again.")
	ErrOwn = fault.New(fault.Forbidden, "own_account",
		"These are your own sessions. End them one by one, or all with POST /v1/auth/logout-all.")
	ErrNotFound = fault.New(fault.NotFound, "session_not_found", "There is no such session.")
	ErrEnded    = fault.New(fault.Unauthenticated, "session_ended", "This session was ended in this moment. Log in again.")
	ErrRaced    = fault.New(fault.Conflict, "refresh_raced",
		"Another request is using this refresh token at the same moment. Use the token that it was answered.")
	errOver    = fault.New(fault.Unauthenticated, "admin_changed_since", "The admin is disabled or was changed since.") // never shown
	errRefused = fault.New(fault.Unauthenticated, "invalid_credentials", "The e-mail address or the password is wrong.")
	errMoved   = fault.New(fault.Conflict, "session_changed", "The session was changed in this moment. Retry.")
	errExists  = fault.New(fault.Conflict, "session_exists", "This session exists.")
)

func (s Session) fields() audit.Fields {
	return audit.Fields{
		"id": s.ID, "admin": s.Admin, "state": string(s.State), "generation": s.Generation, "repeats": s.Repeats,
		"replays": s.Replays, "created_at": s.CreatedAt, "rotated_at": s.RotatedAt, "until": s.Until, "epoch": s.Epoch,
	}
}

func (s Session) target() audit.Target { return audit.Target{Type: "session", ID: s.ID} }

// Accounts are the admins as sessions need them.
type Accounts interface {
	// Authenticate proves an admin and gives the caller that he is. It fails with a fault of kind Unauthenticated.
	Authenticate(ctx context.Context, who caller.Caller, address string, plain, device secret.Text) (caller.Caller, caller.Standing, error)
	// Vouch makes, for a challenge, what nobody can who has the keys and not the account: 48 bytes, good until the password
	// changes. It tells Second of the known device, too. It fails with a fault of kind NotFound.
	Vouch(ctx context.Context, adminID string, device secret.Text, challenge []byte) (voucher []byte, err error)
	// Stands holds, inside another change, that an admin is there, not disabled, and still of this epoch.
	Stands(adminID string, epoch int64) ledger.Write
}

// Factors are second factors as a login needs them.
type Factors interface {
	// Second judges a code or a recovery code of an admin who has shown the password as of an epoch, if the voucher is of the
	// challenge; refused is why it is to fail whatever is shown. It gives the write that spends what was shown, for the login's
	// own transaction. It fails with the words of ErrSecond, whatever is wrong, after the same calls.
	Second(ctx context.Context, who caller.Caller, epoch int64, challenge, voucher []byte, code, recovery secret.Text, refused error) (spend ledger.Write, recovered bool, err error)
}

// Devices are known ones, whose wrong attempts are counted apart.
type Devices interface {
	// Remember makes the token of the device on which an admin logs in; "" if the one that it has shown is good.
	Remember(ctx context.Context, adminID string, shown secret.Text) (secret.Text, error)
}

// Epochs end all sessions of an admin at once: those of an earlier epoch are over.
type Epochs interface {
	// Epoch is the present one. It fails with a fault of kind NotFound.
	Epoch(ctx context.Context, adminID string) (int64, error)
	// EndSessions moves it on, if the caller may do that; reply is what a repeat under the same Idempotency-Key gets.
	EndSessions(ctx context.Context, who caller.Caller, adminID string, reply any) error
}

// Keys derives the keys that refresh tokens and challenges are authenticated with; the master keyring does.
type Keys interface {
	NewestID() string
	DeriveWith(keyID, purpose, context string) (secret.Bytes, error)
}

// Service is what the session routes are made of. What a route does not need is nil in it.
type Service struct {
	Ledger   *ledger.Ledger
	Accounts Accounts
	Factors  Factors
	Devices  Devices
	Epochs   Epochs
	Keys     Keys
	Tokens   access.Issuer
}
