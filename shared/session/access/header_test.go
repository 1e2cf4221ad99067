package access_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/session/access"
)

// mac is an HS256 signature.
func mac(key []byte, signed string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(signed))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Whatever algorithm, key or type a header chooses instead of ours, the token is refused before any signature is looked
// at: with the right signature, with the public key as a secret, or with none.
func TestAlgorithms(t *testing.T) {
	f, v := newForger(t)
	head, list := f.head(), []attack{}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		signed := encode(with(head, "ES256", alg)) + "." + encode(body)
		list = append(list, attack{name: "alg " + alg + " without a signature", token: signed + ".", why: otherType},
			attack{name: "alg " + alg + ", signed", token: f.over(signed), why: otherType})
	}
	for _, alg := range []string{"es256", "ES256 ", "ES256K", "ES384", "ES512", "EdDSA", "RS256", "PS256", "HS384", "HS512", "dir", "A256GCMKW"} {
		list = append(list, attack{name: "alg " + alg, token: f.sign(with(head, "ES256", alg), body), why: otherType})
	}
	der, err := x509.MarshalPKIXPublicKey(f.public.Public)
	if err != nil {
		t.Fatal(err)
	}
	point, err := f.public.Public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	confused := encode(with(head, "ES256", "HS256")) + "." + encode(body)
	for name, key := range map[string][]byte{"key set": access.Keys{f.public}.JWKS(), "PEM": text, "PEM without its end": text[:len(text)-1], "DER": der,
		"point": point, "x": point[1:33], "id": []byte(f.public.ID), "nothing": nil} {
		list = append(list, attack{name: "HS256 with the public key as its " + name, token: confused + "." + mac(key, confused), why: otherType})
	}
	refused(t, f, v, list)
}

