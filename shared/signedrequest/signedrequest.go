// Package signedrequest is the proof that a request was made by the holder of a private key: a JWT over the method, the
// path with the query, the hash of the body and a nonce, good for half a minute. The exact bytes are in
// infra/design/signed-requests.md. Who remembers the nonces is not its business.
package signedrequest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
)

// Header is where the token is sent.
const Header = "Zenvault-Signature"

// The bounds of a token.
const (
	MaxLifetime = 30 * time.Second // from iat to exp
	Leeway      = 10 * time.Second // for clocks that differ
	maxToken    = 4 << 10          // bytes
	minNonce    = 16               // characters, of A-Z a-z 0-9 - _
	maxNonce    = 64
)

// mediaType is the token's "typ": explicit, so that no other JWT passes for one (RFC 8725 §3.11).
const mediaType = "zenvault-request+jwt"

// ErrInvalid is told, after the API key's secret was right, of a signature that is not good; the sentence says why.
var ErrInvalid = fault.New(fault.Unauthenticated, "signature_invalid", "The request's signature is not valid.").At(Header)

// Request is what is signed. Path and Query are as they are sent, undecoded; Query is without its question mark.
type Request struct {
	Method string
	Path   string
	Query  string
	Body   []byte
}

// Claims is what a token says, all of it required.
type Claims struct {
	Method  string `json:"method"`
	Path    string `json:"path"`        // with the question mark and the query, if there is one
	Body    string `json:"body_sha256"` // lower hex, of the empty body too
	Nonce   string `json:"nonce"`
	Issued  int64  `json:"iat"` // Unix seconds, as the next
	Expires int64  `json:"exp"`
	Key     string `json:"sub"` // the API key's id
	Vault   string `json:"aud"` // the issuer's URL
}

type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	Key       string `json:"kid,omitempty"` // if given, the API key's id
}

// target is the path and the query as one text.
func (r Request) target() string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}

func (r Request) hash() string {
	sum := sha256.Sum256(r.Body)
	return hex.EncodeToString(sum[:])
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// plain reports whether a path is written with characters that need no percent-encoding. API Gateway decodes a path
// before it hands it on (and leaves the query alone), so that any other path would be one text when it is signed and
// another when it arrives. Ours need no others.
func plain(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.ContainsFunc(path, func(c rune) bool {
		return !strings.ContainsRune(letters+"/.~", c)
	})
}

func validNonce(nonce string) bool {
	return len(nonce) >= minNonce && len(nonce) <= maxNonce && strings.Trim(nonce, letters) == ""
}
