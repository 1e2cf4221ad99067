package apikey

import (
	"context"
	"crypto/hmac"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// errDenied is told to the log alone; the gate answers the same to all of it.
var errDenied = errors.New("the API key is unknown, wrong, expired or revoked")

// Admit finds the caller behind a token: one consistent read, and the same hash work whether the key is there or not.
// The workspace comes from the stored key, never from the request.
func (s Service) Admit(ctx context.Context, t Token) (caller.Caller, error) {
	item, err := s.Ledger.GetOne(ctx, At(t.KeyID))
	if err != nil {
		return caller.Caller{}, err
	}
	k, known := s.stored(item)
	pepper, err := s.Peppers.DeriveWith(k.pepper, purpose, "")
	if err != nil {
		return caller.Caller{}, errors.Join(errDenied, err)
	}
	right := hmac.Equal(hash(pepper, t), k.hash)
	now := s.Ledger.Now()
	if !known || !right || !k.RevokedAt.IsZero() || !now.Before(k.ExpiresAt) {
		return caller.Caller{}, errDenied
	}
	return caller.Caller{Kind: caller.APIKey, ID: k.ID, Workspace: k.Workspace, Scopes: k.grants()}, nil
}

// stored reads a key; where there is none, or none that can be read, it gives one that nothing matches.
func (s Service) stored(item ledger.Item) (Key, bool) {
	if item != nil {
		if k, err := parse(item); err == nil {
			return k, true
		}
	}
	return Key{pepper: s.Peppers.NewestID(), hash: make([]byte, 32)}, false
}
