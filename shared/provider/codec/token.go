// Package codec is what the codecs of several providers have in common: one form of token, digests of content, the bounds
// of names.
package codec

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"

	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
)

// A token is a bare compact JWS (RFC 7515 §7.1) by RS256.
const maxHeader = 128 // bytes of the encoded header; the real one has 36

// headers are the encoded forms of the header with its members in either order: what libraries write.
var headers = [][]byte{
	encode([]byte(`{"typ":"JWT","alg":"RS256"}`)),
	encode([]byte(`{"alg":"RS256","typ":"JWT"}`)),
}

// encoding refuses padding, and the spare bits that would make two texts of the same bytes.
var encoding = base64.RawURLEncoding.Strict()

func encode(raw []byte) []byte { return encoding.AppendEncode(nil, raw) }

// OpenToken checks the signature over exactly the bytes that were received, and gives the payload. The header must say type
// JWT and algorithm RS256, and nothing else: the algorithm is ours to choose, not the sender's. It fails with
// signing.ErrForged, whatever is wrong with the token: nobody who is entitled to send one needs to know.
func OpenToken(token []byte, keys []*rsa.PublicKey) ([]byte, error) {
	header, rest, found := bytes.Cut(token, []byte{'.'})
	payload, signature, foundToo := bytes.Cut(rest, []byte{'.'})
	if !found || !foundToo || !validHeader(header) {
		return nil, signing.ErrForged
	}
	content, err := decode(payload)
	if err != nil {
		return nil, err
	}
	mark, err := decode(signature)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(token[:len(header)+1+len(payload)])
	for _, key := range keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], mark) == nil {
			return content, nil
		}
	}
	return nil, signing.ErrForged
}

func validHeader(encoded []byte) bool {
	if bytes.Equal(encoded, headers[0]) || bytes.Equal(encoded, headers[1]) {
		return true
	}
	if len(encoded) > maxHeader {
		return false
	}
	raw, err := decode(encoded)
	if err != nil {
		return false
	}
	var header struct {
		Type      string `json:"typ"`
		Algorithm string `json:"alg"`
	}
	return strict.Decode(raw, &header) == nil && header.Type == "JWT" && header.Algorithm == "RS256"
}

// decode reads one segment. Go's base64 skips line breaks even when strict, so the alphabet is checked first.
func decode(segment []byte) ([]byte, error) {
	for _, c := range segment {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return nil, signing.ErrForged
		}
	}
	raw, err := encoding.AppendDecode(nil, segment)
	if err != nil || len(raw) == 0 {
		return nil, signing.ErrForged
	}
	return raw, nil
}

// SealToken signs claims as a token. The same claims and key give the same token, byte for byte.
func SealToken(ctx context.Context, claims []byte, key signing.Signer) ([]byte, error) {
	token := append(bytes.Clone(headers[0]), '.')
	token = encoding.AppendEncode(token, claims)
	signature, err := key.Sign(ctx, token)
	if err != nil {
		return nil, err
	}
	return encoding.AppendEncode(append(token, '.'), signature), nil
}
