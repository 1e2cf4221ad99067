package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// FoundInput names the first owner.
type FoundInput struct {
	Email    string      `json:"email"`
	Password secret.Text `json:"password"`
	Name     string      `json:"name,omitempty"`
}

// Found makes the first owner of a stack, once: the marker is written in the same transaction. It fails with ErrEmail,
// ErrName, the rules for passwords, or ErrFounded.
func (s Service) Found(ctx context.Context, who caller.Caller, in FoundInput) (View, error) {
	email, err := ParseEmail(in.Email)
	if err != nil {
		return View{}, err
	}
	if err := checkName(in.Name); err != nil {
		return View{}, err
	}
	owner := Admin{ID: s.Ledger.NewID(idPrefix), Email: email, Name: in.Name, Role: caller.Owner, CreatedAt: s.Ledger.Now()}
	if owner.password, err = s.choose(ctx, owner, in.Password, "/password"); err != nil {
		return View{}, err
	}
	first := ledger.Write{Key: founderKey, Put: ledger.Item{"admin": owner.ID}, If: ledger.Absent(), Else: ErrFounded}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "admin.found", Target: owner.target(), After: owner.fields(),
		Key: Key(owner.ID), Item: owner.item(), Else: errExists,
		Also:  []ledger.Write{first, firstOwner, owner.claim()},
		Reply: owner.view(),
	})
	return owner.view(), err
}
