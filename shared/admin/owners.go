package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

// ownersKey is where the owners who can log in are counted. Whatever makes one, or one less, moves the count in its own
// transaction under the condition that it is what was read: two who are removed at once can't both be the last but one.
var ownersKey = ledger.Key{PK: FounderKeys, SK: "owners"}

var errCount = fault.New(fault.Conflict, "owners_changed", "The owners were changed by someone else in this moment. Retry.")

// firstOwner begins the count.
var firstOwner = ledger.Write{Key: ownersKey, Put: ledger.Item{"count": int64(1)}, If: ledger.Absent(), Else: ErrFounded}

// counts tells an owner who can log in.
func (a Admin) counts() int64 {
	if a.Role == caller.Owner && !a.Invited && !a.Disabled {
		return 1
	}
	return 0
}

// count is the write that moves the count of owners, none if it stays. It fails with ErrLastOwner.
func (s Service) count(ctx context.Context, before, after Admin) ([]ledger.Write, error) {
	step := after.counts() - before.counts()
	if step == 0 {
		return nil, nil
	}
	item, err := s.Ledger.GetOne(ctx, ownersKey)
	if err != nil {
		return nil, err
	}
	r := item.Read()
	owners := r.Int("count")
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("reading the count of owners: %w", err)
	}
	if owners+step < 1 {
		return nil, ErrLastOwner
	}
	return []ledger.Write{{Key: ownersKey, Put: ledger.Item{"count": owners + step}, If: ledger.Is("count", owners), Else: errCount}}, nil
}

// maxTries bounds how often a change is judged anew because what it was judged by has moved.
const maxTries = 8

// errSame is a judge's, where there is nothing to change.
var errSame = errors.New("the admin is so already")

// alter changes an admin. The change is judged by what is stored, and judged anew if that moves meanwhile: judge gives the
// admin as he shall be, errSame or a fault. It fails with ErrNotFound, ErrLastOwner, the judge's fault, or errMoved if the
// admin never stands still.
func (s Service) alter(ctx context.Context, adminID string, judge func(Admin) (Admin, error), change ledger.Change) (Admin, error) {
	for try := 1; ; try++ {
		before, at, err := s.find(ctx, adminID)
		if err != nil {
			return Admin{}, err
		}
		after, err := judge(before)
		if errors.Is(err, errSame) {
			return before, nil
		}
		if err == nil {
			err = s.put(ctx, before, at, after, change)
		}
		moved := errors.Is(err, errMoved) || errors.Is(err, errCount)
		switch {
		case err == nil:
			return after, nil
		case !moved || try == maxTries:
			return Admin{}, err
		}
	}
}

// put commits a change of an admin who was read at a version.
func (s Service) put(ctx context.Context, before Admin, at ledger.Version, after Admin, c ledger.Change) error {
	count, err := s.count(ctx, before, after)
	if err != nil {
		return err
	}
	c.Target, c.Before, c.After = after.target(), before.fields(), after.fields()
	c.Key, c.Prior, c.Item, c.Else = Key(after.ID), at, after.item(), errMoved
	c.Also = append(count, c.Also...)
	if c.Reply == nil {
		c.Reply = after.view()
	}
	_, err = s.Ledger.Commit(ctx, c)
	return err
}

// still holds, inside a change, that the admin who makes it has the role that let him in, and that his session is not over
// since.
func still(who caller.Caller) ledger.Write {
	return ledger.Write{Key: Key(who.ID), Check: true,
		If: ledger.Is("role", string(who.Role)).And(ledger.Is("disabled", false)).And(ledger.Is("epoch", who.Epoch)), Else: edge.ErrForbidden}
}

// told is the event by which an admin learns, by mail, that his account was changed.
func told(who caller.Caller, what, adminID string) ledger.Event {
	return ledger.Event{Type: what, Admin: adminID, Data: audit.Fields{
		"admin": adminID, "by": who.ID, "ip": who.Origin.IP, "user_agent": who.Origin.UserAgent}}
}
