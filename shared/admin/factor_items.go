package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

func factorKey(adminID string) ledger.Key { return ledger.Key{PK: Keys + adminID, SK: "factor"} }

func (f factor) item() ledger.Item {
	return ledger.Item{"id": f.id, "admin": f.admin, "created_at": f.createdAt.UnixMilli(), "session": f.session, "seed": f.sealed}
}

func parseFactor(item ledger.Item) (factor, error) {
	if item == nil {
		return factor{}, nil
	}
	r := item.Read()
	f := factor{id: r.Text("id"), admin: r.Text("admin"), createdAt: r.Time("created_at"), session: r.OptionalText("session"), sealed: r.Bytes("seed")}
	if err := r.Err(); err != nil {
		return factor{}, fmt.Errorf("reading a second factor: %w", err)
	}
	return f, nil
}

// pends reports whether the factor waits for its proof by the session that asks.
func (f factor) pends(who caller.Caller) bool {
	return f.id != "" && f.session != "" && f.session == who.Via
}

// noFactor takes an admin's factor away: of the seed nothing is left that could be confirmed again.
func noFactor(adminID string) ledger.Write {
	return ledger.Write{Key: factorKey(adminID), Set: ledger.Item{"id": "", "session": "", "seed": []byte{}}, If: ledger.Exists(), Else: errMoved}
}

// second is an admin with all that a second factor is judged by, of one moment.
type second struct {
	Admin
	at       ledger.Version
	factor   factor // zero where none was ever enrolled
	factorAt ledger.Version
	codes    codes
}

// second reads it in one round trip. It fails with ErrNotFound.
func (f Factors) second(ctx context.Context, adminID string) (second, error) {
	items, err := f.Ledger.Get(ctx, Key(adminID), factorKey(adminID), codesKey(adminID))
	if err != nil {
		return second{}, err
	}
	if items[0] == nil {
		return second{}, ErrNotFound
	}
	a, errAdmin := Parse(items[0])
	enrolled, errFactor := parseFactor(items[1])
	codes, errCodes := parseCodes(items[2])
	return second{a, items[0].Version(), enrolled, items[1].Version(), codes}, errors.Join(errAdmin, errFactor, errCodes)
}

// change is what makes an admin, as read, become another.
func (s second) change(after Admin) ledger.Change {
	return ledger.Change{
		Target: after.target(), Before: s.fields(), After: after.fields(),
		Key: Key(after.ID), Prior: s.at, Item: after.item(), Else: errMoved,
	}
}
