package secretdir

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"

	"github.com/zenvault/zenvault/shared/keyref"
)

// Key signs. The private key stands behind a func, so that nothing can print, compare or marshal it.
type Key struct {
	sign    func(message []byte) ([]byte, error)
	version string
}

// Sign signs by the key's kind: the same bytes for the same message.
func (k Key) Sign(_ context.Context, message []byte) ([]byte, error) {
	if k.sign == nil {
		return nil, ErrAbsent
	}
	return k.sign(message)
}

// Version is the hex SHA-256 of the public key's SubjectPublicKeyInfo: which key it is, and nothing about its private half.
func (k Key) Version() string { return k.version }

// newKey makes a Key of a parsed private key, which must be of the kind.
func newKey(private crypto.Signer, kind keyref.Kind) (Key, error) {
	sign, err := signer(private, kind)
	if err != nil {
		return Key{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return Key{}, ErrKey
	}
	sum := sha256.Sum256(public)
	return Key{sign, hex.EncodeToString(sum[:])}, nil
}

func signer(private crypto.Signer, kind keyref.Kind) (func(message []byte) ([]byte, error), error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		if kind.Algorithm == keyref.RS256 && key.N.BitLen() == kind.Bits {
			return rs256(key), nil
		}
		if kind.Algorithm == keyref.PS256 && key.N.BitLen() == kind.Bits {
			return ps256(key), nil
		}
	case *ecdsa.PrivateKey:
		if kind.Algorithm == keyref.ES256 && key.Curve.Params().BitSize == kind.Bits {
			return es256(key), nil
		}
	}
	return nil, ErrUnfit
}

// rs256 makes RSASSA-PKCS1-v1_5 signatures with SHA-256. (crypto/rsa verifies each before it gives it out.)
func rs256(key *rsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		return rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	}
}

// saltOf begins what a salt is the hash of, so that it is no other hash of the message.
const saltOf = "zenvault PS256 salt\n"

// ps256 makes RSASSA-PSS signatures with SHA-256 and a salt of 32 bytes, which follows from the message: so an answer can be
// given again. With a salt that is not drawn the scheme is about as strong as full domain hashing (RFC 8017 §9.1), and
// verifiers see no difference. (crypto/rsa reads the salt and nothing else from its source, and verifies each signature
// before it gives it out.)
func ps256(key *rsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		salt := sha256.Sum256(append([]byte(saltOf), message...))
		return rsa.SignPSS(bytes.NewReader(salt[:]), key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: len(salt)})
	}
}

// es256 makes ECDSA signatures with SHA-256, r and s in 32 bytes each. Without a source of randomness the nonce comes from
// key and message (RFC 6979), so that an answer can be given again.
func es256(key *ecdsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		der, err := key.Sign(nil, sum[:], crypto.SHA256)
		plain, valid := keyref.PlainSignature(der)
		if err != nil || !valid {
			return nil, errors.New("an EC key does not sign")
		}
		return plain, nil
	}
}
