package transfer

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// CancelInput names a transfer of the caller's workspace.
type CancelInput struct {
	Transfer string `path:"transfer"`
}

// rounds bound how often a step is tried on a transfer that others move on meanwhile: each of them moves it towards its
// end, and there are few steps to it.
const rounds = 5

// Cancel ends a transfer that the provider can't have heard of. Any other one it marks, and has the provider asked; what
// becomes of it follows the provider's answer. Asking twice asks once. It fails with ErrNotFound, ErrEnded and ErrMoved.
func (s Service) Cancel(ctx context.Context, who caller.Caller, in CancelInput) (View, error) {
	for range rounds {
		t, err := s.find(ctx, who.Workspace, in.Transfer)
		switch {
		case err != nil:
			return View{}, err
		case t.State == Cancelled, !t.State.Ended() && !t.CancelAt.IsZero():
			return t.view(), nil
		case t.State.Ended():
			return View{}, ErrEnded
		}
		next := t.cancelled(s.Ledger.Now())
		change := t.change(who, next, "ask_cancel")
		if next.State == Cancelled { // a worker that has begun since moves the version
			change.If = ledger.MissingOrAtMost("lease_until", s.Ledger.Now().UnixMilli())
		}
		change.Reply = next.view()
		if next.State == Submitted {
			change.Meanwhile = func() { s.announce(ctx, t.ID, 0) }
		}
		if _, err = s.Ledger.Commit(ctx, change); !errors.Is(err, errMoved) {
			return next.view(), err
		}
	}
	return View{}, ErrMoved
}
