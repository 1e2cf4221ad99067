package session

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session/access"
)

// LoginInput is an admin's claim to be one.
type LoginInput struct {
	Email    string      `json:"email"`
	Password secret.Text `json:"password"`
	Device   secret.Text `json:"device_token,omitempty"` // of an earlier login
}

// Tokens is what a login or a refresh yields (RFC 6749 §5.1). The refresh token is good once.
type Tokens struct {
	AccessToken      string `json:"access_token"`
	TokenType        string `json:"token_type"` // "Bearer"
	ExpiresIn        int64  `json:"expires_in"` // seconds, of the access token
	RefreshToken     string `json:"refresh_token"`
	RefreshExpiresIn int64  `json:"refresh_expires_in"` // seconds, if it is not used before
}

// Login begins a session. It fails with the accounts' fault of kind Unauthenticated, the same for every reason.
func (s Service) Login(ctx context.Context, who caller.Caller, in LoginInput) (Tokens, error) {
	proven, standing, err := s.Accounts.Authenticate(ctx, who, in.Email, in.Password, in.Device)
	if err != nil {
		return Tokens{}, err
	}
	now := s.Ledger.Now()
	begun := Session{
		ID: s.Ledger.NewID(idPrefix), Admin: proven.ID, State: Active, Generation: 1, CreatedAt: now, RotatedAt: now,
		Until: now.Add(absolute), Epoch: standing.Epoch, keyID: s.Keys.NewestID(), client: clientOf(who),
	}
	proven.Via = begun.ID
	tokens, err := s.tokens(ctx, begun, now)
	if err != nil {
		return Tokens{}, err
	}
	stands := s.Accounts.Stands(begun.Admin, begun.Epoch)
	stands.Else = errRefused
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: proven, Action: "session.login", Target: begun.target(), After: begun.fields(),
		Key: Key(begun.Admin, begun.ID), Item: begun.item(), Else: errExists,
		Also: []ledger.Write{stands},
	})
	if err != nil {
		return Tokens{}, err
	}
	return tokens, nil
}

// tokens writes both tokens of a session. It comes before the commit: a signature that can't be had must cost nothing.
func (s Service) tokens(ctx context.Context, of Session, now time.Time) (Tokens, error) {
	signed, errAccess := s.Tokens.Issue(ctx, of.Admin, of.ID, s.Ledger.NewID("tok"), now)
	refresh, errRefresh := s.write(of.token())
	if err := errors.Join(errAccess, errRefresh); err != nil {
		return Tokens{}, err
	}
	end := of.RotatedAt.Add(idle)
	if of.Until.Before(end) {
		end = of.Until
	}
	return Tokens{
		AccessToken: signed, TokenType: "Bearer", ExpiresIn: int64(access.Lifetime / time.Second),
		RefreshToken: refresh, RefreshExpiresIn: int64(end.Sub(now) / time.Second),
	}, nil
}
