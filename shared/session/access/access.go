// Package access is the access token: a JWT (RFC 9068) that proves an admin's session for ten minutes. It is signed by a
// key that never leaves AWS KMS and verified with the public half, without a call.
package access

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
)

// The bounds of a token's life.
const (
	Lifetime    = 10 * time.Minute // of those that are issued
	maxLifetime = 15 * time.Minute // of those that are accepted
	leeway      = 30 * time.Second // for clocks that differ
)

// What every header says.
const (
	algorithm = "ES256"
	mediaType = "at+jwt" // RFC 9068 §2.1
)

// Claims is what a token says, all of it required.
type Claims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Admin    string `json:"sub"`
	Session  string `json:"sid"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"` // Unix seconds, as the next two
	NotYet   int64  `json:"nbf"`
	Expires  int64  `json:"exp"`
}

type header struct {
	Algorithm string `json:"alg"`
	Key       string `json:"kid"`
	Type      string `json:"typ"`
}

// Audience is who an issuer's tokens are for: the admin part of its API.
func Audience(issuer string) string { return issuer + "/v1/admin" }

// Signer signs a SHA-256 digest with ECDSA on P-256 and gives r and s, 32 bytes each; AWS KMS does.
type Signer interface {
	Sign(ctx context.Context, keyID string, digest []byte) ([]byte, error)
}

// Key is the public half of a signing key. Its id is its thumbprint, so that an id can't be given to another key.
type Key struct {
	ID     string
	Public *ecdsa.PublicKey
	x, y   string // base64url
}

// NewKey names a public key. It fails for one that is not on P-256.
func NewKey(public *ecdsa.PublicKey) (Key, error) {
	point, err := public.Bytes() // 04, then x and y
	if err != nil || len(point) != 1+32+32 {
		return Key{}, errors.New("the token key is not on the curve P-256")
	}
	k := Key{Public: public, x: encode(point[1:33]), y: encode(point[33:])}
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + k.x + `","y":"` + k.y + `"}`)) // RFC 7638 §3
	k.ID = encode(sum[:])
	return k, nil
}

// Keys are those that tokens are accepted from: the one that signs, and those that will or did.
type Keys []Key

func (keys Keys) find(id string) (*ecdsa.PublicKey, bool) {
	for _, k := range keys {
		if k.ID == id {
			return k.Public, true
		}
	}
	return nil, false
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
