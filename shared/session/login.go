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

// LoggedIn is a complete login.
type LoggedIn struct {
	Tokens
	DeviceToken string `json:"device_token,omitempty"` // to be shown at the next login; absent if the one shown is good
}

// LoginOutput is a complete login, or, where a second factor is enrolled, the challenge to show it.
type LoginOutput struct {
	AccessToken      string   `json:"access_token,omitempty"`
	TokenType        string   `json:"token_type,omitempty"`
	ExpiresIn        int64    `json:"expires_in"` // seconds, of the access token or the challenge
	RefreshToken     string   `json:"refresh_token,omitempty"`
	RefreshExpiresIn int64    `json:"refresh_expires_in,omitempty"`
	DeviceToken      string   `json:"device_token,omitempty"`
	Challenge        string   `json:"challenge,omitempty"` // for POST /v1/auth/login/second, once
	Methods          []string `json:"methods,omitempty"`   // "totp", "recovery_code"
}

// Login begins a session, or answers a challenge where the admin has a second factor: a password alone never makes a
// session then. It fails with the accounts' fault of kind Unauthenticated, the same for every reason.
func (s Service) Login(ctx context.Context, who caller.Caller, in LoginInput) (LoginOutput, error) {
	proven, standing, err := s.Accounts.Authenticate(ctx, who, in.Email, in.Password, in.Device)
	if err != nil {
		return LoginOutput{}, err
	}
	if standing.Factor {
		return s.challenge(ctx, proven, standing.Epoch, in.Device)
	}
	stands := s.Accounts.Stands(proven.ID, standing.Epoch)
	stands.Else = errRefused
	done, err := s.begin(ctx, proven, standing.Epoch, in.Device, ledger.Change{Action: "session.login", Also: []ledger.Write{stands}})
	return LoginOutput{AccessToken: done.AccessToken, TokenType: done.TokenType, ExpiresIn: done.ExpiresIn, RefreshToken: done.RefreshToken,
		RefreshExpiresIn: done.RefreshExpiresIn, DeviceToken: done.DeviceToken}, err
}

// begin commits a session of an admin who is proven, under the conditions that the change brings.
func (s Service) begin(ctx context.Context, proven caller.Caller, epoch int64, device secret.Text, c ledger.Change) (LoggedIn, error) {
	now := s.Ledger.Now()
	begun := Session{
		ID: s.Ledger.NewID(idPrefix), Admin: proven.ID, State: Active, Generation: 1, CreatedAt: now, RotatedAt: now,
		Until: now.Add(absolute), Epoch: epoch, keyID: s.Keys.NewestID(), client: clientOf(proven),
	}
	proven.Via = begun.ID
	tokens, errTokens := s.tokens(ctx, begun, now)
	remembered, errDevice := s.Devices.Remember(ctx, proven.ID, device)
	if err := errors.Join(errTokens, errDevice); err != nil {
		return LoggedIn{}, err
	}
	c.By, c.Target, c.After = proven, begun.target(), begun.fields()
	c.Key, c.Item, c.Else = Key(begun.Admin, begun.ID), begun.item(), errExists
	if _, err := s.Ledger.Commit(ctx, c); err != nil {
		return LoggedIn{}, err
	}
	return LoggedIn{tokens, remembered.Expose()}, nil
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
