package signedrequest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
)

// The algorithms. A key's type decides which one its signatures have; a token's header has no say in it.
const (
	es256 = "ES256" // ECDSA on P-256 with SHA-256 (RFC 7518 §3.4)
	eddsa = "EdDSA" // Ed25519 (RFC 8037 §3.1)
)

// maxPEM is the longest key, in bytes.
const maxPEM = 1 << 10

// The errors of keys. None holds anything of what was read.
var (
	ErrPublicKey  = errors.New("not one public key in PEM (PUBLIC KEY), on P-256 or Ed25519")
	ErrPrivateKey = errors.New("not one private key in PEM (PRIVATE KEY, PKCS #8), on P-256 or Ed25519")
)

// PublicKey is what signatures are verified with.
type PublicKey struct {
	algorithm string
	key       crypto.PublicKey // *ecdsa.PublicKey or ed25519.PublicKey
	der       []byte
}

// ParsePublicKey reads one PEM block (SubjectPublicKeyInfo, RFC 5280 §4.1) without headers, and nothing around it but
// white space.
func ParsePublicKey(text string) (PublicKey, error) {
	der, ok := block(text, "PUBLIC KEY")
	if !ok {
		return PublicKey{}, ErrPublicKey
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return PublicKey{}, ErrPublicKey
	}
	return newPublicKey(parsed)
}

func newPublicKey(key crypto.PublicKey) (PublicKey, error) {
	algorithm := algorithmOf(key)
	der, err := x509.MarshalPKIXPublicKey(key) // the one form, whatever was read
	if algorithm == "" || err != nil {
		return PublicKey{}, ErrPublicKey
	}
	return PublicKey{algorithm, key, der}, nil
}

func algorithmOf(key crypto.PublicKey) string {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return es256
		}
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return eddsa
		}
	}
	return ""
}

func block(text, kind string) ([]byte, bool) {
	content := bytes.TrimSpace([]byte(text))
	found, rest := pem.Decode(content)
	ok := len(text) <= maxPEM && found != nil && found.Type == kind && len(found.Headers) == 0 && len(rest) == 0 &&
		bytes.HasPrefix(content, []byte("-----BEGIN "))
	if !ok {
		return nil, false
	}
	return found.Bytes, true
}

// PEM writes the key.
func (k PublicKey) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.der}))
}

// Fingerprint tells keys apart: the hex SHA-256 of the SubjectPublicKeyInfo.
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.der)
	return hex.EncodeToString(sum[:])
}
