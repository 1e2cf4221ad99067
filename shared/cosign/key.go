package cosign

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
)

const (
	minBits  = 2048
	maxBits  = 4096
	exponent = 65537
	maxPEM   = 2 << 10 // bytes; an RSA-4096 key has 800
)

// parseKey reads one public key: a single PEM block without headers, and nothing around it but white space.
func parseKey(text string) (PublicKey, bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxPEM || !strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----") {
		return PublicKey{}, false
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(rest) > 0 || len(block.Headers) > 0 {
		return PublicKey{}, false
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	key, isRSA := parsed.(*rsa.PublicKey)
	if err != nil || !isRSA || key.N.BitLen() < minBits || key.N.BitLen() > maxBits || key.E != exponent {
		return PublicKey{}, false
	}
	sum := sha256.Sum256(block.Bytes)
	return PublicKey{ID: hex.EncodeToString(sum[:]), PEM: text + "\n", rsa: key}, true
}

// verifiers are the keys that a message of the cosigner may be signed with.
func (c Cosigner) verifiers() []*rsa.PublicKey {
	keys := make([]*rsa.PublicKey, len(c.Inbound))
	for i, key := range c.Inbound {
		keys[i] = key.rsa
	}
	return keys
}
