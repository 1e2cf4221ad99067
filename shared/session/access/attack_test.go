package access_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/session/access"
)

// forger signs whatever it is given with the right key: what is refused, is refused for its form.
type forger struct {
	t       testing.TB
	private localKey
	public  access.Key
}

func (f forger) sign(head, body string) string {
	f.t.Helper()
	signed := encode(head) + "." + encode(body)
	digest := sha256.Sum256([]byte(signed))
	signature, err := f.private.Sign(context.Background(), "", digest[:])
	if err != nil {
		f.t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func (f forger) head() string { return `{"alg":"ES256","kid":"` + f.public.ID + `","typ":"at+jwt"}` }

const body = `{"iss":"https://vault.example.com","aud":"https://vault.example.com/v1/admin","sub":"adm_1","sid":"ses_1",` +
	`"jti":"tok_1","iat":1795521600,"nbf":1795521600,"exp":1795522200}`

// with changes the one place of a text.
func with(text, old, new string) string {
	if strings.Count(text, old) != 1 {
		panic(fmt.Sprintf("%q is not once in %s", old, text))
	}
	return strings.Replace(text, old, new, 1)
}

// Everything that is not exactly a token of ours is refused, though it is signed with our key.
func TestAttacks(t *testing.T) {
	private, public := newKey(t)
	f := forger{t, private, public}
	head := f.head()
	good := f.sign(head, body)
	verifier := access.Verifier{URL: url, Keys: access.Keys{public}}
	if _, err := verifier.Verify(good, now); err != nil {
		t.Fatalf("the token that the attacks are made of: %v", err)
	}
	parts := strings.Split(good, ".")
	hs256 := hmac.New(sha256.New, access.Keys{public}.JWKS())
	confused := encode(with(head, "ES256", "HS256")) + "." + parts[1]
	hs256.Write([]byte(confused))
	attacks := map[string]string{
		"empty":                  "",
		"alg none":               encode(with(head, "ES256", "none")) + "." + parts[1] + ".",
		"alg None, signed":       f.sign(with(head, "ES256", "None"), body),
		"alg HS256, public key":  confused + "." + base64.RawURLEncoding.EncodeToString(hs256.Sum(nil)),
		"alg ES384":              f.sign(with(head, "ES256", "ES384"), body),
		"alg in lower case":      f.sign(with(head, "ES256", "es256"), body),
		"alg twice":              f.sign(with(head, `"alg":"ES256"`, `"alg":"none","alg":"ES256"`), body),
		"no alg":                 f.sign(with(head, `"alg":"ES256",`, ``), body),
		"no kid":                 f.sign(`{"alg":"ES256","typ":"at+jwt"}`, body),
		"kid of nobody":          f.sign(with(head, public.ID, "AAAA"), body),
		"kid is null":            f.sign(`{"alg":"ES256","kid":null,"typ":"at+jwt"}`, body),
		"no typ":                 f.sign(with(head, `,"typ":"at+jwt"`, ``), body),
		"typ JWT":                f.sign(with(head, "at+jwt", "JWT"), body),
		"typ in upper case":      f.sign(with(head, "at+jwt", "AT+JWT"), body),
		"typ with application/":  f.sign(with(head, "at+jwt", "application/at+jwt"), body),
		"jku":                    f.sign(with(head, `,"typ"`, `,"jku":"https://evil.example/jwks","typ"`), body),
		"jwk":                    f.sign(with(head, `,"typ"`, `,"jwk":{},"typ"`), body),
		"x5u":                    f.sign(with(head, `,"typ"`, `,"x5u":"https://evil.example","typ"`), body),
		"x5c":                    f.sign(with(head, `,"typ"`, `,"x5c":[],"typ"`), body),
		"crit":                   f.sign(with(head, `,"typ"`, `,"crit":["b64"],"typ"`), body),
		"b64":                    f.sign(with(head, `,"typ"`, `,"b64":false,"typ"`), body),
		"member in another case": f.sign(with(head, `"alg"`, `"Alg"`), body),
		"header is an array":     f.sign(`[]`, body),
		"header is null":         f.sign(`null`, body),
		"data after the header":  f.sign(head+`{}`, body),
		"sub twice":              f.sign(head, with(body, `"sub":"adm_1"`, `"sub":"adm_1","sub":"adm_2"`)),
		"Sub as well":            f.sign(head, with(body, `"sub":"adm_1"`, `"sub":"adm_1","Sub":"adm_2"`)),
		"EXP instead":            f.sign(head, with(body, `"exp"`, `"EXP"`)),
		"unknown claim":          f.sign(head, with(body, `"sub"`, `"role":"owner","sub"`)),
		"exp as text":            f.sign(head, with(body, `"exp":1795522200`, `"exp":"1795522200"`)),
		"exp with a fraction":    f.sign(head, with(body, `"exp":1795522200`, `"exp":1795522200.5`)),
		"exp with an exponent":   f.sign(head, with(body, `"exp":1795522200`, `"exp":1795522200e0`)),
		"exp far out":            f.sign(head, with(body, `"exp":1795522200`, `"exp":9223372036854775807`)),
		"exp too large":          f.sign(head, with(body, `"exp":1795522200`, `"exp":92233720368547758070`)),
		"exp negative":           f.sign(head, with(body, `"exp":1795522200`, `"exp":-1`)),
		"exp is null":            f.sign(head, with(body, `"exp":1795522200`, `"exp":null`)),
		"no exp":                 f.sign(head, with(body, `,"exp":1795522200`, ``)),
		"no nbf":                 f.sign(head, with(body, `"nbf":1795521600,`, ``)),
		"no iat":                 f.sign(head, with(body, `"iat":1795521600,`, ``)),
		"no jti":                 f.sign(head, with(body, `"jti":"tok_1",`, ``)),
		"no sid":                 f.sign(head, with(body, `"sid":"ses_1",`, ``)),
		"no sub":                 f.sign(head, with(body, `"sub":"adm_1",`, ``)),
		"lifetime of 15 min 1 s": f.sign(head, with(body, `1795522200`, `1795522501`)),
		"no lifetime":            f.sign(head, with(body, `1795522200`, `1795521600`)),
		"iat far back":           f.sign(head, with(body, `"iat":1795521600`, `"iat":0`)),
		"iat far back, wrapping": f.sign(head, with(body, `"iat":1795521600`, `"iat":-9223372036854775808`)),
		"iat to come":            f.sign(head, with(body, `"iat":1795521600`, `"iat":1795521700`)),
		"nbf to come":            f.sign(head, with(body, `"nbf":1795521600`, `"nbf":1795521700`)),
		"expired":                f.sign(head, with(with(with(body, `"exp":1795522200`, `"exp":1795521500`), `"iat":1795521600`, `"iat":1795521000`), `"nbf":1795521600`, `"nbf":1795521000`)),
		"another issuer":         f.sign(head, with(body, `"iss":"https://vault.example.com"`, `"iss":"https://vault.example.org"`)),
		"issuer with a slash":    f.sign(head, with(body, `"iss":"https://vault.example.com"`, `"iss":"https://vault.example.com/"`)),
		"another audience":       f.sign(head, with(body, `/v1/admin`, `/v1/other`)),
		"audience is an array":   f.sign(head, with(body, `"aud":"https://vault.example.com/v1/admin"`, `"aud":["https://vault.example.com/v1/admin"]`)),
		"not UTF-8":              f.sign(head, with(body, `adm_1`, "adm_\xff")),
		"huge":                   f.sign(head, with(body, `tok_1`, strings.Repeat("x", 8<<10))),
		"endless":                strings.Repeat("a", 1<<20),
		"dots only":              "..",
		"many dots":              strings.Repeat(".", 4000),
		"two parts":              parts[0] + "." + parts[1],
		"four parts":             good + "." + parts[2],
		"five parts":             good + ".a.b",
		"empty signature":        parts[0] + "." + parts[1] + ".",
		"signature of another":   parts[0] + "." + encode(with(body, "adm_1", "adm_2")) + "." + parts[2],
		"short signature":        parts[0] + "." + parts[1] + "." + parts[2][:84],
		"zero signature":         parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86),
		"line break inside":      parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2],
		"line break after":       good + "\n",
		"blank before":           " " + good,
		"carriage return inside": parts[0] + "\r." + parts[1] + "." + parts[2],
		"padding":                parts[0] + "." + parts[1] + "." + parts[2] + "==",
		"standard base64":        parts[0] + "." + parts[1] + "." + parts[2][:85] + "+",
		"bits after the end":     parts[0] + "." + parts[1] + "." + parts[2][:85] + lastBits(parts[2][85]),
		"a refresh token":        "zv_rt_" + strings.Repeat("A", 124) + "_00000000",
		"an API key":             "zv_live_01jc0000000000000000000000_" + strings.Repeat("a", 52) + "_00000000",
		"JSON serialisation":     `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	}
	for name, token := range attacks {
		t.Run(name, func(t *testing.T) {
			if claims, err := verifier.Verify(token, now); err == nil {
				t.Errorf("accepted as %+v", claims)
			}
		})
	}
}

// lastBits is another last character that decodes to the same bytes, for a decoder that is not strict.
func lastBits(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)|1])
}

// FuzzParse: whatever the front lets through has one spelling of three parts, times as integers and all claims.
func FuzzParse(f *testing.F) {
	private, public := newKey(f)
	forge := forger{f, private, public}
	f.Add(forge.sign(forge.head(), body))
	f.Add(forge.sign(forge.head(), with(body, `"exp":1795522200`, `"exp":"1795522200"`)))
	f.Add(forge.sign(`{}`, `{}`))
	f.Add("..")
	for _, v := range load(f).Vectors {
		f.Add(v.Compact)
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := access.Parse(token)
		if err != nil {
			return
		}
		if strings.Count(token, ".") != 2 || len(token) > 8<<10 || strings.ContainsAny(token, "\r\n =+/") {
			t.Errorf("let through: %q as %+v", token, claims)
		}
	})
}
