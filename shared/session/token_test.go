package session_test

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/session"
)

// form writes a token with a right checksum around some bytes.
func form(raw []byte) string {
	text := "zv_rt_" + base64.RawURLEncoding.EncodeToString(raw)
	return text + fmt.Sprintf("_%08x", crc32.ChecksumIEEE([]byte(text)))
}

const ulids = "01jc000000000000000000000a" + "01jc000000000000000000000b"

// A token has one form: version, length, ids and checksum are all checked before any key is derived.
func TestTokenForm(t *testing.T) {
	mac := strings.Repeat("m", 32)
	good := form([]byte("\x01keyi" + ulids + "\x00\x00\x00\x07" + mac))
	if _, _, err := session.ParseToken(good); err != nil {
		t.Fatalf("%s: %v", good, err)
	}
	tests := map[string]string{
		"another version":  form([]byte("\x02keyi" + ulids + "\x00\x00\x00\x07" + mac)),
		"no ULID":          form([]byte("\x01keyi" + strings.ToUpper(ulids) + "\x00\x00\x00\x07" + mac)),
		"a ULID too large": form([]byte("\x01keyi" + "8" + ulids[1:] + "\x00\x00\x00\x07" + mac)),
		"a separator":      form([]byte("\x01keyi" + "#" + ulids[1:] + "\x00\x00\x00\x07" + mac)),
		"a byte less":      form([]byte("\x01keyi" + ulids + "\x00\x00\x00\x07" + mac[1:])),
		"a byte more":      form([]byte("\x01keyi" + ulids + "\x00\x00\x00\x07" + mac + "m")),
		"no checksum":      good[:len(good)-9],
		"checksum changed": good[:len(good)-1] + "z",
		"checksum as text": strings.Replace(good, "zv_rt_", "zv_xx_", 1),
		"line break":       good[:20] + "\n" + good[21:],
		"empty":            "",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if _, _, err := session.ParseToken(text); err == nil {
				t.Errorf("%s is read", text)
			}
		})
	}
}

// FuzzParseToken: nothing panics, and what is read has one spelling.
func FuzzParseToken(f *testing.F) {
	f.Add(form([]byte("\x01keyi" + ulids + "\x00\x00\x00\x07" + strings.Repeat("m", 32))))
	f.Add(form([]byte("\x01keyi")))
	f.Add("zv_rt__00000000")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		body, mac, err := session.ParseToken(text)
		if err == nil && form(append(body, mac...)) != text {
			t.Errorf("%q has two spellings", text)
		}
	})
}
