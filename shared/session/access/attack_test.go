package access_test

import (
	"cmp"
	"context"
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
	return f.over(encode(head) + "." + encode(body))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func (f forger) head() string { return `{"alg":"ES256","kid":"` + f.public.ID + `","typ":"at+jwt"}` }

const body = `{"iss":"https://vault.example.com","aud":"https://vault.example.com/v1/admin","sub":"adm_1","sid":"ses_1",` +
	`"jti":"tok_1","iat":1795521600,"nbf":1795521600,"exp":1795522200}`

// over signs any two parts, encoded or not.
func (f forger) over(signed string) string {
	f.t.Helper()
	return signed + "." + f.signature(signed)
}

func (f forger) signature(of string) string {
	f.t.Helper()
	digest := sha256.Sum256([]byte(of))
	signature, err := f.private.Sign(context.Background(), "", digest[:])
	if err != nil {
		f.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(signature)
}

// with changes the one place of a text.
func with(text, old, new string) string {
	if strings.Count(text, old) != 1 {
		panic(fmt.Sprintf("%q is not once in %s", old, text))
	}
	return strings.Replace(text, old, new, 1)
}

// attack is a token that must be refused, and a part of the reason, which is for the log alone.
type attack struct {
	name, token, why string
}

// The reasons of the front.
const (
	tooLong     = "too long or empty"
	notAlphabet = "characters outside base64url"
	notThree    = "not three parts"
	notOneForm  = "not base64url in its one form"
	otherType   = "not of the type at+jwt and the algorithm ES256"
	otherKey    = "signed with a key that is not ours"
	badLifetime = "lives too long, or its times are not in order"
	badSign     = "signature is invalid"
)

// newForger has a verifier that accepts its tokens.
func newForger(t testing.TB) (forger, access.Verifier) {
	t.Helper()
	private, public := newKey(t)
	f := forger{t, private, public}
	return f, access.Verifier{URL: url, Keys: access.Keys{public}}
}

// refused wants each token refused for its reason, and the token that they are made of accepted.
func refused(t *testing.T, f forger, v access.Verifier, attacks []attack) {
	t.Helper()
	if _, err := v.Verify(f.sign(f.head(), body), now); err != nil {
		t.Fatalf("the token that the attacks are made of: %v", err)
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			claims, err := v.Verify(a.token, now)
			if err == nil || claims != (access.Claims{}) || !strings.Contains(err.Error(), cmp.Or(a.why, "never")) {
				t.Errorf("got %+v, %v; want it refused: %s", claims, err, a.why)
			}
		})
	}
}
