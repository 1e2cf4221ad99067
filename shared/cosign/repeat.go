package cosign

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
)

// repeat answers a request that has been decided: with the same bytes if it is the same request. Nothing is written: it is
// the answer that is repeated, not the decision.
func (a *ask) repeat(ctx context.Context, earlier ledger.Item) (edge.RawReply, error) {
	p, err := parsePrior(earlier)
	if err != nil {
		return edge.RawReply{}, err
	}
	if p.digest != a.callback.Digest {
		return a.conflict(ctx, p)
	}
	token, err := a.again(ctx, p)
	if err != nil {
		return edge.RawReply{}, err
	}
	return a.reply(token, p.workspace, p.decision, p.reason), nil
}

// again signs stored claims with the key that signed them first; the scheme is deterministic. Once that key is retired,
// the provider has no use for its signatures either: then the same claims are signed with the present one.
func (a *ask) again(ctx context.Context, p prior) ([]byte, error) {
	key, err := a.Keys(ctx, p.responseKey)
	if err != nil && !errors.Is(err, signing.ErrRetired) {
		return nil, ErrNoKey.Because(err)
	}
	if err == nil {
		token, err := a.Provider.Seal(ctx, p.claims, key)
		if !errors.Is(err, signing.ErrRetired) {
			return token, err
		}
	}
	return a.Provider.Seal(ctx, p.claims, a.key)
}

// conflict answers another request under a used id. What is stored is not about it, and it is never stored itself: it is
// refused where an approval would release a signature, and sent away to come back elsewhere.
func (a *ask) conflict(ctx context.Context, p prior) (edge.RawReply, error) {
	subject := target(a.cosigner.ID, a.callback.ExternalID, a.callback.Kind).String()
	err := a.Ledger.Deny(ctx, ledger.Denial{By: a.by, Action: "cosign.conflict_denied", Subject: subject, Workspace: p.workspace,
		Why: string(signing.Conflicting)})
	if err != nil {
		return edge.RawReply{}, err
	}
	action, reason := signing.Retry, ""
	if a.callback.Signing {
		action, reason = signing.Reject, tell(signing.Conflicting)
	}
	return a.passing(ctx, action, reason, signing.Conflicting)
}

// passing signs an answer that is not a decision, and is not stored. It fails with ErrUndecided where the provider knows no
// such answer.
func (a *ask) passing(ctx context.Context, action signing.Action, told string, reason signing.Reason) (edge.RawReply, error) {
	claims := a.Provider.Claims(signing.Answer{Action: action, ExternalID: a.callback.ExternalID, Reason: told, At: a.at})
	if claims == nil {
		return edge.RawReply{}, ErrUndecided
	}
	token, err := a.Provider.Seal(ctx, claims, a.key)
	if err != nil {
		return edge.RawReply{}, err
	}
	return a.reply(token, "", string(action), string(reason)), nil
}

// trouble answers what is not the sender's doing with a RETRY, or unsigned where the provider has none: nothing was decided, or
// it can't be told whether it was, and then the next sending finds the decision. It is never a REJECT. What is the sender's
// doing is told as it is.
func (a *ask) trouble(ctx context.Context, err error) (edge.RawReply, error) {
	if errors.Is(err, ErrNotAuthentic) || errors.Is(err, ErrNoKey) {
		return edge.RawReply{}, err
	}
	answer, unsigned := a.passing(context.WithoutCancel(ctx), signing.Retry, "", "trouble")
	if errors.Is(unsigned, ErrUndecided) {
		return edge.RawReply{}, ErrUndecided.Because(err)
	}
	if unsigned != nil {
		return edge.RawReply{}, ErrNoKey.Because(errors.Join(err, unsigned))
	}
	answer.Err = err
	return answer, nil
}
