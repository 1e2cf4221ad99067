package admin

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// ResetToken makes the token that an address is mailed so that a forgotten password can be set anew; the one before stays
// good beside it. An address of nobody, or of somebody who can't log in, gets none: then to is "". It fails with the database's
// fault.
func (s Service) ResetToken(ctx context.Context, who caller.Caller, address string) (to string, token secret.Text, err error) {
	email, err := ParseEmail(address)
	if err != nil {
		return "", secret.Text{}, nil
	}
	claim, err := s.Ledger.GetOne(ctx, emailKey(email))
	if err != nil {
		return "", secret.Text{}, err
	}
	adminID, _ := claim["admin"].(string)
	return s.mailedToken(ctx, who, reset, adminID)
}

// mailed tells whether an admin may be mailed a token of a purpose, and use it.
func (a Admin) mailed(p purpose) bool { return !a.Disabled && a.Invited == (p == invitation) }

// InvitationToken makes the token that an invited admin is mailed; the one before is over. Who has accepted, or is
// disabled, gets none: then to is "". It fails with the database's fault.
func (s Service) InvitationToken(ctx context.Context, who caller.Caller, adminID string) (to string, token secret.Text, err error) {
	return s.mailedToken(ctx, who, invitation, adminID)
}

// errNobody is a judge's, where no token is to be made.
var errNobody = errors.New("nobody is to be mailed a token")

func (s Service) mailedToken(ctx context.Context, who caller.Caller, p purpose, adminID string) (to string, token secret.Text, err error) {
	a, err := s.alter(ctx, adminID, func(a Admin) (Admin, error) {
		if !a.mailed(p) {
			return Admin{}, errNobody
		}
		var made ticket
		made, token = s.newTicket(p, a.ID)
		a.tickets = a.tickets.with(made, s.Ledger.Now())
		return a, nil
	}, ledger.Change{By: who, Action: "admin.mail_token"})
	switch {
	case errors.Is(err, errNobody), errors.Is(err, ErrNotFound):
		return "", secret.Text{}, nil
	case err != nil:
		return "", secret.Text{}, err
	}
	return string(a.Email), token, nil
}

// AddressOf is where an admin's mail goes; "" if there is no such admin. It fails with the database's fault.
func (s Service) AddressOf(ctx context.Context, adminID string) (string, error) {
	a, _, err := s.find(ctx, adminID)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return string(a.Email), err
}

// Known is an address in the form in which it is stored, if it is of an admin who can log in; otherwise "". It fails with
// the database's fault.
func (s Service) Known(ctx context.Context, address string) (string, error) {
	email, err := ParseEmail(address)
	if err != nil {
		return "", nil
	}
	item, err := s.lookUp(ctx, email)
	if err != nil || item == nil {
		return "", err
	}
	a, err := Parse(item)
	if err != nil || a.Disabled || a.Invited {
		return "", err
	}
	return string(a.Email), nil
}
