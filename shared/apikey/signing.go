package apikey

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// The faults of signed requests. They are told only after the secret was right.
var (
	ErrPublicKey = fault.New(fault.Unprocessable, "public_key_invalid",
		"The public key is not one PEM block (PUBLIC KEY) of a key on P-256 or Ed25519.").At("/public_key")
	ErrNoPublicKey = fault.New(fault.Unprocessable, "public_key_required",
		"Signatures can only be required of a key that has a public key.").At("/require_signature")
	ErrSignatureRequired = fault.New(fault.Unauthenticated, "signature_required",
		"This API key takes signed requests only. Send a token in the header Zenvault-Signature.").At(signedrequest.Header)
	ErrReplayed = fault.New(fault.Unauthenticated, "signature_replayed",
		"The signature's nonce was used before. Each request, a retry too, needs a signature of its own.").At(signedrequest.Header)
)

// Signing is what a key asks of its requests' signatures.
type Signing struct {
	Required  bool
	PublicKey *signedrequest.PublicKey // nil: no signature can be good
}

// newSigning reads what a client asked for. It fails with ErrPublicKey and ErrNoPublicKey.
func newSigning(pem string, required bool) (Signing, error) {
	if pem == "" {
		if required {
			return Signing{}, ErrNoPublicKey
		}
		return Signing{}, nil
	}
	public, err := signedrequest.ParsePublicKey(pem)
	if err != nil {
		return Signing{}, ErrPublicKey
	}
	return Signing{required, &public}, nil
}

func (s Signing) pem() string {
	if s.PublicKey == nil {
		return ""
	}
	return s.PublicKey.PEM()
}

// The modes as they are stored; none is stored without a public key.
const (
	signatureOptional = "optional" // one that is sent must be good
	signatureRequired = "required"
)

func (s Signing) mode() string {
	switch {
	case s.Required:
		return signatureRequired
	case s.PublicKey != nil:
		return signatureOptional
	}
	return ""
}

// Marks is a table of small records that are remembered for a while, and whose loss no restore has to make good. An error
// is *ledger.Refused with the record in the way where the condition does not hold, and else a fault of kind Unavailable.
type Marks interface {
	// Mark sets attributes of a record under a condition. A call whose answer is lost is repeated.
	Mark(ctx context.Context, key string, set ledger.Item, when ledger.Condition) error
	// Get reads up to 100 records, possibly not the newest state, in the order of the keys; nil where none is.
	Get(ctx context.Context, keys ...string) ([]ledger.Item, error)
}

// Marks' keys.
const (
	NonceMarks = "nonce#" // of signed requests
	UseMarks   = "used#"  // when a key was last used
)

// proven verifies the signature of an attempt whose secret was right, and uses up its nonce. It fails with
// signedrequest.ErrInvalid, ErrSignatureRequired, ErrReplayed, and where nonces can't be remembered with a fault of kind
// Unavailable: a signature whose nonce may be an old one lets nobody in.
func (s Service) proven(ctx context.Context, k Key, a Attempt, now time.Time) error {
	switch {
	case len(a.Signatures) == 0 && k.Signing.Required:
		return ErrSignatureRequired
	case len(a.Signatures) == 0:
		return nil
	case len(a.Signatures) > 1:
		return signedrequest.ErrInvalid.Saying("The request has more than one signature.")
	case k.Signing.PublicKey == nil:
		return signedrequest.ErrInvalid.Saying("The API key has no public key, so a signature can't be verified.")
	}
	verifier := signedrequest.Verifier{Vault: s.Issuer, Key: k.ID, With: *k.Signing.PublicKey}
	claims, err := verifier.Verify(a.Signatures[0], a.Request, now)
	if err != nil {
		return err
	}
	return s.spend(ctx, k, claims)
}

// spend remembers a nonce, for as long as the token could be used. The write is repeated when its answer is lost, so each
// call leaves a mark of its own: the record in the way may be the one that this call has made.
func (s Service) spend(ctx context.Context, k Key, claims signedrequest.Claims) error {
	mine := s.Ledger.NewID("non")
	until := claims.UsableUntil()
	set := ledger.Item{"by": mine, "until": until.UnixMilli(),
		"expires_at": until.Add(time.Hour).Unix()} // TTL, in seconds; the hour is for DynamoDB's clock
	err := s.Marks.Mark(ctx, NonceMarks+k.ID+"#"+claims.Nonce, set, ledger.Absent())
	var refused *ledger.Refused
	if errors.As(err, &refused) {
		if by, _ := refused.Old["by"].(string); by == mine {
			return nil
		}
		return ErrReplayed
	}
	return err
}
