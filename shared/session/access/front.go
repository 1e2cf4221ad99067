package access

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/zenvault/zenvault/shared/strict"
)

// The library that verifies tokens accepts, with every option on, an unknown "crit", any "typ", members that come twice
// or in another case, times as text, and line breaks inside a segment. The front refuses all of that before it.

// maxToken is the longest token, in bytes.
const maxToken = 8 << 10

// What the front says, to the log alone.
var (
	errLength   = errors.New("access token: too long or empty")
	errAlphabet = errors.New("access token: characters outside base64url")
	errParts    = errors.New("access token: not three parts")
	errEncoding = errors.New("access token: a part is not base64url in its one form")
	errType     = errors.New("access token: not of the type at+jwt and the algorithm ES256")
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

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
	if err := decode(parts[0], &head); err != nil {
		return header{}, Claims{}, err
	}
	if err := decode(parts[1], &claims); err != nil {
		return header{}, Claims{}, err
	}
	if _, err := encoding.DecodeString(parts[2]); err != nil {
		return header{}, Claims{}, errEncoding
	}
	if head.Type != mediaType || head.Algorithm != algorithm {
		return header{}, Claims{}, errType
	}
	return head, claims, nil
}

func outside(c rune) bool { return c != '.' && !strings.ContainsRune(alphabet, c) }

var encoding = base64.RawURLEncoding.Strict()

// decode reads one part: exactly the members of the struct, each once, in their exact case, none null, integers as such.
func decode(part string, into any) error {
	raw, err := encoding.DecodeString(part)
	if err != nil {
		return errEncoding
	}
	return strict.Decode(raw, into)
}
