package session

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Logout ends the caller's own session: from the next call on neither token is worth anything. One that is over stays so.
func (s Service) Logout(ctx context.Context, who caller.Caller, _ struct{}) (View, error) {
	return s.end(ctx, who, "session.logout", who.Via)
}

// EndInput names a session of the caller.
type EndInput struct {
	Session ID `path:"session"`
}

// End ends one of the caller's sessions. It fails with ErrNotFound, also for another admin's.
func (s Service) End(ctx context.Context, who caller.Caller, in EndInput) (View, error) {
	return s.end(ctx, who, "session.end", string(in.Session))
}

// end is quicker than a refresh or it meets what the refresh has left, and ends that: a session that is rotated in this
// moment is ended all the same.
func (s Service) end(ctx context.Context, who caller.Caller, action, session string) (View, error) {
	item, err := s.Ledger.GetOne(ctx, Key(who.ID, session))
	if err != nil {
		return View{}, err
	}
	for range maxTries {
		if item == nil {
			return View{}, ErrNotFound
		}
		current, err := Parse(item)
		if err != nil {
			return View{}, err
		}
		if current.State != Active {
			return current.view(who), nil
		}
		ended := current
		ended.State = Ended
		c := s.change(who, action, current, ended, item.Version())
		c.Reply = ended.view(who)
		_, err = s.Ledger.Commit(ctx, c)
		if !errors.Is(err, errMoved) {
			return ended.view(who), err
		}
		item = ledger.Old(err)
	}
	return View{}, errMoved
}

// Status is an answer that says no more than that.
type Status struct {
	Status string `json:"status"`
}

var allEnded = Status{"ended"}

// LogoutAll ends all sessions of the caller, this one too.
func (s Service) LogoutAll(ctx context.Context, who caller.Caller, _ struct{}) (Status, error) {
	return allEnded, s.Epochs.EndSessions(ctx, who, who.ID, allEnded)
}

// OfInput names an admin.
type OfInput struct {
	Admin string `path:"admin"`
}

// EndOf ends all sessions of another admin. It fails with ErrOwn for the caller's, so that who ends those of everybody does
// not lose the own one on the way; or with the accounts' faults: there is no such admin, or it is an owner and the caller
// is none.
func (s Service) EndOf(ctx context.Context, who caller.Caller, in OfInput) (Status, error) {
	if in.Admin == who.ID {
		return Status{}, ErrOwn
	}
	return allEnded, s.Epochs.EndSessions(ctx, who, in.Admin, allEnded)
}

// Carry moves a session on to an epoch, inside the change that ends all others of its admin by it. The session must be of
// the epoch before: one that another change has ended meanwhile stays so.
func (Service) Carry(adminID, sessionID string, epoch int64) ledger.Write {
	return ledger.Write{Key: Key(adminID, sessionID), Set: ledger.Item{"epoch": epoch}, Else: ErrEnded,
		If: ledger.Is("state", string(Active)).And(ledger.Is("epoch", epoch-1))}
}
