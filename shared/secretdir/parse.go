package secretdir

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/zenvault/zenvault/shared/keyref"
)

// The bounds of RSA keys. A provider takes one size; these keep a file from costing more than a key does.
const (
	minBits  = 2048
	maxBits  = 4096
	exponent = 65537
)

// Parse reads a key: one PEM block without headers, and nothing around it but white space; in it one private key, RSA of two
// primes or EC on P-256, and nothing after it. It must be of the kind.
func Parse(content []byte, kind keyref.Kind) (Key, error) {
	block, err := onlyBlock(bytes.TrimSpace(content))
	if err != nil {
		return Key{}, err
	}
	defer clear(block.Bytes)
	private, err := decode(block)
	if err != nil {
		return Key{}, err
	}
	return newKey(private, kind)
}

// onlyBlock counts the blocks itself: pem.Decode passes over text and malformed blocks until it finds a good one.
func onlyBlock(content []byte) (*pem.Block, error) {
	block, rest := pem.Decode(content)
	if block == nil || len(rest) > 0 || !bytes.HasPrefix(content, []byte("-----BEGIN ")) ||
		bytes.Count(content, []byte("-----BEGIN")) != 1 || bytes.Count(content, []byte("-----END")) != 1 {
		return nil, ErrKey
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, ErrEncrypted
	}
	if len(block.Headers) > 0 {
		return nil, ErrKey
	}
	return block, nil
}

// decode takes a key in the one encoding that its numbers have: crypto/x509 does not look at all that may stand behind a
// value or inside of it.
func decode(block *pem.Block) (crypto.Signer, error) {
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, ErrKey
	}
	if err != nil {
		return nil, ErrKey
	}
	key, err := sound(parsed)
	if err != nil {
		return nil, err
	}
	again, err := encode(block.Type, key)
	defer clear(again)
	if err != nil || !bytes.Equal(again, block.Bytes) {
		return nil, ErrKey
	}
	return key, nil
}

func encode(kind string, key crypto.Signer) ([]byte, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if kind == "RSA PRIVATE KEY" {
			return x509.MarshalPKCS1PrivateKey(key), nil
		}
	case *ecdsa.PrivateKey:
		if kind == "EC PRIVATE KEY" {
			return x509.MarshalECPrivateKey(key)
		}
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// sound takes the keys that can be signed with: their numbers belong together and are within bounds.
func sound(parsed any) (crypto.Signer, error) {
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		bits := key.N.BitLen()
		if len(key.Primes) == 2 && key.E == exponent && bits >= minBits && bits <= maxBits && key.Validate() == nil {
			return key, nil
		}
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			return key, nil
		}
	}
	return nil, ErrUnfit
}
