package admin

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// nobody is read where no admin is found, so that the reads are the same: no admin has this id.
var nobody = id.Floor(idPrefix, time.UnixMilli(0))

// The reasons of a refusal, for the trail alone.
const (
	unknownAccount  = "unknown_account"
	invitedAccount  = "invited_account"
	disabledAccount = "disabled_account"
	wrongPassword   = "wrong_password"
)

// Authenticate proves an admin by address and password, and gives the caller that he is and where the account
// stands. It fails with ErrCredentials, which is recorded, whatever is wrong: the reads, the attempt, the hash and the
// record are the same for every failure, so that nobody learns who has an account; only a locked address is not hashed
// for, an admin's or not. The attempt is reserved before anything is hashed, on a known device apart from all others. A
// good login gives the attempts back, and upgrades a hash that was made with older parameters.
func (s Service) Authenticate(ctx context.Context, who caller.Caller, address string, plain, device secret.Text) (caller.Caller, caller.Standing, error) {
	email, _ := ParseEmail(address) // a malformed one is an address that nobody has
	item, err := s.lookUp(ctx, email)
	if err != nil {
		return caller.Caller{}, caller.Standing{}, err
	}
	a, known := s.account(item)
	subject, locking, err := s.reserve(ctx, email, s.device(a, device))
	if err != nil && !locked(err) {
		return caller.Caller{}, caller.Standing{}, err
	}
	closed, right := err != nil, false
	if !closed {
		if right, err = s.Passwords.Verify(ctx, plain, a.password); err != nil {
			return caller.Caller{}, caller.Standing{}, err
		}
	}
	if why := refusal(closed, known, a, right); why != "" {
		return caller.Caller{}, caller.Standing{}, s.deny(ctx, who, email, why, locking)
	}
	if err := s.Attempts.Return(ctx, subject); err != nil {
		return caller.Caller{}, caller.Standing{}, err
	}
	proven := caller.Caller{Kind: caller.Admin, ID: a.ID, Role: a.Role, Origin: who.Origin}
	return proven, a.Standing, s.upgrade(ctx, proven, a, item.Version(), plain)
}

// reserve takes an attempt at an address. A known device has its own, until all of them have had too many: then it is a
// stranger. To have a token that makes one a device, and one call more, somebody has logged in: it tells nobody anything.
func (s Service) reserve(ctx context.Context, email Email, device string) (subject string, locking bool, err error) {
	subject = loginSubject(email)
	if device != "" {
		err := s.Attempts.Within(ctx, devicesSubject(email), devicesMost, devicesPeriod)
		if err != nil && !locked(err) {
			return "", false, err
		}
		if err == nil {
			subject += "#" + device
		}
	}
	locking, err = s.Attempts.Reserve(ctx, subject)
	return subject, locking, err
}

// lookUp reads twice, on a miss as well.
func (s Service) lookUp(ctx context.Context, email Email) (ledger.Item, error) {
	claim, err := s.Ledger.GetOne(ctx, emailKey(email))
	if err != nil {
		return nil, err
	}
	owner, found := claim["admin"].(string)
	if !found {
		owner = nobody
	}
	return s.Ledger.GetOne(ctx, Key(owner))
}

// account reads an admin; where there is none, or none that can be read, it gives one that no password opens.
func (s Service) account(item ledger.Item) (Admin, bool) {
	if item != nil {
		a, err := Parse(item)
		if err == nil && a.Invited {
			a.password = s.Passwords.Dummy()
		}
		if err == nil {
			return a, true
		}
	}
	return Admin{password: s.Passwords.Dummy()}, false
}

func refusal(closed, known bool, a Admin, right bool) string {
	switch {
	case closed:
		return lockedAccount
	case !known:
		return unknownAccount
	case a.Invited:
		return invitedAccount
	case a.Disabled:
		return disabledAccount
	case !right:
		return wrongPassword
	}
	return ""
}

// deny records the attempt under the hash of the address. One that locks the address is told of besides.
func (s Service) deny(ctx context.Context, who caller.Caller, email Email, why string, locking bool) error {
	err := s.Ledger.Deny(ctx, ledger.Denial{By: who, Action: "admin.login_denied", Subject: subjectOf(email), Why: why})
	if locking && err == nil {
		err = s.tellLocked(ctx, who, email)
	}
	if err != nil {
		return err
	}
	return ErrCredentials.Because(errors.New(why))
}

// upgrade replaces a hash of older parameters. If another login does it at the same moment, that will do.
func (s Service) upgrade(ctx context.Context, proven caller.Caller, a Admin, at ledger.Version, plain secret.Text) error {
	if !s.Passwords.NeedsRehash(a.password) {
		return nil
	}
	hash, err := s.Passwords.Hash(ctx, plain)
	if err != nil {
		return err
	}
	before := a.fields()
	a.password = hash
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: proven, Action: "admin.rehash", Target: a.target(), Before: before, After: a.fields(),
		Key: Key(a.ID), Prior: at, Item: a.item(), Else: errMoved,
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}
