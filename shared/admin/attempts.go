package admin

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// Attempts bounds guessing. It is safe for concurrent use.
type Attempts interface {
	// Reserve takes one attempt at a subject, atomically, before it is made. Locking is true for the attempt after which
	// the subject is locked, unless Return follows. It fails with a fault of kind TooMany while it is locked, and of kind
	// Unavailable where that can't be told: then the attempt must not be made.
	Reserve(ctx context.Context, subject string) (locking bool, err error)
	// Return gives the subject all its attempts back, after one of them succeeded.
	Return(ctx context.Context, subject string) error
	// Within takes one of the most that a subject has in a period, atomically; none is given back. It fails as Reserve does.
	Within(ctx context.Context, subject string, most int64, period time.Duration) error
}

// Letters has mails written later, by a worker who looks up whether there is anybody to write to. All letters are of the
// same size here, so that nothing tells a known address from an unknown one.
type Letters interface {
	// Post is durable when it returns; a letter may be posted twice.
	Post(ctx context.Context, kind, address string) error
}

// The kinds of letters.
const (
	letterReset  = "reset"
	letterLocked = "locked"
)

// The subjects of attempts. An address stands in them as its hash: what is typed into the wrong field must not be kept.
func loginSubject(e Email) string             { return "login#" + digest(string(e)) }
func devicesSubject(e Email) string           { return "devices#" + digest(string(e)) }
func lettersSubject(k string, e Email) string { return "letters#" + k + "#" + digest(string(e)) }
func selfSubject(adminID string) string       { return "self#" + adminID }

// forgotSubject is apart for every network: who asks too often for somebody else's letter keeps nobody but himself from it.
func forgotSubject(e Email, from caller.Origin) string {
	address, _ := netip.ParseAddr(from.IP) // what is none is counted as unknown
	return "forgot#" + digest(string(e)) + "#" + clientip.Key(address)
}

// What is bounded in all, whoever asks: it is more than anybody needs, and soon over.
const (
	devicesMost   = 50 // attempts from all known devices of an address
	devicesPeriod = 24 * time.Hour
	resetsMost    = 10 // links to one address. When they are used up, the last ones are still good
	lockedMost    = 1  // letters that an address is locked
	lettersPeriod = time.Hour
)

// locked tells that an attempt was refused because there were too many.
func locked(err error) bool { return err != nil && fault.From(err).Kind == fault.TooMany }

const lockedAccount = "locked_account"

// tellLocked says that an address was locked just now: a security event, and a letter to whoever has the address, if
// there was none in the last hour.
func (s Service) tellLocked(ctx context.Context, who caller.Caller, email Email) error {
	err := s.recordLocked(ctx, who, email)
	if err != nil || email == "" {
		return err
	}
	if err := s.Attempts.Within(ctx, lettersSubject(letterLocked, email), lockedMost, lettersPeriod); err != nil {
		if locked(err) {
			return nil
		}
		return err
	}
	return s.post(ctx, letterLocked, email)
}

// recordLocked makes the security event alone.
func (s Service) recordLocked(ctx context.Context, who caller.Caller, email Email) error {
	return s.Ledger.Deny(ctx, ledger.Denial{
		By: who, Action: "admin.locked", Subject: subjectOf(email), Why: lockedAccount, Severity: audit.Warning})
}

var errPost = fault.New(fault.Unavailable, "unavailable", "The mail queue did not answer. Retry.")

func (s Service) post(ctx context.Context, kind string, to Email) error {
	if err := s.Letters.Post(ctx, kind, string(to)); err != nil {
		return errPost.Because(err)
	}
	return nil
}

// subjectOf names an address in the trail.
func subjectOf(email Email) string { return "email/" + digest(string(email)) }

// ErrPassword is told for a wrong password of somebody who is logged in.
var ErrPassword = fault.New(fault.Forbidden, "wrong_password", "This is not your present password.").At("/current_password")

// reauthenticate proves an admin who is logged in once more, by the password: a session that was stolen must not be enough
// for what outlasts it. It gives the admin as he is. It fails with ErrPassword, or a fault of kind TooMany.
func (s Service) reauthenticate(ctx context.Context, who caller.Caller, plain secret.Text) (Admin, ledger.Version, error) {
	locking, err := s.Attempts.Reserve(ctx, selfSubject(who.ID))
	if err != nil {
		return Admin{}, ledger.Version{}, err
	}
	a, at, err := s.find(ctx, who.ID)
	if err != nil {
		return Admin{}, ledger.Version{}, err
	}
	right, err := s.Passwords.Verify(ctx, plain, a.password)
	if err != nil {
		return Admin{}, ledger.Version{}, err
	}
	if right {
		return a, at, s.Attempts.Return(ctx, selfSubject(who.ID))
	}
	err = s.Ledger.Deny(ctx, ledger.Denial{By: who, Action: "admin.reauthenticate_denied", Subject: "admin/" + who.ID, Why: wrongPassword})
	if locking && err == nil { // no letter: logging in is not what is paused
		err = s.recordLocked(ctx, who, a.Email)
	}
	if err == nil {
		err = ErrPassword.Because(errors.New(wrongPassword))
	}
	return Admin{}, ledger.Version{}, err
}
