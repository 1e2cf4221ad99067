package cobo_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/provider/cobo"
	"github.com/zenvault/zenvault/shared/signing"
)

// forms are bodies of another form than a node's, many with the right key's signature over what they say.
func forms() map[string]string {
	payload := marshal(object{"package_data": marshal(keysign(nil, nil)), "exp": 1700000010})
	good := token(header, payload)
	parts := strings.Split(good, ".")
	const field = "TSS_JWT_MSG="
	hs256 := b64([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + parts[1]
	der, err := x509.MarshalPKIXPublicKey(&key().PublicKey)
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, der)
	mac.Write([]byte(hs256))
	of := func(head string) string { return field + token(head, payload) }
	return map[string]string{
		"nothing":                   "",
		"the token alone":           good,
		"the token as JSON":         `"` + good + `"`,
		"an empty field":            field,
		"another field":             "tss_jwt_msg=" + good,
		"a field before it":         "a=b&" + field + good,
		"a field behind it":         field + good + "&a=b",
		"the field twice":           field + good + "&" + field + good,
		"the field twice, once bad": field + "x&" + field + good,
		"a separator at the end":    field + good + "&",
		"an escaped character":      field + strings.Replace(good, ".", "%2E", 1),
		"an escaped field":          "TSS%5FJWT_MSG=" + good,
		"a blank before it":         field + " " + good,
		"a plus before it":          field + "+" + good,
		"a blank behind it":         field + good + " ",
		"a line break behind it":    field + good + "\n",
		"a line break in it":        field + good[:60] + "\r\n" + good[60:],
		"a query's question mark":   "?" + field + good,
		"multipart":                 "--x\r\nContent-Disposition: form-data; name=\"TSS_JWT_MSG\"\r\n\r\n" + good + "\r\n--x--\r\n",
		"JSON":                      `{"TSS_JWT_MSG":"` + good + `"}`,
		"two segments":              field + parts[0] + "." + parts[1],
		"four segments":             field + good + ".",
		"no signature":              field + parts[0] + "." + parts[1] + ".",
		"another payload":           field + parts[0] + "." + b64([]byte(`{"exp":4102444800}`)) + "." + parts[2],
		"padding":                   field + good + "==",
		"the other alphabet":        field + strings.NewReplacer("-", "+", "_", "/").Replace(good) + "+",
		"alg none":                  of(`{"alg":"none","typ":"JWT"}`),
		"alg none, unsigned":        field + b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".",
		"alg HS256":                 field + hs256 + "." + b64(mac.Sum(nil)),
		"alg PS256":                 of(`{"alg":"PS256","typ":"JWT"}`),
		"alg RS512":                 of(`{"alg":"RS512","typ":"JWT"}`),
		"alg in other case":         of(`{"alg":"rs256","typ":"JWT"}`),
		"alg twice":                 of(`{"alg":"none","alg":"RS256","typ":"JWT"}`),
		"ALG beside it":             of(`{"alg":"RS256","ALG":"none","typ":"JWT"}`),
		"a jwk":                     of(`{"alg":"RS256","typ":"JWT","jwk":{"kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(key().N.Bytes()) + `","e":"AQAB"}}`),
		"a kid":                     of(`{"alg":"RS256","typ":"JWT","kid":"1"}`),
		"a crit":                    of(`{"alg":"RS256","typ":"JWT","crit":["exp"]}`),
		"no typ":                    of(`{"alg":"RS256"}`),
		"no alg":                    of(`{"typ":"JWT"}`),
		"a list":                    of(`["RS256"]`),
		"a byte order mark":         "\ufeff" + field + good,
	}
}

// Only the one form that a node sends opens, and every refusal looks the same.
func TestOpenForms(t *testing.T) {
	for about, body := range forms() {
		if _, err := (cobo.Codec{}).Open([]byte(body), keys(), noon); err != signing.ErrForged {
			t.Errorf("%s: got %v, want %v", about, err, signing.ErrForged)
		}
	}
	good := message(keysign(nil, nil))
	for at := len("TSS_JWT_MSG="); at < len(good); at++ { // each character of the token
		if good[at] == '.' {
			continue
		}
		other := bytes.Clone(good)
		if other[at] = 'A'; good[at] == 'A' {
			other[at] = 'B'
		}
		if _, err := (cobo.Codec{}).Open(other, keys(), noon); err != signing.ErrForged {
			t.Fatalf("with another character at %d: %v", at, err)
		}
	}
	if _, err := (cobo.Codec{}).Open(good, keys(), noon); err != nil {
		t.Errorf("the good one: %v", err)
	}
}
