// Package sessiongate lets in admins, by the access tokens of their sessions. The token only says which session to look
// at: whether it is still good, and what its admin may do, is read from the database on every call, so that a
// revocation, a disabling or another role counts from the next call on.
package sessiongate

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/session/access"
)

// Reader reads items, strongly consistent; *ledger.Ledger is one.
type Reader interface {
	Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Item, error)
}

// Gate is an edge.Gate.
type Gate struct {
	Tokens access.Verifier
	Items  Reader
	Now    func() time.Time

	FactorOptional bool // an admin without a second factor may do what the role may
}

// The reasons of a refusal, for the log alone.
var (
	errNoToken  = errors.New("no bearer token, or more than one")
	errSubject  = errors.New("the token's subject or session is no id of ours")
	errGone     = errors.New("the session or its admin is gone")
	errEnded    = errors.New("the session is ended or expired")
	errDisabled = errors.New("the admin is disabled")
	errOver     = errors.New("the session began before the admin was changed")
)

// Admit verifies the bearer token and then reads the session and its admin, in one round trip. Whatever is wrong, the
// answer is ErrUnauthenticated; trouble of the database stays what it is.
func (g Gate) Admit(ctx context.Context, r edge.Request) (caller.Caller, error) {
	claims, err := g.verify(r)
	if err != nil {
		return caller.Caller{}, edge.ErrUnauthenticated.Because(err)
	}
	items, err := g.Items.Get(ctx, admin.Key(claims.Admin), session.Key(claims.Admin, claims.Session))
	if err != nil {
		return caller.Caller{}, err
	}
	a, err := standing(items[0], items[1], g.Now())
	if err != nil {
		return caller.Caller{}, edge.ErrUnauthenticated.Because(err)
	}
	return caller.Caller{Kind: caller.Admin, ID: claims.Admin, Via: claims.Session, Role: a.Role, Epoch: a.Standing.Epoch,
		Bare: !a.Standing.Factor && !g.FactorOptional}, nil
}

func (g Gate) verify(r edge.Request) (access.Claims, error) {
	token := r.Bearer()
	if token == "" {
		return access.Claims{}, errNoToken
	}
	claims, err := g.Tokens.Verify(token, g.Now())
	if err == nil && (!id.Valid("adm", claims.Admin) || !id.Valid("ses", claims.Session)) {
		err = errSubject
	}
	return claims, err
}

// standing gives the admin whose session is good now.
func standing(adminItem, sessionItem ledger.Item, now time.Time) (admin.Admin, error) {
	if adminItem == nil || sessionItem == nil {
		return admin.Admin{}, errGone
	}
	a, errAdmin := admin.Parse(adminItem)
	s, errSession := session.Parse(sessionItem)
	switch {
	case errAdmin != nil || errSession != nil:
		return admin.Admin{}, errors.Join(errAdmin, errSession)
	case !s.Live(now):
		return admin.Admin{}, errEnded
	case a.Disabled:
		return admin.Admin{}, errDisabled
	case s.Epoch != a.Standing.Epoch:
		return admin.Admin{}, errOver
	}
	return a, nil
}
