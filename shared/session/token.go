package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/zenvault/zenvault/shared/id"
)

// A refresh token is "zv_rt_<base64url>_<checksum>": version (1 byte), master key id (4), admin (26, a ULID), session
// (26, a ULID), generation (4), HMAC-SHA-256 of all that (32); and the CRC-32 (IEEE) of the text before it in hex.
// The HMAC's key is derived for the family. So a token with a good HMAC and an old generation is one that was issued and
// replaced, and no token that was ever issued needs to be stored.
const (
	tokenPrefix  = "zv_rt_"
	tokenVersion = 1
	keyIDLength  = 4
	bodyLength   = 1 + keyIDLength + 2*id.Length + 4
	tokenLength  = bodyLength + sha256.Size
	purpose      = "refresh-token"
)

// token is what a client refreshes with.
type token struct {
	keyID      string // 8 hex digits
	admin      string
	session    string
	generation int64
}

// The reasons of a refusal, for the log alone.
var (
	errForm   = errors.New("refresh token: malformed")
	errForged = errors.New("refresh token: not made here")
)

var encoding = base64.RawURLEncoding.Strict()

// write makes the text of a session's token. The same session and generation give the same text.
func (s Service) write(t token) (string, error) {
	body, err := t.body()
	if err != nil {
		return "", err
	}
	mac, err := s.mac(t, body)
	if err != nil {
		return "", err
	}
	return frame(tokenPrefix, append(body, mac...)), nil
}

// frame writes bytes as a token: the prefix, base64url, and the checksum of that.
func frame(prefix string, raw []byte) string {
	text := prefix + encoding.EncodeToString(raw)
	return text + "_" + id.Checksum(text)
}

// unframe reads so many bytes as frame writes them, of one version, which is the first byte.
func unframe(prefix string, length int, version byte, text string) ([]byte, bool) {
	end := len(prefix) + encoding.EncodedLen(length)
	if len(text) != end+1+8 || !strings.HasPrefix(text, prefix) || text[end] != '_' || text[end+1:] != id.Checksum(text[:end]) {
		return nil, false
	}
	raw, err := encoding.DecodeString(text[len(prefix):end])
	return raw, err == nil && len(raw) == length && raw[0] == version
}

func (t token) body() ([]byte, error) {
	keyID, err := hex.DecodeString(t.keyID)
	if err != nil || len(keyID) != keyIDLength || t.generation < 0 || t.generation > math.MaxUint32 {
		return nil, fmt.Errorf("refresh token: impossible key id %q or generation %d", t.keyID, t.generation)
	}
	body := append([]byte{tokenVersion}, keyID...)
	body = append(body, strings.TrimPrefix(t.admin, adminPrefix+"_")+strings.TrimPrefix(t.session, idPrefix+"_")...)
	return binary.BigEndian.AppendUint32(body, uint32(t.generation)), nil
}

func (s Service) mac(t token, body []byte) ([]byte, error) {
	key, err := s.Keys.DeriveWith(t.keyID, purpose, t.admin+"/"+t.session)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key.Expose())
	mac.Write(body)
	return mac.Sum(nil), nil
}

// read proves that a token was made here, without looking anything up. It fails with errForm or errForged.
func (s Service) read(text string) (token, error) {
	t, body, mac, err := parseToken(text)
	if err != nil {
		return token{}, err
	}
	right, err := s.mac(t, body)
	if err != nil || !hmac.Equal(mac, right) {
		return token{}, errForged
	}
	return t, nil
}

func parseToken(text string) (t token, body, mac []byte, err error) {
	raw, ok := unframe(tokenPrefix, tokenLength, tokenVersion, text)
	if !ok {
		return token{}, nil, nil, errForm
	}
	ids := raw[1+keyIDLength:]
	t = token{
		keyID:      hex.EncodeToString(raw[1 : 1+keyIDLength]),
		admin:      adminPrefix + "_" + string(ids[:id.Length]),
		session:    idPrefix + "_" + string(ids[id.Length:2*id.Length]),
		generation: int64(binary.BigEndian.Uint32(raw[bodyLength-4:])),
	}
	if !id.Valid(adminPrefix, t.admin) || !id.Valid(idPrefix, t.session) {
		return token{}, nil, nil, errForm
	}
	return t, raw[:bodyLength], raw[bodyLength:], nil
}

// token is the one that is good.
func (s Session) token() token { return token{s.keyID, s.Admin, s.ID, s.Generation} }
