package simulator

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// sign makes a compact JWS by RS256.
func sign(key *rsa.PrivateKey, header string, claims []byte) ([]byte, error) {
	signed := encode([]byte(header)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return nil, fmt.Errorf("signing a callback: %w", err)
	}
	return []byte(signed + "." + encode(signature)), nil
}

// open verifies one and gives its claims.
func open(token []byte, key *rsa.PublicKey) ([]byte, error) {
	header, rest, _ := bytes.Cut(token, []byte{'.'})
	payload, mark, found := bytes.Cut(rest, []byte{'.'})
	signature, err := base64.RawURLEncoding.Strict().DecodeString(string(mark))
	if !found || err != nil {
		return nil, errors.New("the answer is not a token")
	}
	sum := sha256.Sum256(token[:len(header)+1+len(payload)])
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		return nil, fmt.Errorf("the answer's signature: %w", err)
	}
	content, err := base64.RawURLEncoding.Strict().DecodeString(string(payload))
	if err != nil {
		return nil, fmt.Errorf("the answer's claims: %w", err)
	}
	return content, nil
}
