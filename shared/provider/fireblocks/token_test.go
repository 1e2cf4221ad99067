package fireblocks_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
)

const minimal = `{"requestId":"req-1","operation":"TRANSFER"}`

// signed puts the right key's signature on segments as they are, whatever they hold.
func signed(segments string) string {
	sum := sha256.Sum256([]byte(segments))
	signature, err := rsa.SignPKCS1v15(nil, key(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return segments + "." + b64(signature)
}

// spare sets a bit of the last character that holds no data: the same bytes under another text.
func spare(encoded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, encoded[len(encoded)-1])
	return encoded[:len(encoded)-1] + string(alphabet[last|1])
}

// forms are tokens of another form than the co-signer's. Each has the right key's signature over exactly the bytes that
// are sent, so that only the form can be what is refused.
func forms() map[string]string {
	good := string(token(header, []byte(minimal)))
	parts := strings.Split(good, ".")
	head, body, mark := parts[0], parts[1], parts[2]
	odd := b64([]byte(`{"requestId":"req-1"} `)) // 22 bytes: four spare bits
	wide := b64([]byte(header + " "))            // 28 bytes: four spare bits
	sum := sha512.Sum512([]byte(head + "." + body))
	of512, err := rsa.SignPKCS1v15(nil, key(), crypto.SHA512, sum[:])
	if err != nil {
		panic(err)
	}
	other := base64.RawStdEncoding.EncodeToString([]byte(`{"requestId":"req-1","note":"???>>>"}`))
	return map[string]string{
		"no header":                       signed("." + body),
		"no payload":                      signed(head + "."),
		"one segment":                     signed(body),
		"four segments":                   signed(head + "." + body + "." + mark),
		"a dot before it":                 signed("." + head + "." + body),
		"a byte order mark":               signed("\ufeff" + head + "." + body),
		"a signature twice":               good + mark,
		"a signature of SHA-512":          head + "." + body + "." + b64(of512),
		"padding in the header":           signed(wide + "==." + body),
		"padding in the payload":          signed(head + "." + odd + "=="),
		"padding in the signature":        good + "==",
		"CR in the header":                signed(head[:8] + "\r" + head[8:] + "." + body),
		"LF in the payload":               signed(head + "." + body[:8] + "\n" + body[8:]),
		"LF before the payload":           signed(head + ".\n" + body),
		"LF after the payload":            signed(head + "." + body + "\n"),
		"CR LF in the signature":          good[:len(good)-8] + "\r\n" + good[len(good)-8:],
		"a blank in the payload":          signed(head + "." + body[:8] + " " + body[8:]),
		"NUL in the payload":              signed(head + "." + body[:8] + "\x00" + body[8:]),
		"the alphabet with plus or slash": signed(head + "." + other),
		"spare bits in the header":        signed(spare(wide) + "." + body),
		"spare bits in the payload":       signed(head + "." + spare(odd)),
		"spare bits in the signature":     head + "." + body + "." + spare(mark),
		"a character too many":            signed(head + "." + odd + "AAA"),
	}
}

// Only the one form that the co-signer sends is accepted, and every refusal looks the same: base64 has many texts for the
// same bytes, and Go's decoder takes some of them even when it is strict.
func TestOpenForms(t *testing.T) {
	for about, text := range forms() {
		if _, err := (fireblocks.Codec{}).Open([]byte(text), keys(), time.Time{}); err != signing.ErrForged {
			t.Errorf("%s: got %v, want %v", about, err, signing.ErrForged)
		}
	}
	if !strings.ContainsAny(forms()["the alphabet with plus or slash"], "+/") {
		t.Error("the sample of the other alphabet has nothing of it")
	}
}

// The header says type JWT and algorithm RS256, each once and in these letters, and nothing else.
func TestOpenHeaders(t *testing.T) {
	for text, want := range map[string]error{
		header:                                          nil,
		`{"alg":"RS256","typ":"JWT"}`:                   nil,
		`{ "typ": "JWT", "alg": "RS256" }`:              nil,
		`{"typ":"JWT","alg":"none"}`:                    signing.ErrForged,
		`{"typ":"JWT","alg":"HS256"}`:                   signing.ErrForged,
		`{"typ":"JWT","alg":"RS512"}`:                   signing.ErrForged,
		`{"typ":"JWT","alg":"PS256"}`:                   signing.ErrForged,
		`{"typ":"JWT","alg":"rs256"}`:                   signing.ErrForged,
		`{"typ":"JWT","alg":null}`:                      signing.ErrForged,
		`{"typ":"JWT","alg":["RS256"]}`:                 signing.ErrForged,
		`{"typ":"JWT"}`:                                 signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","alg":"RS256"}`:     signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","\u0061lg":"none"}`: signing.ErrForged,
		`{"typ":"JWT","Alg":"RS256"}`:                   signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","ALG":"RS256"}`:     signing.ErrForged,
		`{"typ":"jwt","alg":"RS256"}`:                   signing.ErrForged,
		`{"typ":"at+jwt","alg":"RS256"}`:                signing.ErrForged,
		`{"typ":null,"alg":"RS256"}`:                    signing.ErrForged,
		`{"typ":"JWT","typ":"JWT","alg":"RS256"}`:       signing.ErrForged,
		`{"alg":"RS256"}`:                               signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","kid":"1"}`:         signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","crit":["b64"]}`:    signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","b64":false}`:       signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","jwk":{}}`:          signing.ErrForged,
		`{"typ":"JWT","alg":"RS256","cty":"JWT"}`:       signing.ErrForged,
		`{}`:              signing.ErrForged,
		`["JWT","RS256"]`: signing.ErrForged,
		`null`:            signing.ErrForged,
		`typ=JWT`:         signing.ErrForged,
		header + `{}`:     signing.ErrForged,
		"{\"typ\":\"JWT\",\"alg\":\"RS256\",\"\xff\":1}":              signing.ErrForged,
		`{"typ":"JWT","alg":"RS256"` + strings.Repeat(" ", 100) + `}`: signing.ErrForged,
	} {
		if _, err := (fireblocks.Codec{}).Open(token(text, []byte(minimal)), keys(), time.Time{}); err != want {
			t.Errorf("%q: got %v, want %v", text, err, want)
		}
	}
}
