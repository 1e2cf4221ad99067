package safeheron_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/safeheron"
	"github.com/zenvault/zenvault/shared/signing"
)

// with is the good envelope with one member changed; nil takes it out.
func with(name string, value any) []byte {
	e := envelope(marshal(content("TRANSACTION", nil)))
	if e[name] = value; value == nil {
		delete(e, name)
	}
	return marshal(e)
}

// signed puts the right key's signature on a text, whatever it says.
func signed(e object, text string) []byte {
	e["sig"] = pss(text)
	return marshal(e)
}

// forms are bodies of another form than the co-signer's, many with the right key's signature.
func forms() map[string][]byte {
	e := envelope(marshal(content("TRANSACTION", nil)))
	biz, sig := e["bizContent"].(string), e["sig"].(string)
	text := "bizContent=" + biz + "&timestamp=1700000000000&version=v3"
	sum := sha256.Sum256([]byte(text))
	scheme := func(salt int) string {
		signature, err := rsa.SignPSS(rand.Reader, key(), crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			panic(err)
		}
		return base64.StdEncoding.EncodeToString(signature)
	}
	pkcs1, err := rsa.SignPKCS1v15(nil, key(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	raw, good := string(with("x", nil)), string(marshal(e))
	return map[string][]byte{
		"nothing":                       nil,
		"no JSON":                       []byte("x"),
		"a list":                        []byte("[]"),
		"null":                          []byte("null"),
		"two documents":                 []byte(good + good),
		"data behind it":                []byte(good + "x"),
		"no timestamp":                  with("timestamp", nil),
		"no version":                    with("version", nil),
		"no content":                    with("bizContent", nil),
		"no signature":                  with("sig", nil),
		"an unsigned member":            with("key", "x"),
		"a null member":                 with("rsaType", json.RawMessage("null")),
		"timestamp of a number":         with("timestamp", 1700000000000),
		"timestamp in another case":     []byte(strings.Replace(good, `"timestamp"`, `"Timestamp"`, 1)),
		"timestamp twice":               []byte(strings.Replace(good, `{`, `{"timestamp":"1700000000000",`, 1)),
		"content twice":                 []byte(strings.Replace(good, `{`, `{"bizC\u006fntent":"e30=",`, 1)),
		"signature twice":               []byte(strings.Replace(good, `{`, `{"sig":"`+sig+`",`, 1)),
		"another timestamp":             with("timestamp", "1700000000001"),
		"a timestamp of seconds":        signed(object{"timestamp": "1700000000", "version": "v3", "bizContent": biz}, "bizContent="+biz+"&timestamp=1700000000&version=v3"),
		"a timestamp with a sign":       signed(object{"timestamp": "+1700000000000", "version": "v3", "bizContent": biz}, "bizContent="+biz+"&timestamp=+1700000000000&version=v3"),
		"a timestamp with a zero":       signed(object{"timestamp": "01700000000000", "version": "v3", "bizContent": biz}, "bizContent="+biz+"&timestamp=01700000000000&version=v3"),
		"a timestamp of a fraction":     signed(object{"timestamp": "1700000000000.0", "version": "v3", "bizContent": biz}, "bizContent="+biz+"&timestamp=1700000000000.0&version=v3"),
		"version 1":                     signed(object{"timestamp": "1700000000000", "version": "v1", "bizContent": biz}, "bizContent="+biz+"&timestamp=1700000000000&version=v1"),
		"version V3":                    signed(object{"timestamp": "1700000000000", "version": "V3", "bizContent": biz}, "bizContent="+biz+"&timestamp=1700000000000&version=V3"),
		"another version, signed as v3": with("version", "v4"),
		"members that moved":            signed(object{"timestamp": "1700000000000", "version": "v3", "bizContent": biz + "&timestamp=1700000000000&version=v3"}, text),
		"another content":               with("bizContent", base64.StdEncoding.EncodeToString([]byte(`{}`))),
		"LF in the content":             with("bizContent", biz[:8]+"\n"+biz[8:]),
		"the other alphabet":            with("sig", strings.NewReplacer("+", "-", "/", "_").Replace(sig)),
		"no padding":                    with("sig", strings.TrimRight(sig, "=")),
		"more padding":                  with("sig", sig+"="),
		"LF in the signature":           with("sig", sig[:8]+"\n"+sig[8:]),
		"CR LF behind it":               with("sig", sig+"\r\n"),
		"a blank in the signature":      with("sig", " "+sig),
		"a signature twice in one":      with("sig", sig+sig),
		"a signature in hex":            with("sig", strings.Repeat("ab", 512)),
		"an empty signature":            with("sig", ""),
		"RSASSA-PKCS1-v1_5":             with("sig", base64.StdEncoding.EncodeToString(pkcs1)),
		"a salt of 20 bytes":            with("sig", scheme(20)),
		"a salt of 64 bytes":            with("sig", scheme(64)),
		"a token":                       []byte("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30."),
		"a byte order mark":             []byte("\ufeff" + raw),
		"not UTF-8":                     bytes.Replace([]byte(good), []byte("v3"), []byte("v\xff"), 1),
	}
}

func open(message []byte) (signing.Callback, error) {
	return safeheron.Codec{}.Open(message, keys(), noon)
}

// However a message was changed, it does not open, or it is read as the very same: the same members in a JSON of another spacing.
func TestOpenMutated(t *testing.T) {
	good := message(content("TRANSACTION", nil))
	all := slices.Concat(codectest.Bytes(good, 3), codectest.Members(good))
	for about, body := range forms() {
		all = append(all, codectest.Mutation{About: about, Body: body, Refused: true})
	}
	codectest.Hold(t, good, open, all)
}

// Content that was signed by the co-signer is read strictly: no member counts twice, and none under a name that is only like it.
func TestContentMutated(t *testing.T) {
	good := content("TRANSACTION", nil)
	all := codectest.Members(marshal(good))
	for _, m := range codectest.Members(marshal(detail())) {
		m.Body = bytes.Replace(marshal(good), marshal(detail()), m.Body, 1)
		all = append(all, m)
	}
	codectest.Hold(t, marshal(good), safeheron.Read, all)
}

// Only the one form that the co-signer signs opens, and every refusal looks the same.
func TestOpenForms(t *testing.T) {
	for about, body := range forms() {
		if _, err := open(body); err != signing.ErrForged {
			t.Errorf("%s: got %v, want %v", about, err, signing.ErrForged)
		}
	}
	if _, err := open(with("x", nil)); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// The spare bits of the last character of a signature are not a second text of the same signature.
func TestOpenSpareBits(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	sig := envelope([]byte(`{}`))["sig"].(string) // 512 bytes end in one '=': two spare bits
	at := len(sig) - 2
	last := strings.IndexByte(alphabet, sig[at])
	e := envelope([]byte(`{}`))
	e["sig"] = sig[:at] + string(alphabet[last|1]) + "="
	if _, err := open(marshal(e)); err != signing.ErrForged {
		t.Errorf("got %v", err)
	}
}
