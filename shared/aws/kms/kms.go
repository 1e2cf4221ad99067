// Package kms signs, wraps and unwraps with AWS KMS. No private key and no plaintext of a wrapping key ever leaves it.
package kms

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/zenvault/zenvault/shared/fault"
)

// ErrUnavailable is what every trouble with the key service is told as; its cause, for the log, holds no key material.
var ErrUnavailable = fault.New(fault.Unavailable, "keys_unavailable", "The key service did not answer. Nothing was changed. Retry.")

// Keys are the stack's keys. It is safe for concurrent use.
type Keys struct{ Client *kms.Client }

// Sign signs a SHA-256 digest with an ECC_NIST_P256 key, and gives r and s, 32 bytes each (RFC 7518 §3.4).
func (k Keys) Sign(ctx context.Context, keyID string, digest []byte) ([]byte, error) {
	out, err := k.Client.Sign(ctx, &kms.SignInput{
		KeyId: &keyID, Message: digest, MessageType: types.MessageTypeDigest,
		SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, ErrUnavailable.Because(fmt.Errorf("signing: %w", err))
	}
	return plainSignature(out.Signature)
}

// coordinate is the length of r, s, x and y on P-256, in bytes.
const coordinate = 32

// plainSignature turns the DER form that KMS answers (RFC 3279 §2.2.3) into the fixed one.
func plainSignature(der []byte) ([]byte, error) {
	var r, s big.Int
	var inner cryptobyte.String
	input := cryptobyte.String(der)
	if !input.ReadASN1(&inner, asn1.SEQUENCE) || !input.Empty() || !inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) ||
		!inner.Empty() || !fits(&r) || !fits(&s) {
		return nil, errors.New("kms: the signature is not one of ECDSA on P-256")
	}
	plain := make([]byte, 2*coordinate)
	r.FillBytes(plain[:coordinate])
	s.FillBytes(plain[coordinate:])
	return plain, nil
}

func fits(n *big.Int) bool { return n.Sign() > 0 && n.BitLen() <= 8*coordinate }

// PublicKey reads the public half of an ECC_NIST_P256 signing key.
func (k Keys) PublicKey(ctx context.Context, keyID string) (*ecdsa.PublicKey, error) {
	out, err := k.Client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &keyID})
	if err != nil {
		return nil, ErrUnavailable.Because(fmt.Errorf("reading a public key: %w", err))
	}
	parsed, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("kms: reading a public key: %w", err)
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() || out.KeyUsage != types.KeyUsageTypeSignVerify {
		return nil, errors.New("kms: the key is not an ECC_NIST_P256 key for signing")
	}
	return public, nil
}

// Unwrap decrypts what NewWrappedKey made, under the same encryption context.
func (k Keys) Unwrap(ctx context.Context, ciphertext []byte, context map[string]string) ([]byte, error) {
	out, err := k.Client.Decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob: ciphertext, EncryptionContext: context, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
	})
	if err != nil {
		return nil, ErrUnavailable.Because(fmt.Errorf("decrypting: %w", err))
	}
	return out.Plaintext, nil
}

// NewWrappedKey makes 32 random bytes and gives them only in wrapped form: nobody has seen the key.
func (k Keys) NewWrappedKey(ctx context.Context, keyID string, context map[string]string) ([]byte, error) {
	out, err := k.Client.GenerateDataKeyWithoutPlaintext(ctx, &kms.GenerateDataKeyWithoutPlaintextInput{
		KeyId: &keyID, EncryptionContext: context, NumberOfBytes: aws.Int32(32),
	})
	if err != nil {
		return nil, ErrUnavailable.Because(fmt.Errorf("making a wrapped key: %w", err))
	}
	return out.CiphertextBlob, nil
}
