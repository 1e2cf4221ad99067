package session

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// SecondInput completes a login: the challenge that the password was answered, and one of both.
type SecondInput struct {
	Challenge secret.Text `json:"challenge"`
	Code      secret.Text `json:"code,omitempty"`          // six digits, of the app
	Recovery  secret.Text `json:"recovery_code,omitempty"` // one of ten, each good once
	Device    secret.Text `json:"device_token,omitempty"`  // of an earlier login
}

// Second begins the session that the password alone did not. What was shown, and the challenge, are spent in the session's
// own transaction: of many who show the same at once, one gets in. It fails with ErrSecond whatever is wrong, or with the
// factors' fault of kind TooMany.
func (s Service) Second(ctx context.Context, who caller.Caller, in SecondInput) (LoggedIn, error) {
	c, err := s.readChallenge(in.Challenge.Expose(), clientOf(who))
	if err != nil {
		return LoggedIn{}, s.denySecond(ctx, who, "forged", err)
	}
	proven := caller.Caller{Kind: caller.Admin, ID: c.admin, Origin: who.Origin}
	refused, err := s.over(ctx, c)
	if err != nil {
		return LoggedIn{}, err
	}
	claim, err := c.claim()
	if err != nil {
		return LoggedIn{}, err
	}
	spend, recovered, err := s.Factors.Second(ctx, proven, c.epoch, claim, c.voucher, in.Code, in.Recovery, refused)
	if err != nil {
		return LoggedIn{}, err
	}
	stands := s.Accounts.Stands(c.admin, c.epoch)
	stands.Else, spend.Else = ErrSecond, ErrSecond
	change := ledger.Change{Action: "session.login", Also: []ledger.Write{stands, spend, c.use()}}
	if recovered {
		change.Action, change.Severity = "session.login_recovered", audit.Notice
		change.Events = []ledger.Event{{Type: "admin.recovery_code_used", Admin: c.admin, Data: audit.Fields{
			"admin": c.admin, "by": c.admin, "ip": who.Origin.IP, "user_agent": who.Origin.UserAgent}}}
	}
	done, err := s.begin(ctx, proven, c.epoch, in.Device, change)
	if errors.Is(err, ErrSecond) { // somebody showed the same in this moment
		return LoggedIn{}, s.denySecond(ctx, who, c.admin, err)
	}
	return done, err
}

// over is why a challenge that was made here is good no more, nil if it is.
func (s Service) over(ctx context.Context, c challenge) (why, err error) {
	used, err := s.Ledger.GetOne(ctx, challengeKey(c.admin, c.id))
	switch {
	case err != nil:
		return nil, err
	case used != nil:
		return errChallengeUsed, nil
	case !s.Ledger.Now().Before(c.until):
		return errChallengeLate, nil
	case c.until.After(s.Ledger.Now().Add(patience)):
		return errChallengeEarly, nil
	}
	return nil, nil
}

// denySecond records an attempt that changes nothing, one entry a minute.
func (s Service) denySecond(ctx context.Context, who caller.Caller, admin string, why error) error {
	err := s.Ledger.Deny(ctx, ledger.Denial{
		By: who, Action: "session.login_denied", Subject: "admin/" + admin, Why: ErrSecond.Code})
	if err != nil {
		return err
	}
	return ErrSecond.Because(why)
}
