package apikey

import (
	"context"
	"crypto/hmac"
	"errors"
	"net/netip"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// Attempt is a request that shows a token.
type Attempt struct {
	Token      Token
	From       netip.Addr // the client's
	Origin     caller.Origin
	Request    signedrequest.Request
	Signatures []string // what was sent as such
}

// The reasons of a refusal, for the log alone.
var (
	errWrong    = errors.New("the API key is unknown or wrong")
	errRevoked  = errors.New("the API key is revoked")
	errExpired  = errors.New("the API key has expired")
	errReplaced = errors.New("the API key's secret was replaced and its overlap is over")
	errForeign  = errors.New("the API key is used from an address that it does not allow")
)

// Admit finds the caller behind a token: one consistent read, and the same hash work whether the key is there or not, and
// whichever of its secrets is right. The workspace comes from the stored key, never from the request. Where the secret
// is right and the caller is refused all the same, that is an entry in the trail. It fails with those of proven, with an
// error that is no fault for anything else that is wrong with the token, and with the database's fault.
func (s Service) Admit(ctx context.Context, a Attempt) (caller.Caller, error) {
	item, err := s.Ledger.GetOne(ctx, At(a.Token.KeyID))
	if err != nil {
		return caller.Caller{}, err
	}
	k := s.stored(a.Token.KeyID, item)
	which := s.match(k, a.Token)
	if which < 0 {
		return caller.Caller{}, errWrong
	}
	now := s.Ledger.Now()
	if err := k.usable(which, now); err != nil {
		return caller.Caller{}, s.deny(ctx, k, a, "apikey.dead_key_used", err)
	}
	if !k.Sources.Contain(a.From) {
		return caller.Caller{}, s.deny(ctx, k, a, "apikey.foreign_source_used", errForeign)
	}
	if err := s.proven(ctx, k, a, now); err != nil {
		if fault.From(err).Kind != fault.Unauthenticated {
			return caller.Caller{}, err
		}
		return caller.Caller{}, s.deny(ctx, k, a, denials[fault.From(err).Code], err)
	}
	s.used(ctx, k, k.Secrets[which].Generation, now)
	return caller.Caller{Kind: caller.APIKey, ID: k.ID, Workspace: k.Workspace, Scopes: k.grants()}, nil
}

// denials are apart, since those of one action are one entry a minute: a replay must not hide behind a forgotten header.
var denials = map[string]string{
	ErrSignatureRequired.Code:     "apikey.unsigned_denied",
	ErrReplayed.Code:              "apikey.replay_denied",
	signedrequest.ErrInvalid.Code: "apikey.signature_denied",
}

// stored reads a key; where there is none, or none that can be read, it gives one that nothing matches.
func (s Service) stored(keyID string, item ledger.Item) Key {
	if item != nil {
		k, err := parse(item)
		if err == nil {
			return k
		}
		s.warn("an API key is used that can't be read", keyID, err)
	}
	return Key{}
}

// match gives the index of the secret that the token has, -1 for none. It does the same for every key.
func (s Service) match(k Key, t Token) int {
	found := -1
	for i := range maxSecrets {
		one := Secret{pepper: s.Peppers.NewestID(), hash: make([]byte, hashLength)}
		if i < len(k.Secrets) {
			one = k.Secrets[i]
		}
		pepper, err := s.Peppers.DeriveWith(one.pepper, purpose, "")
		if err != nil { // its master key was taken out of use
			s.warn("an API key's secret can't be checked any more", k.ID, err)
			continue
		}
		if hmac.Equal(hash(pepper, t), one.hash) && i < len(k.Secrets) {
			found = i
		}
	}
	return found
}

// usable says why a secret that is right is not good any more.
func (k Key) usable(which int, now time.Time) error {
	switch {
	case !k.RevokedAt.IsZero():
		return errRevoked
	case now.Before(k.Secrets[which].Until):
		return nil
	case which == 0:
		return errExpired
	}
	return errReplaced
}

// deny records that a right secret was refused: somebody uses a key that was taken from them, or has what they should not.
// It gives the reason, or the database's fault.
func (s Service) deny(ctx context.Context, k Key, a Attempt, action string, why error) error {
	reason := fault.From(why).Code
	if code, known := reasons[why]; known {
		reason = code
	}
	err := s.Ledger.Deny(ctx, ledger.Denial{
		By:     caller.Caller{Kind: caller.APIKey, ID: k.ID, Workspace: k.Workspace, Origin: a.Origin},
		Action: action, Subject: k.target().String(), Workspace: k.Workspace.String(), Why: reason, Severity: audit.Warning})
	if err != nil {
		return err
	}
	return why
}

var reasons = map[error]string{errRevoked: "revoked", errExpired: "expired", errReplaced: "replaced", errForeign: "source_not_allowed"}