// A header has exactly our three members, each once and as text; what it says of keys, nobody follows.
func TestHeaders(t *testing.T) {
	f, v := newForger(t)
	stranger, _ := newForger(t)
	head := f.head()
	more := func(member string) string { return with(head, `,"typ"`, ","+member+`,"typ"`) }
	list := []attack{
		{name: "no kid", token: f.sign(`{"alg":"ES256","typ":"at+jwt"}`, body), why: "/kid is missing"},
		{name: "kid of nobody", token: f.sign(with(head, f.public.ID, "AAAA"), body), why: otherKey},
		{name: "kid is empty", token: f.sign(with(head, f.public.ID, ""), body), why: otherKey},
		{name: "kid with a blank", token: f.sign(with(head, f.public.ID, f.public.ID+" "), body), why: otherKey},
		{name: "kid in another case", token: f.sign(with(head, f.public.ID, strings.ToLower(f.public.ID)+"A"), body), why: otherKey},
		{name: "kid is a path", token: f.sign(with(head, f.public.ID, "../../../dev/null"), body), why: otherKey},
		{name: "kid is a query", token: f.sign(with(head, f.public.ID, "' UNION SELECT 'k"), body), why: otherKey},
		{name: "kid is a URL", token: f.sign(with(head, f.public.ID, "http://127.0.0.1:9/jwks"), body), why: otherKey},
		{name: "kid of an Ed25519 key (RFC 8037 A.3)", token: f.sign(with(head, f.public.ID, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"), body), why: otherKey},
		{name: "kid of an RSA key (RFC 7638 3.1)", token: f.sign(with(head, f.public.ID, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), body), why: otherKey},
		{name: "kid of an Ed25519 key and its algorithm", token: f.sign(`{"alg":"EdDSA","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","typ":"at+jwt"}`, body), why: otherType},
		{name: "kid is null", token: f.sign(`{"alg":"ES256","kid":null,"typ":"at+jwt"}`, body), why: "/kid is null"},
		{name: "kid is a number", token: f.sign(`{"alg":"ES256","kid":0,"typ":"at+jwt"}`, body), why: "/kid is not a string"},
		{name: "kid is a list", token: f.sign(`{"alg":"ES256","kid":["`+f.public.ID+`"],"typ":"at+jwt"}`, body), why: "/kid is not a string"},
		{name: "our kid, a stranger's signature", token: stranger.sign(head, body), why: badSign},
		{name: "no alg", token: f.sign(with(head, `"alg":"ES256",`, ``), body), why: "/alg is missing"},
		{name: "alg twice", token: f.sign(with(head, `"alg":"ES256"`, `"alg":"none","alg":"ES256"`), body), why: "/alg is given twice"},
		{name: "alg twice, none last", token: f.sign(with(head, `"alg":"ES256"`, `"alg":"ES256","alg":"none"`), body), why: "/alg is given twice"},
		{name: "alg twice by an escape", token: f.sign(with(head, `"alg":"ES256"`, `"alg":"ES256","\u0061lg":"none"`), body), why: "/alg is given twice"},
		{name: "alg is a list", token: f.sign(with(head, `"ES256"`, `["ES256"]`), body), why: "/alg is not a string"},
		{name: "Alg", token: f.sign(with(head, `"alg"`, `"Alg"`), body), why: "/Alg is not known"},
		{name: "ALG as well", token: f.sign(more(`"ALG":"none"`), body), why: "/ALG is not known"},
		{name: "kid with a Kelvin sign", token: f.sign(with(head, `"kid"`, "\"\u212aid\""), body), why: "is not known"},
		{name: "no typ", token: f.sign(with(head, `,"typ":"at+jwt"`, ``), body), why: "/typ is missing"},
		{name: "typ JWT", token: f.sign(with(head, "at+jwt", "JWT"), body), why: otherType},
		{name: "typ in upper case", token: f.sign(with(head, "at+jwt", "AT+JWT"), body), why: otherType},
		{name: "typ with application/", token: f.sign(with(head, "at+jwt", "application/at+jwt"), body), why: otherType},
		{name: "typ of a refresh token", token: f.sign(with(head, "at+jwt", "rt+jwt"), body), why: otherType},
		{name: "typ of a DPoP proof", token: f.sign(with(head, "at+jwt", "dpop+jwt"), body), why: otherType},
		{name: "header is empty", token: f.sign(`{}`, body), why: "/alg is missing"},
		{name: "header is nothing", token: f.over("." + encode(body)), why: "not valid JSON"},
		{name: "header is an array", token: f.sign(`[]`, body), why: "not an object"},
		{name: "header is null", token: f.sign(`null`, body), why: "is null"},
		{name: "header is a text", token: f.sign(`"`+strings.ReplaceAll(head, `"`, `\"`)+`"`, body), why: "not an object"},
		{name: "header is half", token: f.sign(head[:len(head)-1], body), why: "not valid JSON"},
		{name: "header is deep", token: f.sign(more(`"x":`+strings.Repeat("[", 2000)+strings.Repeat("]", 2000)), body), why: "/x is not known"},
		{name: "kid is deep", token: f.sign(with(head, `"`+f.public.ID+`"`, strings.Repeat(`{"a":`, 700)+"0"+strings.Repeat("}", 700)), body), why: "/kid is not a string"},
		{name: "data after the header", token: f.sign(head+`{}`, body), why: "data after its end"},
		{name: "a byte order mark", token: f.sign("\xef\xbb\xbf"+head, body), why: "not valid JSON"},
		{name: "UTF-16", token: f.sign("\xff\xfe{\x00}\x00", body), why: "not UTF-8"},
	}
	for _, member := range []string{`"jku":"http://127.0.0.1:9/jwks"`, `"jwk":` + jwkOf(stranger.public), `"jwk":{}`, `"x5u":"http://127.0.0.1:9/x5u"`, `"x5c":["MIIB"]`,
		`"x5c":[]`, `"x5t":"AAAA"`, `"x5t#S256":"AAAA"`, `"crit":[]`, `"crit":["exp"]`, `"crit":["b64"],"b64":false`, `"b64":true`, `"cty":"JWT"`, `"zip":"DEF"`,
		`"enc":"A256GCM"`, `"epk":{}`, `"p2c":2147483647`, `"nonce":"n"`, `"iss":"https://vault.example.com"`, `"":""`} {
		name, _, _ := strings.Cut(strings.TrimPrefix(member, `"`), `"`)
		list = append(list, attack{name: member, token: f.sign(more(member), body), why: "/" + name + " is not known"},
			attack{name: member + " of a stranger", token: stranger.sign(more(member), body), why: "/" + name + " is not known"})
	}
	refused(t, f, v, list)
}

// jwkOf is a key as a header would bring it.
func jwkOf(k access.Key) string {
	set := string(access.Keys{k}.JWKS())
	return strings.TrimSuffix(strings.TrimPrefix(set, `{"keys":[`), `]}`)
}
