package access_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/session/access"
)

const url = "https://vault.example.com"

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// localKey signs as the key service does.
type localKey struct{ *ecdsa.PrivateKey }

func (k localKey) Sign(_ context.Context, _ string, digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, k.PrivateKey, digest)
	if err != nil {
		return nil, err
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), nil
}

func newKey(t testing.TB) (localKey, access.Key) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := access.NewKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return localKey{private}, public
}

func issue(t testing.TB, k localKey, public access.Key) string {
	t.Helper()
	issuer := access.Issuer{URL: url, Signer: k, Handle: "handle", KeyID: public.ID}
	token, err := issuer.Issue(context.Background(), "adm_1", "ses_1", "tok_1", now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A token says the eight claims and no more, under a header of three members, and verifies until its ten minutes and the
// half minute for clocks are over.
func TestIssueVerify(t *testing.T) {
	private, public := newKey(t)
	token := issue(t, private, public)
	head, body := part(t, token, 0), part(t, token, 1)
	if diff := cmp.Diff(`{"alg":"ES256","kid":"`+public.ID+`","typ":"at+jwt"}`, head); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	want := `{"iss":"https://vault.example.com","aud":"https://vault.example.com/v1/admin","sub":"adm_1","sid":"ses_1",` +
		`"jti":"tok_1","iat":1795521600,"nbf":1795521600,"exp":1795522200}`
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	verifier := access.Verifier{URL: url, Keys: access.Keys{public}}
	for _, tt := range []struct {
		after time.Duration
		good  bool
	}{{-31 * time.Second, false}, {-29 * time.Second, true}, {0, true}, {10*time.Minute + 29*time.Second, true}, {10*time.Minute + 31*time.Second, false}} {
		claims, err := verifier.Verify(token, now.Add(tt.after))
		if good := err == nil; good != tt.good || good && claims.Session != "ses_1" {
			t.Errorf("%v after: %+v, %v", tt.after, claims, err)
		}
	}
}

func part(t *testing.T, token string, n int) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// While keys rotate, tokens of every published key verify; a key that is not published does not.
func TestRotation(t *testing.T) {
	old, oldPublic := newKey(t)
	_, newPublic := newKey(t)
	token := issue(t, old, oldPublic)
	if _, err := (access.Verifier{URL: url, Keys: access.Keys{newPublic, oldPublic}}).Verify(token, now); err != nil {
		t.Errorf("both published: %v", err)
	}
	if _, err := (access.Verifier{URL: url, Keys: access.Keys{newPublic}}).Verify(token, now); err == nil {
		t.Error("verifies without its key")
	}
	if _, err := (access.Verifier{URL: url}).Verify(token, now); err == nil {
		t.Error("verifies without any key")
	}
}

type rfcVectors struct {
	Vectors []struct {
		ID, Alg, Compact string
		Key              struct{ D, X, Y string }
	}
}

func load(t testing.TB) rfcVectors {
	t.Helper()
	data, err := os.ReadFile("testdata/rfc7515_7519_8037.json")
	if err != nil {
		t.Fatal(err)
	}
	var v rfcVectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The key of RFC 7515 A.3 gets the thumbprint that another implementation computes by RFC 7638 (Python's hashlib).
func TestThumbprint(t *testing.T) {
	key := publishedForger(t).public
	if diff := cmp.Diff("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", key.ID); diff != "" {
		t.Errorf("thumbprint (-want +got):\n%s", diff)
	}
	want := `{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",` +
		`"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","use":"sig","alg":"ES256",` +
		`"kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"}]}`
	if diff := cmp.Diff(want, string(access.Keys{key}.JWKS())); diff != "" {
		t.Errorf("key set (-want +got):\n%s", diff)
	}
}

// A key on another curve can't be a token key.
func TestOtherCurve(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access.NewKey(&private.PublicKey); err == nil {
		t.Error("P-384 is taken")
	}
}
