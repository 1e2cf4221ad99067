// Package providerkey signs with the keys in AWS KMS that answer providers. It makes the two calls that this takes itself:
// the SDK's client of KMS is as large as all the rest of the function that answers callbacks, and each start would pay for
// it, also where no key lives in KMS (make bench, BenchmarkStart). Signatures of calls, credentials and connections are the
// SDK's.
package providerkey

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/keyref"
)

// What a key may have against it. ErrUnfit and ErrGone stay so until somebody changes the key.
var (
	ErrUnfit       = errors.New("kms: the key is not one for signing of the kind and size that the provider takes")
	ErrGone        = errors.New("kms: the key is not there, or disabled, or about to be deleted")
	ErrUnavailable = fault.New(fault.Unavailable, "keys_unavailable", "The key service did not answer. Nothing was changed. Retry.")
	errFailed      = errors.New("kms: the signature does not verify with the key's public half")
)

// Service is AWS KMS. It is safe for concurrent use.
type Service struct{ Config aws.Config }

// Key is one key. Its private half never leaves KMS.
type Key struct {
	service   Service
	arn       string
	algorithm string
	public    crypto.PublicKey
}

// algorithms are KMS's names for how keys of a kind sign (AWS KMS API Reference, Sign).
var algorithms = map[keyref.Algorithm]string{keyref.RS256: "RSASSA_PKCS1_V1_5_SHA_256", keyref.ES256: "ECDSA_SHA_256"}

type getPublicKey struct{ KeyId string }

type publicKey struct {
	KeyId, KeyUsage string
	PublicKey       []byte
}

// Find looks at the key that a handle, an ARN or an alias, stands for now; the Key that it gives stays that one when the
// alias is moved. It fails with ErrUnfit, ErrGone or ErrUnavailable.
func (s Service) Find(ctx context.Context, handle string, kind keyref.Kind) (Key, error) {
	var out publicKey
	if err := s.call(ctx, "GetPublicKey", getPublicKey{handle}, &out); err != nil {
		return Key{}, trouble("reading a public key", err)
	}
	public, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil || out.KeyUsage != "SIGN_VERIFY" || !fit(public, kind) || !keyref.IsKeyARN(out.KeyId) {
		return Key{}, ErrUnfit
	}
	return Key{s, out.KeyId, algorithms[kind.Algorithm], public}, nil
}

func fit(public crypto.PublicKey, kind keyref.Kind) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return kind.Algorithm == keyref.RS256 && key.N.BitLen() == kind.Bits && key.E == 65537
	case *ecdsa.PublicKey:
		return kind.Algorithm == keyref.ES256 && key.Curve == elliptic.P256()
	}
	return false
}

// ARN is that of the key itself.
func (k Key) ARN() string { return k.arn }

type sign struct {
	KeyId, MessageType, SigningAlgorithm string
	Message                              []byte
}

type signature struct {
	KeyId     string
	Signature []byte
}

// Sign signs the SHA-256 of a message, and verifies what KMS gave. An RSA key signs the same bytes each time, an EC key
// other ones. It fails with ErrGone or ErrUnavailable.
func (k Key) Sign(ctx context.Context, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	var out signature
	if err := k.service.call(ctx, "Sign", sign{k.arn, "DIGEST", k.algorithm, digest[:]}, &out); err != nil {
		return nil, trouble("signing", err)
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		if rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], out.Signature) == nil {
			return out.Signature, nil
		}
	case *ecdsa.PublicKey:
		plain, valid := keyref.PlainSignature(out.Signature)
		if valid && ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(plain[:32]), new(big.Int).SetBytes(plain[32:])) {
			return plain, nil
		}
	}
	return nil, errFailed
}

// trouble tells what lasts from what passes. A key that may not be used is told as the latter: it may be a role that is
// still being deployed.
func trouble(attempted string, err error) error {
	var no refused
	errors.As(err, &no)
	switch {
	case no.kind == "NotFoundException", no.kind == "DisabledException", strings.HasSuffix(no.kind, "InvalidStateException"):
		return fmt.Errorf("%w: %s", ErrGone, attempted)
	case no.kind == "InvalidKeyUsageException", no.kind == "UnsupportedOperationException", no.kind == "InvalidArnException":
		return fmt.Errorf("%w: %s", ErrUnfit, attempted)
	}
	return ErrUnavailable.Because(fmt.Errorf("%s: %w", attempted, err))
}
