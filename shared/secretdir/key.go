package secretdir

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// Key signs. The private key stands behind a func, so that nothing can print, compare or marshal it.
type Key struct {
	sign func(message []byte) ([]byte, error)
}

// Sign makes an RSASSA-PKCS1-v1_5 signature with SHA-256 (RS256 in JWT): the same bytes for the same message.
func (k Key) Sign(_ context.Context, message []byte) ([]byte, error) { return k.sign(message) }

// RSA is the signing key in the named file, which must have so many bits. A key that was read stays in memory; a failure
// is tried again at the next call.
func (d *Dir) RSA(name string, bits int) (Key, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	cached := fmt.Sprintf("%s/%d", name, bits)
	if key, known := d.keys[cached]; known {
		return key, nil
	}
	content, err := d.Read(name)
	if err != nil {
		return Key{}, err
	}
	key, err := parse(content, bits)
	clear(content)
	if err != nil {
		return Key{}, fmt.Errorf("reading the secret %q: %w", name, err)
	}
	d.keys[cached] = key
	return key, nil
}

// parse reads one PEM block without headers, and nothing around it but white space.
func parse(content []byte, bits int) (Key, error) {
	content = bytes.TrimSpace(content)
	block, rest := pem.Decode(content)
	if block == nil || !bytes.HasPrefix(content, []byte("-----BEGIN ")) || len(rest) > 0 || len(block.Headers) > 0 {
		return Key{}, ErrKey
	}
	private, err := decode(block)
	clear(block.Bytes)
	if err != nil {
		return Key{}, ErrKey
	}
	if private.N.BitLen() != bits || private.Validate() != nil {
		return Key{}, ErrBits
	}
	return Key{func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		return rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
	}}, nil
}

func decode(block *pem.Block) (*rsa.PrivateKey, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if private, ok := parsed.(*rsa.PrivateKey); ok {
			return private, err
		}
	}
	return nil, ErrKey
}
