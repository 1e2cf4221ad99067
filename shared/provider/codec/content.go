package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/zenvault/zenvault/shared/amount"
)

// MaxID is far above any provider's name of a request, in bytes.
const MaxID = 200

// ValidID reports whether a provider's name of a request can be a part of a key: no blank, nothing that is no visible ASCII
// character, and not what stands between the parts.
func ValidID(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f || text[i] == '#' {
			return false
		}
	}
	return text != "" && len(text) <= MaxID
}

// Cut keeps what the longest reference of ours has, and a little more.
func Cut(text string) string {
	if len(text) <= MaxID {
		return text
	}
	end := MaxID
	for end > 0 && text[end]&0xc0 == 0x80 { // not in the middle of a character
		end--
	}
	return text[:end]
}

// Digest is the hex SHA-256 of texts. A length stands before each, so that no two lists look alike.
func Digest(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		io.WriteString(h, text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// List is a list as one of a digest's texts: two lists never give the same.
func List(texts []string) string { return strconv.Itoa(len(texts)) + ":" + Digest(texts...) }

// Plain is the shortest form of an amount: the same number is the same content, however many zeros it is sent with.
func Plain(text string) string {
	if d, err := amount.Parse(text); err == nil {
		return d.String()
	}
	return text
}

// Canonical writes a JSON value in one form, whatever the order of its members and the space between them. Numbers stay as
// they are written. Whoever calls it has refused duplicate members before.
func Canonical(raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

var errBase64 = errors.New("not base64")

// Base64 reads the padded standard form, and only that: Go's decoder skips line breaks even when it is strict.
func Base64(text string) ([]byte, error) {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '=':
		default:
			return nil, errBase64
		}
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil, errBase64
	}
	return raw, nil
}
