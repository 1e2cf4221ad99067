package admin

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
)

// ForgotInput is the address of somebody who can't log in.
type ForgotInput struct {
	Email string `json:"email"`
}

// Forgot has a letter with a token posted to an address, if it is an admin's: nobody looks here, so the answer, the calls
// and the time are the same for any address. Of too many letters to one address, from one network or in all, the rest are
// dropped, with the same answer. It fails with ErrEmail.
func (s Service) Forgot(ctx context.Context, who caller.Caller, in ForgotInput) (Status, error) {
	email, err := ParseEmail(in.Email)
	if err != nil {
		return Status{}, err
	}
	_, err = s.Attempts.Reserve(ctx, forgotSubject(email, who.Origin))
	if err == nil {
		err = s.Attempts.Within(ctx, lettersSubject(letterReset, email), resetsMost, lettersPeriod)
	}
	if err == nil {
		err = s.post(ctx, letterReset, email)
	}
	if err != nil && !locked(err) {
		return Status{}, err
	}
	return Status{"accepted"}, nil
}
