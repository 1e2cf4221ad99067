package apikey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"io"
	"strings"

	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/secret"
)

// A token is "zv_live_<ulid of the key>_<secret>_<checksum>": 32 random bytes in base32, and the CRC-32 (IEEE) of all
// before it in hex, so that a truncated or mistyped token, or a scanner's false alarm, costs no read.
const (
	tokenPrefix  = "zv_live_"
	secretBytes  = 32
	secretLength = 52
	lastLength   = 4
)

// purpose is what peppers are derived for.
const purpose = "apikey-pepper"

// hashLength is that of a kept secret, in bytes.
const hashLength = sha256.Size

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token is what a workspace's program sends.
type Token struct {
	KeyID  string
	Secret secret.Text
}

var errToken = errors.New("malformed API key")

func newToken(keyID string, random io.Reader) Token {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		panic("apikey: reading randomness: " + err.Error())
	}
	return Token{keyID, secret.NewText(encoding.EncodeToString(raw))}
}

// Expose writes the token.
func (t Token) Expose() string {
	body := t.Prefix() + "_" + t.Secret.Expose()
	return body + "_" + id.Checksum(body)
}

// Prefix is the part that may be shown: it tells which key, and opens nothing.
func (t Token) Prefix() string { return tokenPrefix + strings.TrimPrefix(t.KeyID, idPrefix+"_") }

// ParseToken reads a token, strictly. It fails before anything is looked up.
func ParseToken(text string) (Token, error) {
	body, sum, found := cutLast(text)
	head, plain, foundSecret := cutLast(body)
	ulid, foundPrefix := strings.CutPrefix(head, tokenPrefix)
	if !found || !foundSecret || !foundPrefix || len(plain) != secretLength || sum != id.Checksum(body) || !id.ValidULID(ulid) {
		return Token{}, errToken
	}
	if raw, err := encoding.DecodeString(plain); err != nil || encoding.EncodeToString(raw) != plain {
		return Token{}, errToken
	}
	return Token{idPrefix + "_" + ulid, secret.NewText(plain)}, nil
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func (t Token) last() string {
	plain := t.Secret.Expose()
	return plain[len(plain)-lastLength:]
}

// hash binds a secret to the pepper, so that a copy of the table alone can't check guesses.
func hash(pepper secret.Bytes, t Token) []byte {
	mac := hmac.New(sha256.New, pepper.Expose())
	io.WriteString(mac, t.KeyID+"\x00"+t.Secret.Expose())
	return mac.Sum(nil)
}
