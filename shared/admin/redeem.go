package admin

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// ErrToken is told of every mailed token that is not good, whatever the reason.
var ErrToken = fault.New(fault.Unauthenticated, "invalid_token",
	"This link is not valid: it was used, has expired, or was replaced by a newer one. Ask for another.")

// AcceptInput is an invited admin's token and the password that he chooses.
type AcceptInput struct {
	Token    secret.Text `json:"token"`
	Password secret.Text `json:"password"`
	Name     string      `json:"name,omitempty"` // instead of the one of the invitation
}

// Accept makes an invited admin one who can log in. The token is good once. It fails with ErrToken, ErrName, the rules for
// passwords.
func (s Service) Accept(ctx context.Context, who caller.Caller, in AcceptInput) (View, error) {
	if err := checkName(in.Name); err != nil {
		return View{}, err
	}
	a, err := s.redeem(ctx, who, invitation, in.Token, in.Password, func(a *Admin) {
		a.Invited = false
		if in.Name != "" {
			a.Name = in.Name
		}
	}, ledger.Change{Action: "admin.accept"})
	if err != nil {
		return View{}, err
	}
	return a.view(), nil
}

// ResetInput is a mailed token and a new password.
type ResetInput struct {
	Token    secret.Text `json:"token"`
	Password secret.Text `json:"password"`
}

// ResetPassword sets a password for whoever has the token that was mailed; all sessions are over, and it begins none: a
// second factor is asked for as ever. The token is good once. Attempts to log in that locked the address are forgotten.
// It fails with ErrToken or the rules for passwords.
func (s Service) ResetPassword(ctx context.Context, who caller.Caller, in ResetInput) (Status, error) {
	a, err := s.redeem(ctx, who, reset, in.Token, in.Password, func(*Admin) {}, ledger.Change{
		Action: "password.reset", Severity: audit.Notice, Events: []ledger.Event{{Type: "admin.password_reset"}}})
	if err != nil {
		return Status{}, err
	}
	// The password is set, and the token used up: what is amiss with the counters must not tell otherwise. Locks end by
	// themselves.
	_ = s.Attempts.Return(ctx, loginSubject(a.Email))
	_ = s.Attempts.Return(ctx, forgotSubject(a.Email, who.Origin))
	return Status{"reset"}, nil
}

// redeem sets a password by a mailed token, which is proven before anything is hashed. The rules go by the admin as he is
// on each try: a second factor may have gone meanwhile.
func (s Service) redeem(ctx context.Context, who caller.Caller, p purpose, token, plain secret.Text, also func(*Admin), c ledger.Change) (Admin, error) {
	by, formed := readClaim(p, token)
	if !formed {
		return Admin{}, s.denyToken(ctx, who, p, "malformed")
	}
	var hash secret.Text
	for try := 1; ; try++ {
		before, at, err := s.find(ctx, by.admin)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Admin{}, err
		}
		if err != nil || !before.mailed(p) || !before.tickets.opens(p, by, s.Ledger.Now()) {
			return Admin{}, s.denyToken(ctx, who, p, "not_good")
		}
		after := before
		also(&after)
		if err := s.check(after, plain, "/password"); err != nil {
			return Admin{}, err
		}
		if try == 1 {
			if hash, err = s.Passwords.Hash(ctx, plain); err != nil {
				return Admin{}, err
			}
		}
		after.password, after.tickets = hash, tickets{}
		after.Standing.Epoch++
		c.By = caller.Caller{Kind: caller.Admin, ID: after.ID, Role: after.Role, Origin: who.Origin}
		for i := range c.Events {
			c.Events[i] = told(c.By, c.Events[i].Type, after.ID)
		}
		err = s.put(ctx, before, at, after, c)
		if moved := errors.Is(err, errMoved) || errors.Is(err, errCount); !moved || try == maxTries {
			return after, err
		}
	}
}

// denyToken records a token that is not good. It names nobody: what the token says of itself is anybody's to write.
func (s Service) denyToken(ctx context.Context, who caller.Caller, p purpose, why string) error {
	err := s.Ledger.Deny(ctx, ledger.Denial{By: who, Action: "admin.token_denied", Subject: "token/" + string(p), Why: why})
	if err != nil {
		return err
	}
	return ErrToken.Because(errors.New(why))
}
