package local_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// signing is a key that takes signed requests only, and what signs for it.
func (v *vault) signing(t testing.TB) (keyView, signedrequest.Signer) {
	t.Helper()
	body := marshal(map[string]any{"name": "signing", "scopes": caller.AllScopes(), "public_key": publicKey, "require_signature": true})
	var made keyView
	v.want(t, 201, v.admin("POST", "/v1/admin/workspaces/"+v.home+"/keys", body)).decode(t, &made)
	signer, err := signedrequest.NewSigner(secret.NewText(privateKey))
	must(t, err)
	signer.Key, signer.Vault = made.ID, made.Audience
	return made, signer
}

// signature is a token for a request, as of a moment.
func signature(t testing.TB, by signedrequest.Signer, r request, at time.Time) string {
	t.Helper()
	path, query, _ := strings.Cut(r.path, "?")
	token, err := by.Sign(signedrequest.Request{Method: r.method, Path: path, Query: query, Body: []byte(r.body)}, at)
	must(t, err)
	return token
}

func (r request) signed(tokens ...string) request {
	r.header = http.Header{signedrequest.Header: tokens}
	return r
}

// A key that takes signed requests only lets in what its private key has signed, once: on every workspace route, and
// nothing that was changed on the way, is for another key, too old, from the future, or of another algorithm.
func TestClaim_R2_SignedRequests(t *testing.T) {
	v := shared(t)
	k, signer := v.signing(t)
	for _, row := range rows() {
		if row.Spec.Guard.Kind != edge.KeyGuard {
			continue
		}
		good := v.example(t, row.Spec)
		good.token = k.Token
		if got := v.send(t, good); got.status != 401 || got.code() != "signature_required" {
			t.Errorf("%s, unsigned: got %d %s", row.Spec.Name, got.status, got.body)
		}
		v.want(t, success(row.Spec), good.signed(signature(t, signer, good, time.Now())))
	}
	v.noted(t, "apikey.unsigned_denied", k.ID, "signature_required")
	wrong := listing(flip(k.Token, len(k.Token)-30))
	for _, asked := range []request{wrong, wrong.signed(signature(t, signer, wrong, time.Now())), wrong.signed("x")} {
		if got := v.send(t, asked); got.status != 401 || got.code() != "unauthenticated" {
			t.Errorf("a wrong secret: got %d %s", got.status, got.body)
		}
	}
	v.room(t)
	good := request{method: "POST", path: "/v1/webhook-endpoints", token: k.Token, body: `{"url":"http://127.0.0.1:9/signed","events":["*"]}`}
	list := request{method: "GET", path: "/v1/webhook-endpoints?limit=2", token: k.Token}
	other, otherSigner := v.signing(t)
	before := v.dump(t)
	for name, asked := range v.forgeries(t, signer, otherSigner, good, list) {
		if got := v.send(t, asked); got.status != 401 || got.code() != "signature_invalid" {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
	unchanged(t, "a forged signature", before, v.dump(t))
	v.noted(t, "apikey.signature_denied", k.ID, "signature_invalid")
	list.token = other.Token
	v.want(t, 200, list.signed(signature(t, otherSigner, list, time.Now()))) // the forgeries' own parts are good
	v.want(t, 201, good.signed(signature(t, signer, good, time.Now())))
}

// forgeries are requests whose signature is for something else.
func (v *vault) forgeries(t testing.TB, signer, other signedrequest.Signer, good, list request) map[string]request {
	t.Helper()
	now := time.Now()
	token := signature(t, signer, good, now)
	change := func(r request, with func(*request)) request {
		signed := signature(t, signer, r, now)
		with(&r)
		return r.signed(signed)
	}
	one := list
	one.path = "/v1/webhook-endpoints/ep_01jd0000000000000000000000"
	stranger := other
	stranger.Key, stranger.Vault = signer.Key, "http://zenvault.example"
	all := map[string]request{
		"another method":      change(list, func(r *request) { r.method, r.body = "POST", good.body }),
		"another path":        change(list, func(r *request) { r.path = "/v1/webhook-endpoints/ep_01jd0000000000000000000000?limit=2" }),
		"an escape":           change(one, func(r *request) { r.path = strings.Replace(r.path, "ep_", "ep%5F", 1) }),
		"another query":       change(list, func(r *request) { r.path = strings.Replace(r.path, "2", "3", 1) }),
		"the query escaped":   change(list, func(r *request) { r.path = strings.Replace(r.path, "2", "%32", 1) }),
		"no query":            change(list, func(r *request) { r.path = "/v1/webhook-endpoints" }),
		"another body":        change(good, func(r *request) { r.body = strings.Replace(r.body, "signed", "forged", 1) }),
		"a blank more":        change(good, func(r *request) { r.body += " " }),
		"expired":             good.signed(signature(t, signer, good, now.Add(-41*time.Second))),
		"from the future":     good.signed(signature(t, signer, good, now.Add(15*time.Second))),
		"for another key":     good.signed(signature(t, other, good, now)),
		"for another vault":   good.signed(signature(t, stranger, good, now)),
		"two":                 good.signed(token, token),
		"two, joined":         good.signed(token + ", " + token),
		"empty":               good.signed(""),
		"an access token":     good.signed(v.access),
		"the API key":         good.signed(good.token),
		"another's signature": good.signed(token[:len(token)-86] + strings.Repeat("A", 86)),
	}
	for name, head := range map[string]string{
		"alg none": `{"alg":"none","typ":"zenvault-request+jwt"}`, "HS256": `{"alg":"HS256","typ":"zenvault-request+jwt"}`, "ES256": `{"alg":"ES256","typ":"zenvault-request+jwt"}`,
		"jwk": `{"alg":"EdDSA","typ":"zenvault-request+jwt","jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}`,
		"jku": `{"alg":"EdDSA","typ":"zenvault-request+jwt","jku":"http://127.0.0.1:9/"}`,
	} {
		text := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + strings.Split(token, ".")[1]
		mac := hmac.New(sha256.New, []byte(publicKey))
		mac.Write([]byte(text))
		all[name+", a MAC with the public key"] = good.signed(text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
		all[name+", without a signature"] = good.signed(text + ".")
		all[name+", the signature of another"] = good.signed(text + "." + strings.Split(token, ".")[2])
	}
	return all
}

// Of twenty requests with one signature exactly one is done, and the others are told and recorded as replays; so is a
// later one.
func TestClaim_R2_SignatureWorksOnce(t *testing.T) {
	v := shared(t)
	k, signer := v.signing(t)
	v.room(t)
	good := request{method: "POST", path: "/v1/webhook-endpoints", token: k.Token, body: `{"url":"http://127.0.0.1:9/once","events":["*"]}`}
	good = good.signed(signature(t, signer, good, time.Now()))
	var mu sync.Mutex
	got := map[string]int{}
	var all sync.WaitGroup
	before := v.dump(t)
	for range 20 {
		all.Go(func() {
			answer, err := v.try(t.Context(), good)
			mu.Lock()
			defer mu.Unlock()
			got[fmt.Sprint(answer.status, " ", answer.code(), err)]++
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]int{"201 <nil>": 1, "401 signature_replayed<nil>": 19}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	_, entries := before.changes(v.dump(t))
	if made := slices.IndexFunc(entries, func(e audit.Entry) bool { return e.Action == "endpoint.create" }); made < 0 || len(entries) != 1 {
		t.Errorf("the trail has %+v", entries)
	}
	if later := v.send(t, good); later.code() != "signature_replayed" {
		t.Errorf("later: %d %s", later.status, later.body)
	}
	v.noted(t, "apikey.replay_denied", k.ID, "signature_replayed")
}

// Where nonces can't be remembered, no signature lets in.
func TestClaim_R2_SignaturesFailClosed(t *testing.T) {
	t.Parallel()
	v := newVault(t, startGateway(t, local.Options{}))
	k, signer := v.signing(t)
	asked := listing(k.Token)
	lost := v.Emulator.Faults().Add(awsfault.Rule{Effect: awsfault.LostRequest, Match: func(c awsfault.Call) bool { return strings.Contains(string(c.Body), apikey.NonceMarks) }})
	if got := v.send(t, asked.signed(signature(t, signer, asked, time.Now()))); got.status != 503 || lost.Hits() == 0 {
		t.Errorf("got %d %s, %d lost", got.status, got.body, lost.Hits())
	}
	v.Emulator.Faults().Clear()
	v.want(t, 200, asked.signed(signature(t, signer, asked, time.Now())))
}
