// Package fireblocks reads and answers the callbacks of the Fireblocks API Co-Signer (developers.fireblocks.com,
// "API Co-Signer Callback Handler", and the vendor's callback-handler samples; read 2026-11).
package fireblocks

import (
	"context"
	"crypto/rsa"
	"time"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// Codec reads and answers callbacks about transactions.
type Codec struct{}

// Name is the provider's, as cosigners are registered for it.
const Name = "fireblocks"

// KeyBits is the size of the RSA keys that answers must be signed with: the vendor takes no other.
const KeyBits = 2048

// Open verifies a token, which has no expiry and no id, and reads what it says. It fails with signing.ErrForged, or, if it is
// authentic, with signing.ErrUnreadable.
func (Codec) Open(token []byte, keys []*rsa.PublicKey, _ time.Time) (signing.Callback, error) {
	payload, err := codec.OpenToken(token, keys)
	if err != nil {
		return signing.Callback{}, err
	}
	return read(payload)
}

// Seal signs claims as a token. The same claims and key give the same token, byte for byte.
func (Codec) Seal(ctx context.Context, claims []byte, key signing.Signer) ([]byte, error) {
	return codec.SealToken(ctx, claims, key)
}
