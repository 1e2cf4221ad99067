package session

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// RefreshInput is a refresh token.
type RefreshInput struct {
	Token secret.Text `json:"refresh_token"`
}

// refreshing is one request on its way.
type refreshing struct {
	Service
	who   caller.Caller // who presents the token: nobody proven
	token token
	now   time.Time
}

// maxTries bounds how often the session may change under a request before it is told to retry.
const maxTries = 8

// Refresh replaces a session's refresh token and gives a new access token. It fails with ErrRefresh whatever is wrong
// with the token, with ErrRaced when the token is used by several requests at once, and ends the whole session when a
// replaced token comes back.
func (s Service) Refresh(ctx context.Context, who caller.Caller, in RefreshInput) (Tokens, error) {
	now := s.Ledger.Now()
	t, err := s.read(in.Token.Expose())
	if err != nil {
		return Tokens{}, s.deny(ctx, who, ErrRefresh.Because(err), "forged")
	}
	r := refreshing{s, who, t, now}
	item, err := s.Ledger.GetOne(ctx, Key(t.admin, t.session))
	if err != nil {
		return Tokens{}, err
	}
	for range maxTries {
		tokens, err := r.try(ctx, item)
		if !errors.Is(err, errMoved) {
			return tokens, err
		}
		item = ledger.Old(err) // another request was faster: what it left is what counts
	}
	return Tokens{}, ErrRaced
}

// try does what the session's present state asks for. It fails with errMoved if that changes at the same moment.
func (r refreshing) try(ctx context.Context, item ledger.Item) (Tokens, error) {
	if item == nil {
		return Tokens{}, r.deny(ctx, r.who, ErrRefresh.Because(errGone), r.token.session)
	}
	current, err := Parse(item)
	if err != nil {
		return Tokens{}, err
	}
	switch current.judge(r.token.generation, clientOf(r.who), r.now) {
	case rotate:
		return r.rotate(ctx, current, item.Version())
	case repeat:
		return r.repeat(ctx, current, item.Version())
	case raced:
		return Tokens{}, r.deny(ctx, r.who, ErrRaced, current.ID)
	case expired:
		return Tokens{}, ErrRefresh.Because(errExpired)
	case replay:
		return Tokens{}, r.count(ctx, current, item.Version())
	}
	return Tokens{}, r.revoke(ctx, current, item.Version())
}

// The reasons of a refusal, for the log alone.
var (
	errGone     = errors.New("refresh token: its session is gone")
	errExpired  = errors.New("refresh token: expired")
	errReused   = errors.New("refresh token: replaced before; the session is ended")
	errReplayed = errors.New("refresh token: its session was ended before")
)

func (r refreshing) rotate(ctx context.Context, current Session, at ledger.Version) (Tokens, error) {
	next := current
	next.Generation, next.Repeats = current.Generation+1, 0
	next.RotatedAt, next.client = r.now, clientOf(r.who)
	return r.give(ctx, "session.refresh", current, next, at)
}

// repeat gives the good token again, the same text: a second one is never made.
func (r refreshing) repeat(ctx context.Context, current Session, at ledger.Version) (Tokens, error) {
	next := current
	next.Repeats = current.Repeats + 1
	return r.give(ctx, "session.refresh_repeat", current, next, at)
}

// give commits under the condition that the session is as it was judged and that its admin is enabled.
func (r refreshing) give(ctx context.Context, action string, current, next Session, at ledger.Version) (Tokens, error) {
	tokens, err := r.tokens(ctx, next, r.now)
	if err != nil {
		return Tokens{}, err
	}
	stands := r.Accounts.Stands(next.Admin, next.Epoch)
	stands.Else = errOver
	change := r.change(r.who, action, current, next, at)
	change.By = caller.Caller{Kind: caller.Admin, ID: next.Admin, Via: next.ID, Origin: r.who.Origin}
	change.Also = []ledger.Write{stands}
	_, err = r.Ledger.Commit(ctx, change)
	switch {
	case errors.Is(err, errOver):
		if carried, readErr := r.Ledger.GetOne(ctx, Key(next.Admin, next.ID)); readErr != nil || carried["epoch"] != next.Epoch {
			return Tokens{}, errors.Join(readErr, &ledger.Refusal{Fault: errMoved, Old: carried})
		}
		return Tokens{}, r.deny(ctx, r.who, ErrRefresh.Because(err), next.ID)
	case err != nil:
		return Tokens{}, err
	}
	return tokens, nil
}

// change moves a session on from what was read of it.
func (Service) change(by caller.Caller, action string, before, after Session, at ledger.Version) ledger.Change {
	return ledger.Change{
		By: by, Action: action, Target: after.target(), Before: before.fields(), After: after.fields(),
		Key: Key(after.Admin, after.ID), Prior: at, Item: after.item(),
		If: ledger.Is("state", string(before.State)).And(ledger.Is("generation", before.Generation)), Else: errMoved,
	}
}

// revoke ends the family, and says so in the same transaction.
func (r refreshing) revoke(ctx context.Context, current Session, at ledger.Version) error {
	next := current
	next.State = RevokedReuse
	change := r.change(r.who, "session.revoke_reuse", current, next, at)
	change.Severity = audit.Critical
	change.Events = []ledger.Event{{Type: "session.reuse_detected", Admin: next.Admin, Data: audit.Fields{
		"session": next.ID, "admin": next.Admin, "presented_generation": r.token.generation, "generation": next.Generation,
		"ip": r.who.Origin.IP, "user_agent": r.who.Origin.UserAgent,
	}}}
	if _, err := r.Ledger.Commit(ctx, change); err != nil {
		return err
	}
	return ErrRefresh.Because(errReused)
}

// maxCounted bounds how many entries the replays of one family can make; beyond it they are one a minute.
const maxCounted = 100

// count records that a token of an ended family came back.
func (r refreshing) count(ctx context.Context, current Session, at ledger.Version) error {
	if current.Replays >= maxCounted {
		return r.deny(ctx, r.who, ErrRefresh.Because(errReplayed), current.ID)
	}
	next := current
	next.Replays++
	if _, err := r.Ledger.Commit(ctx, r.change(r.who, "session.replay", current, next, at)); err != nil {
		return err
	}
	return ErrRefresh.Because(errReplayed)
}

// deny records an attempt that changes nothing, one entry a minute, and gives the fault.
func (s Service) deny(ctx context.Context, who caller.Caller, f *fault.Fault, session string) error {
	err := s.Ledger.Deny(ctx, ledger.Denial{
		By: who, Action: "session.refresh_denied", Subject: "session/" + session, Why: f.Code})
	if err != nil {
		return err
	}
	return f
}
