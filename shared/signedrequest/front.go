package signedrequest

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/zenvault/zenvault/shared/strict"
)

// The library that verifies tokens accepts, with every option on, an unknown "crit", any "typ", members that come twice
// or in another case, times as text, and line breaks inside a segment. The front refuses all of that before it.

// What the front says.
var (
	errLength   = errors.New("it is empty or longer than 4096 bytes")
	errAlphabet = errors.New("it has characters outside base64url")
	errParts    = errors.New("it is not three parts")
	errEncoding = errors.New("a part is not base64url in its one form")
	errHeader   = errors.New("its header is not exactly alg, typ and, if wanted, kid")
	errClaims   = errors.New("its claims are not exactly method, path, body_sha256, nonce, iat, exp, sub and aud")
	errType     = errors.New(`its typ is not "` + mediaType + `"`)
	errNonce    = errors.New("its nonce is not 16 to 64 characters of A-Z, a-z, 0-9, - and _")
)

// parse reads a token's form, without believing anything that it says.
func parse(token string) (header, Claims, error) {
	if token == "" || len(token) > maxToken {
		return header{}, Claims{}, errLength
	}
	if strings.ContainsFunc(token, outside) {
		return header{}, Claims{}, errAlphabet
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return header{}, Claims{}, errParts
	}
	var head header
	var claims Claims
	if err := decode(parts[0], &head, errHeader); err != nil {
		return header{}, Claims{}, err
	}
	if err := decode(parts[1], &claims, errClaims); err != nil {
		return header{}, Claims{}, err
	}
	if _, err := encoding.DecodeString(parts[2]); err != nil {
		return header{}, Claims{}, errEncoding
	}
	if head.Type != mediaType {
		return header{}, Claims{}, errType
	}
	if !validNonce(claims.Nonce) {
		return header{}, Claims{}, errNonce
	}
	return head, claims, nil
}

func outside(c rune) bool { return !strings.ContainsRune(letters+".", c) }

var encoding = base64.RawURLEncoding.Strict()

// decode reads one part: exactly the members of the struct, each once, in their exact case, none null, integers as such.
func decode(part string, into any, otherwise error) error {
	raw, err := encoding.DecodeString(part)
	if err != nil {
		return errEncoding
	}
	if strict.Decode(raw, into) != nil { // its error names members that the sender chose
		return otherwise
	}
	return nil
}
