// Package admin is the people who run a stack: who they are, what they may do, and how they prove it.
package admin

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/label"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

const idPrefix = "adm"

// Admin is a person with an account.
type Admin struct {
	ID        string // "adm_<ulid>"
	Email     Email
	Name      string // may be empty
	Role      caller.Role
	Invited   bool // and has not accepted: without a password, so that nothing opens the account
	Disabled  bool
	Standing  caller.Standing
	CreatedAt time.Time

	password secret.Text // a PHC string, empty while invited
	tickets  tickets     // the mailed tokens that are good
}

// The rules' faults.
var (
	ErrEmail = fault.New(fault.Unprocessable, "email_invalid",
		"This is not an e-mail address that can be used here: ASCII, one @, at most 254 characters.").At("/email")
	ErrName = fault.New(fault.Unprocessable, "admin_name_invalid",
		"A name has at most 100 printable characters and no blanks around it.").At("/name")
	ErrRole = fault.New(fault.Unprocessable, "role_invalid",
		"A role is one of owner, admin, operator, auditor.").At("/role")
	ErrEmailTaken = fault.New(fault.Conflict, "email_taken", "There is an admin with this e-mail address.").At("/email")
	ErrFounded    = fault.New(fault.Conflict, "already_founded", "There is an owner already. Log in as an owner to add admins.")
	ErrNotFound   = fault.New(fault.NotFound, "admin_not_found", "There is no such admin.")
	ErrSelf       = fault.New(fault.Forbidden, "own_account",
		"Nobody changes the own role or disables the own account. Ask another admin.")
	ErrOwnersOnly = fault.New(fault.Forbidden, "owners_only", "Only an owner makes or changes an owner.")
	ErrLastOwner  = fault.New(fault.Conflict, "last_owner", "This is the last owner who can log in. Make another one first.")
	ErrAccepted   = fault.New(fault.Conflict, "invitation_accepted", "This admin has accepted the invitation already.")

	ErrCredentials = fault.New(fault.Unauthenticated, "invalid_credentials", "The e-mail address or the password is wrong.")
	errOver        = fault.New(fault.Unauthenticated, "admin_changed_since", "The admin is disabled or was changed since.") // never shown
	errMoved       = fault.New(fault.Conflict, "admin_changed", "The admin was changed by someone else in this moment. Read it again.")
	errExists      = fault.New(fault.Conflict, "admin_exists", "This admin exists.")
)

func checkName(name string) error {
	if name != "" && !label.Valid(name) {
		return ErrName
	}
	return nil
}

func (a Admin) fields() audit.Fields {
	fields := audit.Fields{
		"id": a.ID, "email": string(a.Email), "name": a.Name, "role": string(a.Role), "invited": a.Invited, "disabled": a.Disabled,
		"factor": a.Standing.Factor, "epoch": a.Standing.Epoch, "password_hash": a.password,
	}
	a.tickets.tell(fields)
	return fields
}

func (a Admin) target() audit.Target { return audit.Target{Type: "admin", ID: a.ID} }

// Passwords hashes and verifies. Each of both takes a tenth of a second and 64 MiB.
type Passwords interface {
	// CheckWith tells whether a new password will do, beside a second factor or alone, of one whose names the words are.
	CheckWith(plain secret.Text, factor bool, words ...string) error
	Hash(ctx context.Context, plain secret.Text) (secret.Text, error)
	Verify(ctx context.Context, plain, stored secret.Text) (bool, error)
	// NeedsRehash reports whether a stored hash was made with older parameters.
	NeedsRehash(stored secret.Text) bool
	// Dummy is a hash that no password has and that takes as long as a real one.
	Dummy() secret.Text
}

// choose makes the hash of a new password of an admin. It fails with the rules for passwords, at the member.
func (s Service) choose(ctx context.Context, a Admin, plain secret.Text, member string) (secret.Text, error) {
	if err := s.check(a, plain, member); err != nil {
		return secret.Text{}, err
	}
	return s.Passwords.Hash(ctx, plain)
}

// check tells whether a new password will do for an admin as he is.
func (s Service) check(a Admin, plain secret.Text, member string) error {
	if err := s.Passwords.CheckWith(plain, a.Standing.Factor, string(a.Email), a.Name); err != nil {
		return fault.From(err).At(member)
	}
	return nil
}

// Service is what the admin functions are made of. What a function does not need is nil in it.
type Service struct {
	Ledger    *ledger.Ledger
	Passwords Passwords
	Attempts  Attempts
	Letters   Letters
	Sessions  Sessions
	Keys      Ring
}

// View is an admin as clients see it.
type View struct {
	ID        string      `json:"id"`
	Email     Email       `json:"email"`
	Name      string      `json:"name,omitempty"`
	Role      caller.Role `json:"role"`
	Invited   bool        `json:"invited"` // and has not accepted yet
	Disabled  bool        `json:"disabled"`
	Factor    bool        `json:"second_factor"` // whether one is enrolled
	CreatedAt int64       `json:"created_at"`    // Unix ms
}

func (a Admin) view() View {
	return View{a.ID, a.Email, a.Name, a.Role, a.Invited, a.Disabled, a.Standing.Factor, a.CreatedAt.UnixMilli()}
}
