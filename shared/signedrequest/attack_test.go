package signedrequest_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// newSigner is one with a key of its own, on P-256 or Ed25519.
func newSigner(t testing.TB, curve elliptic.Curve) signedrequest.Signer {
	t.Helper()
	var key any
	var err error
	if curve == nil {
		_, key, err = ed25519.GenerateKey(rand.Reader)
	} else {
		key, err = ecdsa.GenerateKey(curve, rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := signedrequest.NewSigner(secret.NewText(pkcs8(t, key)))
	if err != nil {
		t.Fatal(err)
	}
	s.Vault, s.Key = vault, keyID
	return s
}

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func verifierOf(s signedrequest.Signer) signedrequest.Verifier {
	return signedrequest.Verifier{Vault: vault, Key: keyID, With: s.Public()}
}

// What a signer of either kind signs, verifies, until the token ends, and for no other key.
func TestSignAndVerify(t *testing.T) {
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "EdDSA": nil} {
		s, other := newSigner(t, curve), newSigner(t, curve)
		r := signedrequest.Request{Method: "GET", Path: "/v1/webhook-endpoints", Query: "limit=2&cursor=%41"}
		token, err := s.Sign(r, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			after time.Duration
			good  bool
		}{{-11 * time.Second, false}, {-10 * time.Second, true}, {0, true}, {39 * time.Second, true}, {40 * time.Second, false}, {time.Hour, false}} {
			claims, err := verifierOf(s).Verify(token, r, now.Add(tt.after))
			if good := err == nil; good != tt.good || good && claims.UsableUntil() != now.Add(40*time.Second) {
				t.Errorf("%s, %v after: %+v, %v", name, tt.after, claims, err)
			}
		}
		if _, err := verifierOf(other).Verify(token, r, now); !errors.Is(err, signedrequest.ErrInvalid) {
			t.Errorf("%s, another key: %v", name, err)
		}
		if _, err := (signedrequest.Verifier{Vault: vault, Key: keyID}).Verify(token, r, now); !errors.Is(err, signedrequest.ErrInvalid) {
			t.Errorf("%s, no key: %v", name, err)
		}
	}
}

// A token is for one request: whatever of it is another, down to a byte, the signature is not good.
func TestOtherRequests(t *testing.T) {
	s := newSigner(t, elliptic.P256())
	good := signedrequest.Request{Method: "POST", Path: "/v1/webhook-endpoints", Query: "a=1&b=2", Body: []byte(`{"a":1}`)}
	token, err := s.Sign(good, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifierOf(s).Verify(token, good, now); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*signedrequest.Request){
		"method":                   func(r *signedrequest.Request) { r.Method = "PUT" },
		"method in lower case":     func(r *signedrequest.Request) { r.Method = "post" },
		"path":                     func(r *signedrequest.Request) { r.Path = "/v1/webhook-endpoint" },
		"path with a slash":        func(r *signedrequest.Request) { r.Path += "/" },
		"path in upper case":       func(r *signedrequest.Request) { r.Path = strings.ToUpper(r.Path) },
		"path with an escape":      func(r *signedrequest.Request) { r.Path = "/v1/webhook%2Dendpoints" },
		"query in the path":        func(r *signedrequest.Request) { r.Path, r.Query = r.Path+"?"+r.Query, "" },
		"a part of it in the path": func(r *signedrequest.Request) { r.Path, r.Query = r.Path+"?a=1&b", "2" },
		"no query":                 func(r *signedrequest.Request) { r.Query = "" },
		"query in another order":   func(r *signedrequest.Request) { r.Query = "b=2&a=1" },
		"query with an escape":     func(r *signedrequest.Request) { r.Query = "a=%31&b=2" },
		"query with more":          func(r *signedrequest.Request) { r.Query += "&" },
		"body":                     func(r *signedrequest.Request) { r.Body = []byte(`{"a":2}`) },
		"body with a blank":        func(r *signedrequest.Request) { r.Body = []byte(`{"a": 1}`) },
		"body with a line break":   func(r *signedrequest.Request) { r.Body = append(r.Body, '\n') },
		"no body":                  func(r *signedrequest.Request) { r.Body = nil },
	} {
		r := good
		r.Body = append([]byte(nil), good.Body...)
		change(&r)
		if claims, err := verifierOf(s).Verify(token, r, now); !errors.Is(err, signedrequest.ErrInvalid) {
			t.Errorf("another %s: accepted as %+v, %v", name, claims, err)
		}
	}
}

const (
	head = `{"alg":"ES256","typ":"zenvault-request+jwt"}`
	body = `{"method":"POST","path":"/v1/webhook-endpoints","body_sha256":"e2d7e12fd3dd9acab276d6914809cca41836d3a88d5a7c7566619e2981894d14",` +
		`"nonce":"5f0c1d0e2b3a49586776859493a2b1c0","iat":1795521600,"exp":1795521630,"sub":"key_01jd0000000000000000000001","aud":"https://vault.example.com"}`
)

// with changes the one place of a text.
func with(text, old, new string) string {
	if strings.Count(text, old) != 1 {
		panic(fmt.Sprintf("%q is not once in %s", old, text))
	}
	return strings.Replace(text, old, new, 1)
}

// attacks are tokens that are wrong in one place, signed with the right key where they are signed at all.
func attacks(t testing.TB, s signedrequest.Signer) map[string]string {
	t.Helper()
	sign := func(head, body string) string {
		token, err := signedrequest.SignText(s, encode(head)+"."+encode(body))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(head, body)
	parts := strings.Split(good, ".")
	confused := encode(with(head, "ES256", "HS256")) + "." + parts[1]
	mac := hmac.New(sha256.New, []byte(s.Public().PEM()))
	mac.Write([]byte(confused))
	ed := newSigner(t, nil)
	swapped, err := signedrequest.SignText(ed, encode(with(head, "ES256", "EdDSA"))+"."+parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"empty":                   "",
		"alg none":                encode(with(head, "ES256", "none")) + "." + parts[1] + ".",
		"alg none, signed":        sign(with(head, "ES256", "none"), body),
		"alg HS256, public key":   confused + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)),
		"alg ES384":               sign(with(head, "ES256", "ES384"), body),
		"alg EdDSA, signed ES":    sign(with(head, "ES256", "EdDSA"), body),
		"alg EdDSA, another key":  swapped,
		"alg in lower case":       sign(with(head, "ES256", "es256"), body),
		"alg twice":               sign(with(head, `"alg":"ES256"`, `"alg":"none","alg":"ES256"`), body),
		"no alg":                  sign(with(head, `"alg":"ES256",`, ``), body),
		"alg is null":             sign(with(head, `"ES256"`, `null`), body),
		"no typ":                  sign(with(head, `,"typ":"zenvault-request+jwt"`, ``), body),
		"typ JWT":                 sign(with(head, "zenvault-request+jwt", "JWT"), body),
		"typ of access tokens":    sign(with(head, "zenvault-request+jwt", "at+jwt"), body),
		"typ in upper case":       sign(with(head, "zenvault-request+jwt", "ZENVAULT-REQUEST+JWT"), body),
		"kid of another":          sign(with(head, `,"typ"`, `,"kid":"key_01jd0000000000000000000002","typ"`), body),
		"kid is a number":         sign(with(head, `,"typ"`, `,"kid":1,"typ"`), body),
		"jwk":                     sign(with(head, `,"typ"`, `,"jwk":{"kty":"EC","crv":"P-256","x":"","y":""},"typ"`), body),
		"jku":                     sign(with(head, `,"typ"`, `,"jku":"https://evil.example/jwks","typ"`), body),
		"x5u":                     sign(with(head, `,"typ"`, `,"x5u":"https://evil.example","typ"`), body),
		"x5c":                     sign(with(head, `,"typ"`, `,"x5c":[],"typ"`), body),
		"crit":                    sign(with(head, `,"typ"`, `,"crit":["b64"],"typ"`), body),
		"b64":                     sign(with(head, `,"typ"`, `,"b64":false,"typ"`), body),
		"member in another case":  sign(with(head, `"alg"`, `"Alg"`), body),
		"header is an array":      sign(`[]`, body),
		"header is null":          sign(`null`, body),
		"data after the header":   sign(head+`{}`, body),
		"sub twice":               sign(head, with(body, `"sub":"key_01jd0000000000000000000001"`, `"sub":"key_01jd0000000000000000000001","sub":"key_01jd0000000000000000000001"`)),
		"sub of another":          sign(head, with(body, `000001","aud"`, `000002","aud"`)),
		"Path as well":            sign(head, with(body, `"path"`, `"Path":"/","path"`)),
		"unknown claim":           sign(head, with(body, `"sub"`, `"nbf":1795521600,"sub"`)),
		"no nonce":                sign(head, with(body, `"nonce":"5f0c1d0e2b3a49586776859493a2b1c0",`, ``)),
		"short nonce":             sign(head, with(body, `5f0c1d0e2b3a49586776859493a2b1c0`, `5f0c1d0e2b3a495`)),
		"long nonce":              sign(head, with(body, `5f0c1d0e2b3a49586776859493a2b1c0`, strings.Repeat("a", 65))),
		"nonce with a hash":       sign(head, with(body, `5f0c1d0e2b3a49586776859493a2b1c0`, `5f0c1d0e2b3a4958#776859493a2b1c0`)),
		"no method":               sign(head, with(body, `"method":"POST",`, ``)),
		"no path":                 sign(head, with(body, `"path":"/v1/webhook-endpoints",`, ``)),
		"no body hash":            sign(head, with(body, `"body_sha256":"e2d7e12fd3dd9acab276d6914809cca41836d3a88d5a7c7566619e2981894d14",`, ``)),
		"body hash in upper case": sign(head, with(body, `e2d7e12fd3dd9acab276d6914809cca41836d3a88d5a7c7566619e2981894d14`, `E2D7E12FD3DD9ACAB276D6914809CCA41836D3A88D5A7C7566619E2981894D14`)),
		"no sub":                  sign(head, with(body, `"sub":"key_01jd0000000000000000000001",`, ``)),
		"no aud":                  sign(head, with(body, `,"aud":"https://vault.example.com"`, ``)),
		"another aud":             sign(head, with(body, `vault.example.com`, `vault.example.org`)),
		"aud with a slash":        sign(head, with(body, `vault.example.com`, `vault.example.com/`)),
		"aud is an array":         sign(head, with(body, `"https://vault.example.com"`, `["https://vault.example.com"]`)),
		"no iat":                  sign(head, with(body, `"iat":1795521600,`, ``)),
		"no exp":                  sign(head, with(body, `"exp":1795521630,`, ``)),
		"exp as text":             sign(head, with(body, `"exp":1795521630`, `"exp":"1795521630"`)),
		"exp with a fraction":     sign(head, with(body, `"exp":1795521630`, `"exp":1795521630.5`)),
		"exp with an exponent":    sign(head, with(body, `"exp":1795521630`, `"exp":1795521630e0`)),
		"exp is null":             sign(head, with(body, `"exp":1795521630`, `"exp":null`)),
		"exp far out":             sign(head, with(body, `"exp":1795521630`, `"exp":9223372036854775807`)),
		"exp too large":           sign(head, with(body, `"exp":1795521630`, `"exp":92233720368547758070`)),
		"lifetime of 31 s":        sign(head, with(body, `"exp":1795521630`, `"exp":1795521631`)),
		"no lifetime":             sign(head, with(body, `"exp":1795521630`, `"exp":1795521600`)),
		"iat far back, wrapping":  sign(head, with(body, `"iat":1795521600`, `"iat":-9223372036854775808`)),
		"expired":                 sign(head, with(with(body, `"exp":1795521630`, `"exp":1795521590`), `"iat":1795521600`, `"iat":1795521560`)),
		"to come":                 sign(head, with(with(body, `"exp":1795521630`, `"exp":1795521641`), `"iat":1795521600`, `"iat":1795521611`)),
		"not UTF-8":               sign(head, with(body, `"POST"`, "\"POST\xff\"")),
		"huge":                    sign(head, with(body, `/v1/webhook-endpoints`, "/"+strings.Repeat("x", 4<<10))),
		"endless":                 strings.Repeat("a", 1<<20),
		"many dots":               strings.Repeat(".", 4000),
		"two parts":               parts[0] + "." + parts[1],
		"four parts":              good + "." + parts[2],
		"empty signature":         parts[0] + "." + parts[1] + ".",
		"another body":            parts[0] + "." + encode(with(body, "POST", "PUT")) + "." + parts[2],
		"zero signature":          parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86),
		"short signature":         parts[0] + "." + parts[1] + "." + parts[2][:84],
		"bits after the end":      parts[0] + "." + parts[1] + "." + parts[2][:85] + lastBits(parts[2][85]),
		"line break inside":       parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2],
		"line break after":        good + "\n",
		"blank before":            " " + good,
		"padding":                 good + "==",
		"two, as a proxy joins":   good + "," + good,
		"JSON serialisation":      `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	}
}

// lastBits is another last character that decodes to the same bytes, for a decoder that is not strict.
func lastBits(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)|1])
}

// Everything that is not exactly a token for this request is refused, though it is signed with the right key; no sentence
// quotes what was sent.
func TestAttacks(t *testing.T) {
	s := newSigner(t, elliptic.P256())
	good, err := signedrequest.SignText(s, encode(head)+"."+encode(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"without": good, "with a kid": mustSign(t, s, with(head, `,"typ"`, `,"kid":"`+keyID+`","typ"`))} {
		if _, err := verifierOf(s).Verify(token, example, now); err != nil {
			t.Fatalf("the token that the attacks are made of, %s: %v", name, err)
		}
	}
	for name, token := range attacks(t, s) {
		claims, err := verifierOf(s).Verify(token, example, now)
		if !errors.Is(err, signedrequest.ErrInvalid) {
			t.Errorf("%s: accepted as %+v, %v", name, claims, err)
			continue
		}
		if text := fault.From(err).Message; strings.Contains(text, "evil") || len(text) > 250 {
			t.Errorf("%s: told %q", name, text)
		}
	}
}

func mustSign(t testing.TB, s signedrequest.Signer, head string) string {
	t.Helper()
	token, err := signedrequest.SignText(s, encode(head)+"."+encode(body))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Only one plain PEM block of a key on P-256 or Ed25519 is a key, and no error holds any of it.
func TestKeys(t *testing.T) {
	good := newSigner(t, nil).Public().PEM()
	private := pkcs8(t, ed25519.NewKeyFromSeed(make([]byte, 32)))
	wide, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	for name, text := range map[string]string{
		"empty": "", "text": "key", "a private key": private, "two keys": good + good, "text before": "x\n" + good, "text after": good + "x",
		"a header": strings.Replace(good, "KEY-----\n", "KEY-----\nA: b\n\n", 1), "RSA": public(&wide.PublicKey), "P-384": public(&narrow.PublicKey),
		"cut": good[:60], "another label": strings.ReplaceAll(good, "PUBLIC KEY", "EC PUBLIC KEY"), "huge": good + strings.Repeat("\n", 1024),
	} {
		if _, err := signedrequest.ParsePublicKey(text); !errors.Is(err, signedrequest.ErrPublicKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "a public key": good, "RSA": pkcs8(t, wide), "P-384": pkcs8(t, narrow), "two": private + private} {
		if _, err := signedrequest.NewSigner(secret.NewText(text)); !errors.Is(err, signedrequest.ErrPrivateKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := signedrequest.ParsePublicKey("\r\n  " + strings.ReplaceAll(good, "\n", "\r\n")); err != nil {
		t.Errorf("white space around, line ends of Windows: %v", err)
	}
	signer, err := signedrequest.NewSigner(secret.NewText(private))
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", signer, signer, signer); strings.Contains(text, strings.Split(private, "\n")[1][20:40]) {
		t.Error("the private key prints")
	}
	if _, err := signer.Sign(signedrequest.Request{Method: "GET", Path: "/v1/a%2Fb"}, now); err == nil {
		t.Error("a path with an escape is signed")
	}
	if _, err := (signedrequest.Signer{}).Sign(example, now); !errors.Is(err, signedrequest.ErrPrivateKey) {
		t.Errorf("the zero signer: %v", err)
	}
}

// FuzzParse: whatever the front lets through has one spelling of three parts and is small.
func FuzzParse(f *testing.F) {
	s := newSigner(f, elliptic.P256())
	for _, token := range attacks(f, s) {
		f.Add(token)
	}
	f.Add(mustSign(f, s, head))
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := signedrequest.Parse(token)
		if err != nil {
			return
		}
		if strings.Count(token, ".") != 2 || len(token) > 4<<10 || strings.ContainsAny(token, "\r\n =+/,") || len(claims.Nonce) < 16 || len(claims.Nonce) > 64 {
			t.Errorf("let through: %q as %+v", token, claims)
		}
	})
}

// FuzzPublicKey: what is read is written in its one form, and reads back as itself.
func FuzzPublicKey(f *testing.F) {
	f.Add(newSigner(f, nil).Public().PEM())
	f.Add(newSigner(f, elliptic.P256()).Public().PEM())
	f.Add("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := signedrequest.ParsePublicKey(text)
		if err != nil {
			return
		}
		again, err := signedrequest.ParsePublicKey(key.PEM())
		if err != nil || again.PEM() != key.PEM() || again.Fingerprint() != key.Fingerprint() {
			t.Errorf("%q is written as %q, %v", text, key.PEM(), err)
		}
	})
}
