package transfer

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Create commits the intent to move assets, and has it ordered. The caller's Idempotency-Key names it for good: the same
// key with the same input is the same transfer, whichever key of the workspace asks and however much later; with another
// input it is refused. It fails with the rules' faults, ErrConnection and ErrKeyReused.
func (s Service) Create(ctx context.Context, who caller.Caller, in CreateInput) (View, error) {
	ref, err := reference(who)
	if err != nil {
		return View{}, err
	}
	if err := in.check(); err != nil {
		return View{}, err
	}
	switch _, there, err := s.Connections.Account(ctx, who.Workspace, in.Connection); {
	case err != nil:
		return View{}, err
	case !there:
		return View{}, ErrConnection
	}
	now := s.Ledger.Now()
	t := Transfer{
		ID: idOf(ref), Ref: ref, Connection: in.Connection, Initiator: who.ID, Asset: in.Asset, Amount: in.Amount,
		Source: custody.Party{Type: in.Source.Type, ID: in.Source.ID}, Destination: in.Destination.party(), Note: in.Note,
		CreatedAt: now, State: Created, ChangedAt: now, nextAt: now,
	}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "transfer.create", Target: t.target(), Workspace: who.Workspace.String(), After: t.fields(),
		Key: Key(ref), Item: t.item(), Else: errExists, Events: []ledger.Event{t.event()},
		Reply:     t.view(),
		Meanwhile: func() { s.announce(ctx, t.ID, 0) },
	})
	if old := ledger.Old(err); errors.Is(err, errExists) && old != nil {
		return t.again(old)
	}
	return t.view(), err
}

// again answers a repeat with the transfer as it is now.
func (t Transfer) again(stored ledger.Item) (View, error) {
	there, err := parse(stored)
	if err != nil {
		return View{}, err
	}
	if there.Ref != t.Ref || there.Connection != t.Connection || there.Asset != t.Asset || there.Amount != t.Amount ||
		there.Source != t.Source || there.Destination != t.Destination || there.Note != t.Note {
		return View{}, ErrKeyReused
	}
	return there.view(), nil
}
