package cosign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Budget is how long a decision may take. The co-signer gives up after 30 s (Fireblocks, "Callback Handler", read
// 2026-11); a RETRY in time is worth more than a decision too late.
const Budget = 3 * time.Second

// Decide answers one callback: authentic? answered before? whose? consistent? allowed? Then one commit, and only after
// it, when the decision and its audit entry are durable, the signature.
//
// It takes one batch of reads and one transaction; the first call of a process, or after a policy was published, takes one
// read more. It fails with ErrNotAuthentic, ErrUnreadable and ErrNoKey. Trouble of ours is answered with a signed RETRY.
func (d *Decider) Decide(ctx context.Context, who caller.Caller, in edge.Raw) (edge.RawReply, error) {
	ctx, done := context.WithTimeout(ctx, Budget)
	defer done()
	at := d.Ledger.Now()
	c, callback, err := d.admit(ctx, who, in, at)
	if err != nil {
		return edge.RawReply{}, err
	}
	key, err := d.Keys(ctx, c.ResponseKey)
	if err != nil {
		return edge.RawReply{}, ErrNoKey.Because(err)
	}
	a := &ask{Decider: d, by: who, at: at, cosigner: c, body: in.Body, callback: callback, key: key}
	a.by.ID = c.ID
	if callback.Ping {
		return a.passing(ctx, signing.Alive, "", "")
	}
	answer, err := a.decide(ctx)
	if err != nil {
		return a.trouble(ctx, err)
	}
	return answer, nil
}

// ask is one authentic request on its way to an answer.
type ask struct {
	*Decider
	by       caller.Caller
	at       time.Time // when the message came
	cosigner Cosigner
	body     []byte
	callback signing.Callback
	key      signing.Key
}

// decide decides until nobody was faster: with what another decision has used up of a cap, this one may be another.
func (a *ask) decide(ctx context.Context) (edge.RawReply, error) {
	for turn := 0; ; turn++ {
		answer, err := a.once(ctx)
		var refusal *ledger.Refusal
		if !errors.As(err, &refusal) || errors.Is(err, ledger.ErrChainMoved) {
			return answer, err
		}
		if err := a.pause(ctx, turn); err != nil {
			return edge.RawReply{}, err
		}
	}
}

// once makes one attempt at a decision. It fails with a *ledger.Refusal if what it was made by is not so any more.
func (a *ask) once(ctx context.Context) (edge.RawReply, error) {
	read, earlier, err := a.read(ctx)
	if err != nil {
		return edge.RawReply{}, err
	}
	if earlier != nil {
		return a.repeat(ctx, earlier)
	}
	decision, reserve, err := a.judge(ctx, read)
	if err != nil {
		return edge.RawReply{}, err
	}
	var token []byte
	var unsigned error
	_, err = a.Ledger.Commit(ctx, ledger.Change{
		By: a.by, Action: decision.action(), Target: target(a.cosigner.ID, a.callback.ExternalID, a.callback.Kind),
		Workspace: decision.Workspace.String(), After: decision.fields(),
		Key: decision.key(), Item: decision.item(), Else: errDecided,
		Also:      reserve,
		Events:    decision.events(),
		Meanwhile: func() { token, unsigned = a.Provider.Seal(ctx, decision.Claims, a.key) },
	})
	if earlier := ledger.Old(err); errors.Is(err, errDecided) && earlier != nil {
		return a.repeat(ctx, earlier) // another sending of the request was faster
	}
	if err := errors.Join(err, unsigned); err != nil {
		return edge.RawReply{}, err
	}
	return a.reply(token, decision.Workspace.String(), decision.word(), string(decision.Verdict.Reason)), nil
}

// pause lets the others go first, a little longer each time. It fails when the time of the decision is over.
func (a *ask) pause(ctx context.Context, turn int) error {
	var drawn [1]byte
	if _, err := io.ReadFull(a.Ledger.Random, drawn[:]); err != nil {
		return fmt.Errorf("drawing a pause: %w", err)
	}
	longest := time.Millisecond << min(turn, 6)
	select {
	case <-ctx.Done():
		return fmt.Errorf("others were faster %d times: %w", turn+1, ctx.Err())
	case <-time.After(longest * time.Duration(drawn[0]) / 256):
		return nil
	}
}

// read is the one batch: the cosigner as it is now, an earlier decision, and what the policy is judged by. If the cosigner
// has changed since it was last read, the message must be good by its present keys.
func (a *ask) read(ctx context.Context) (read map[ledger.Key]ledger.Item, earlier ledger.Item, err error) {
	for range 3 {
		keys := []ledger.Key{Key(a.cosigner.ID), decisionKey(a.cosigner.ID, a.callback.ExternalID, a.callback.Kind)}
		if q := a.question(a.at); !q.Workspace.IsZero() {
			keys = append(keys, a.Policies.Keys(q)...)
			if a.Intents != nil {
				keys = append(keys, a.Intents.Key(q.Ref))
			}
		}
		items, err := a.Ledger.Get(ctx, keys...)
		if err != nil {
			return nil, nil, err
		}
		if items[0].Version() == a.cosigner.version {
			read = make(map[ledger.Key]ledger.Item, len(keys))
			for i, key := range keys {
				read[key] = items[i]
			}
			return read, items[1], nil
		}
		if err := a.renew(ctx, items[0]); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, errors.New("the cosigner is being changed all the time")
}

// renew goes on with the cosigner as it is now.
func (a *ask) renew(ctx context.Context, item ledger.Item) error {
	if item == nil {
		a.forget(a.cosigner.ID)
		return a.refuse(ctx, caller.Caller{Kind: a.by.Kind, Origin: a.by.Origin}, unknownCosigner)
	}
	c, err := parse(item)
	if err != nil {
		return err
	}
	a.remember(c)
	if a.callback, err = a.Provider.Open(a.body, c.verifiers(), a.at); err != nil {
		return a.refuse(ctx, caller.Caller{Kind: a.by.Kind, Origin: a.by.Origin}, "cosigner/"+c.ID)
	}
	if a.key, err = a.Keys(ctx, c.ResponseKey); err != nil {
		return ErrNoKey.Because(err)
	}
	a.cosigner = c
	return nil
}

// judge makes the decision. What comes first decides: a request that can't be judged is never asked a policy about.
func (a *ask) judge(ctx context.Context, read map[ledger.Key]ledger.Item) (Decision, []ledger.Write, error) {
	now := a.Ledger.Now()
	verdict, reserve, err := a.verdict(ctx, read, now)
	if err != nil {
		return Decision{}, nil, err
	}
	answer := signing.Answer{Action: a.action(verdict), ExternalID: a.callback.ExternalID, At: now}
	if answer.Action != signing.Ignore { // which gives no reasons
		answer.Reason = tell(verdict.Reason)
	}
	return Decision{
		Cosigner: a.cosigner.ID, Provider: a.cosigner.Provider, ExternalID: a.callback.ExternalID, Kind: a.callback.Kind,
		TxID: a.callback.TxID, Workspace: a.workspace(), Ref: a.callback.RefText, Request: a.callback.Request, Verdict: verdict, Action: answer.Action,
		Digest: a.callback.Digest, Claims: a.Provider.Claims(answer),
		ResponseKey: a.key.Reference(), DecidedAt: now,
	}, reserve, nil
}

func (a *ask) verdict(ctx context.Context, read map[ledger.Key]ledger.Item, at time.Time) (signing.Verdict, []ledger.Write, error) {
	switch {
	case !a.callback.Supported:
		return signing.Verdict{Reason: signing.UnsupportedKind}, nil, nil
	case a.callback.RefText == "": // a malformed one is not none
		return signing.Verdict{Reason: signing.Unreferenced}, nil, nil
	case a.workspace().IsZero():
		return signing.Verdict{Reason: signing.ForeignRef}, nil, nil
	case a.callback.Inconsistent != "":
		return signing.Verdict{Reason: signing.Inconsistent, Missing: []string{a.callback.Inconsistent}}, nil, nil
	}
	q := a.question(at)
	contradiction, err := a.match(&q, read)
	if err != nil {
		return signing.Verdict{}, nil, err
	}
	if contradiction != "" {
		return signing.Verdict{Reason: signing.Inconsistent, Missing: []string{"intent_" + contradiction}}, nil, nil
	}
	return a.Policies.Judge(ctx, q, read)
}

// match holds the request against the transfer that the workspace made under its reference, if it made one, and tells the
// policy of it.
func (a *ask) match(q *signing.Question, read map[ledger.Key]ledger.Item) (contradiction string, err error) {
	if a.Intents == nil {
		return "", nil
	}
	item := read[a.Intents.Key(q.Ref)]
	if item == nil {
		return "", nil
	}
	q.Request.Intent = true
	q.Request.Initiator, contradiction, err = a.Intents.Match(item, q.Request)
	return contradiction, err
}

// question is the request as it comes before the policy of the workspace that it is for.
func (a *ask) question(at time.Time) signing.Question {
	q := signing.Question{Workspace: a.workspace(), Cosigner: a.cosigner.ID, ExternalID: a.callback.ExternalID,
		TxID: a.callback.TxID, Ref: a.callback.Ref, Request: a.callback.Request, At: at}
	q.Request.Provider = a.cosigner.Provider
	return q
}

// workspace is the one that the request is for, zero if it names none that the cosigner serves.
func (a *ask) workspace() tenant.ID {
	if owner := a.callback.Ref.Workspace(); a.cosigner.serves(owner) {
		return owner
	}
	return tenant.ID{}
}

func (a *ask) reply(token []byte, workspace, decision, reason string) edge.RawReply {
	return edge.RawReply{ContentType: a.ContentType, Body: token, Log: []slog.Attr{slog.String("cosigner", a.cosigner.ID),
		slog.String("for_workspace", workspace), slog.String("kind", a.callback.Kind), slog.String("decision", decision),
		slog.String("reason", reason)}}
}
