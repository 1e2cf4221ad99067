package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// RecoveryCodes are shown when they are made, and never again.
type RecoveryCodes struct {
	Codes []string `json:"recovery_codes,omitempty"`
	Left  int64    `json:"left"` // that were not used
}

// CountCodes tells how many recovery codes the caller has left.
func (f Factors) CountCodes(ctx context.Context, who caller.Caller, _ struct{}) (RecoveryCodes, error) {
	item, err := f.Ledger.GetOne(ctx, codesKey(who.ID))
	if err != nil {
		return RecoveryCodes{}, err
	}
	c, err := parseCodes(item)
	return RecoveryCodes{Left: c.left()}, err
}

// RenewCodes makes ten new recovery codes; in the same write the old ones are good no more. It fails with
// ErrReauthentication, ErrOneProof, or a fault of kind TooMany.
func (f Factors) RenewCodes(ctx context.Context, who caller.Caller, in Reauthentication) (RecoveryCodes, error) {
	s, accepted, err := f.proveBoth(ctx, who, in)
	if err != nil {
		return RecoveryCodes{}, err
	}
	fresh, texts, err := f.newCodes(who.ID, accepted.lastStep)
	if err != nil {
		return RecoveryCodes{}, err
	}
	enrolled := ledger.Write{Key: Key(who.ID), Check: true,
		If: ledger.Is("factor", true).And(ledger.Is("epoch", s.Standing.Epoch)), Else: ErrReauthentication}
	_, err = f.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "factor.renew_codes", Target: s.factor.target(), Severity: audit.Notice,
		Before: s.codes.fields(), After: fresh.fields(),
		Key: factorKey(who.ID), Prior: s.factorAt, Item: s.factor.item(), Else: errMoved,
		Also:   []ledger.Write{enrolled, accepted.replace(s, fresh, ErrReauthentication)},
		Events: []ledger.Event{told(who, "admin.recovery_codes_made", who.ID)},
	})
	if err != nil {
		return RecoveryCodes{}, err
	}
	return RecoveryCodes{texts, fresh.left()}, nil
}

// fields keep of a set what may be known.
func (c codes) fields() audit.Fields {
	return audit.Fields{"recovery_codes_made_at": c.madeAt, "recovery_codes_left": c.left()}
}
