package local_test

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/session"
)

// mint makes access tokens with the stack's own signing key, of whatever is asked for.
type mint struct {
	t            testing.TB
	v            *vault
	head, claims string // of a good token, as JSON
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func newMint(t testing.TB, v *vault) mint {
	t.Helper()
	parts := strings.Split(v.issue(t, v.owner, v.sessionOf(t), time.Now()), ".")
	m := mint{t: t, v: v}
	for i, into := range []*string{&m.head, &m.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		must(t, err)
		*into = string(raw)
	}
	return m
}

// over signs two parts, encoded or not.
func (m mint) over(signed string) string {
	m.t.Helper()
	digest := sha256.Sum256([]byte(signed))
	signature, err := m.v.Opened.Issuer.Signer.Sign(m.t.Context(), m.v.Opened.Issuer.Handle, digest[:])
	must(m.t, err)
	return signed + "." + b64(string(signature))
}

func (m mint) sign(head, claims string) string { return m.over(b64(head) + "." + b64(claims)) }

// swap changes the one place of a text.
func (m mint) swap(text, old, new string) string {
	m.t.Helper()
	if strings.Count(text, old) != 1 {
		m.t.Fatalf("%q is not once in %s", old, text)
	}
	return strings.Replace(text, old, new, 1)
}

// claim is the claims with another value of one, as JSON; "" removes it.
func (m mint) claim(name, value string) string {
	m.t.Helper()
	var all map[string]json.RawMessage
	must(m.t, json.Unmarshal([]byte(m.claims), &all))
	if all[name] = json.RawMessage(value); value == "" {
		delete(all, name)
	}
	return marshal(all)
}

// hostile are tokens of all kinds of attack, nearly all of them signed by the right key. Those that name a URL name lure.
func hostile(m mint, lure string) map[string]string {
	now := time.Now().Unix()
	good := m.sign(m.head, m.claims)
	parts := strings.Split(good, ".")
	all := map[string]string{
		"nothing but dots": "..", "two parts": parts[0] + "." + parts[1], "four parts": good + "." + parts[2], "five parts": good + "..",
		"no signature": parts[0] + "." + parts[1] + ".", "another's signature": m.swap(good, parts[2], strings.Split(m.sign(m.head, m.claim("sub", `"adm_x"`)), ".")[2]),
		"padding": good + "==", "idle bits": good[:len(good)-1] + next(good[len(good)-1]), "JSON": marshal(map[string]string{"protected": parts[0], "payload": parts[1], "signature": parts[2]}),
		"too long": m.sign(m.head, m.claim("jti", `"`+strings.Repeat("x", 8<<10)+`"`)), "deep": m.sign(m.swap(m.head, `{`, `{"x":`+strings.Repeat("[", 1500)+strings.Repeat("]", 1500)+`,`), m.claims),
		"refresh token": m.v.refresh, "API key": m.v.homeKey.Token, "header of another type": m.sign(m.swap(m.head, "at+jwt", "JWT"), m.claims),
		"unknown kid": m.sign(`{"alg":"ES256","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","typ":"at+jwt"}`, m.claims), "no kid": m.sign(`{"alg":"ES256","typ":"at+jwt"}`, m.claims),
		"alg twice": m.sign(m.swap(m.head, `{`, `{"alg":"none",`), m.claims), "alg in another case": m.sign(m.swap(m.head, `"alg"`, `"Alg"`), m.claims),
		"sub twice": m.sign(m.head, m.swap(m.claims, `{`, `{"sub":"adm_x",`)), "Sub as well": m.sign(m.head, m.swap(m.claims, `{`, `{"Sub":"adm_x",`)),
		"a role": m.sign(m.head, m.swap(m.claims, `{`, `{"role":"owner",`)),
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		all["alg "+alg] = b64(m.swap(m.head, "ES256", alg)) + "." + parts[1] + "."
	}
	for name, key := range publicForms(m.t, m.v.Opened.Tokens[0].Public) {
		signed := b64(m.swap(m.head, "ES256", "HS256")) + "." + parts[1]
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(signed))
		all["HS256 by the "+name] = signed + "." + b64(string(mac.Sum(nil)))
	}
	for _, more := range []string{`"jku":"` + lure + `"`, `"x5u":"` + lure + `"`, `"jwk":{"kty":"EC"}`, `"x5c":["MIIB"]`, `"crit":["exp"]`, `"crit":["b64"],"b64":false`, `"cty":"JWT"`, `"zip":"DEF"`} {
		all[more] = m.sign(m.swap(m.head, `{`, `{`+more+`,`), m.claims)
	}
	for name, value := range map[string]string{
		"iss": `"https://vault.example.org"`, "aud": `"` + lure + `"`, "sub": `"adm_x"`, "sid": `"ses_01jd0000000000000000000000"`, "jti": `null`,
		"iat": fmt.Sprint(now + 60), "nbf": fmt.Sprint(now + 60), "exp": fmt.Sprint(now - 60)} {
		all["another "+name], all["no "+name], all[name+" is a list"] = m.sign(m.head, m.claim(name, value)), m.sign(m.head, m.claim(name, "")), m.sign(m.head, m.claim(name, "["+value+"]"))
	}
	for name, exp := range map[string]string{"a text": fmt.Sprintf("%q", fmt.Sprint(now+600)), "a fraction": fmt.Sprintf("%d.5", now+600), "an exponent": "1e10", "negative": "-1",
		"too far away": fmt.Sprint(now + 901), "never": "9223372036854775807", "beyond": "9223372036854775808"} {
		all["exp is "+name] = m.sign(m.head, m.claim("exp", exp))
	}
	return all
}

func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)|1])
}

// publicForms are the texts and bytes in which a public key is had, and none.
func publicForms(t testing.TB, public *ecdsa.PublicKey) map[string][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	must(t, err)
	point, err := public.Bytes()
	must(t, err)
	return map[string][]byte{"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "point": point, "empty key": nil}
}

// Every hostile token is answered the same 401 by a reading and by a writing admin route, byte for byte but for the request's
// id. Nothing is written, nothing is asked of AWS beyond looking a session up, and no URL in a token is ever opened.
func TestClaim_R1_HostileTokensAreAllRefusedAlike(t *testing.T) {
	v := shared(t)
	var lured atomic.Int64
	lure := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { lured.Add(1) }))
	defer lure.Close()
	m := newMint(t, v)
	v.want(t, 200, request{method: "GET", path: "/v1/admin/workspaces", token: m.sign(m.head, m.claims)}) // what the others are made of is good
	tokens := hostile(m, lure.URL)
	if len(tokens) < 65 {
		t.Errorf("only %d tokens", len(tokens))
	}
	before := v.dump(t)
	v.Emulator.Forget()
	for name, token := range tokens {
		for _, r := range []request{{method: "GET", path: "/v1/admin/workspaces"}, {method: "POST", path: "/v1/admin/workspaces", body: `{"name":"Hostile"}`, once: "hostile"}} {
			r.token = token
			got := v.send(t, r)
			want := `{"type":"urn:zenvault:problem:unauthenticated","title":"Unauthorized","status":401,"code":"unauthenticated",` +
				`"detail":"A valid credential is required.","request_id":"` + got.header.Get("X-Request-Id") + `"}`
			if diff := cmp.Diff(want, string(got.body)); diff != "" || got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s, %s: got %d, %v (-want +got):\n%s", name, r.method, got.status, got.header, diff)
			}
		}
	}
	for _, call := range v.Emulator.Calls() {
		limits := strings.Contains(string(call.Body), v.World.Env.LimitsTable)
		if reads := strings.HasSuffix(call.Operation, "GetItem"); !reads && !limits {
			t.Errorf("a token made the gateway call %s", call.Operation)
		}
	}
	unchanged(t, "hostile tokens", before, v.dump(t))
	if n := lured.Load(); n != 0 {
		t.Errorf("%d requests were made to what a token names", n)
	}
}

// What ends or changes a session, by a route or in the database, counts on the very next call with the same token.
func TestClaim_R1_WhatEndsASessionCountsOnTheNextCall(t *testing.T) {
	v := shared(t)
	read, write := request{method: "GET", path: "/v1/admin/workspaces"}, request{method: "POST", path: "/v1/admin/workspaces", body: `{"name":""}`}
	type entered struct{ id, session, token string }
	own := func(method, path string) func(entered) {
		return func(e entered) { v.want(t, 200, request{method: method, path: path, token: e.token}) }
	}
	inDatabase := func(attributes ledger.Item) func(entered) {
		return func(e entered) {
			v.alter(t, admin.Key(e.id), audit.Target{Type: "admin", ID: e.id}, attributes)
		}
	}
	sessionInDatabase := func(attributes ledger.Item) func(entered) {
		return func(e entered) {
			v.alter(t, session.Key(e.id, e.session), audit.Target{Type: "session", ID: e.session}, attributes)
		}
	}
	for name, tt := range map[string]struct {
		change      func(entered)
		read, write int // status of the next call; 422 is a write that is let in, and then refused for its name
	}{
		"nothing":                {func(entered) {}, 200, 422},
		"disabled":               {inDatabase(ledger.Item{"disabled": true}), 401, 401},
		"role taken":             {inDatabase(ledger.Item{"role": "auditor"}), 200, 403},
		"role unknown":           {inDatabase(ledger.Item{"role": "root"}), 401, 401},
		"role missing":           {inDatabase(ledger.Item{"role": nil}), 401, 401},
		"another epoch":          {inDatabase(ledger.Item{"epoch": int64(7)}), 401, 401},
		"replay of its refresh":  {sessionInDatabase(ledger.Item{"state": "revoked_reuse"}), 401, 401},
		"past its end":           {sessionInDatabase(ledger.Item{"until": time.Now().Add(-time.Second).UnixMilli()}), 401, 401},
		"idle for too long":      {sessionInDatabase(ledger.Item{"rotated_at": time.Now().Add(-8 * time.Hour).UnixMilli()}), 401, 401},
		"ended by its owner":     {own("POST", "/v1/auth/logout"), 401, 401},
		"all ended by its owner": {own("POST", "/v1/auth/logout-all"), 401, 401},
		"one ended by its owner": {func(e entered) { own("DELETE", "/v1/auth/sessions/"+e.session)(e) }, 401, 401},
		"ended by another":       {func(e entered) { v.want(t, 200, v.admin("DELETE", "/v1/admin/admins/"+e.id+"/sessions", "")) }, 401, 401},
		"disabled by another":    {func(e entered) { v.want(t, 200, v.admin("POST", "/v1/admin/admins/"+e.id+"/disable", "")) }, 401, 401},
		"another role by another": {func(e entered) {
			v.want(t, 200, v.admin("PUT", "/v1/admin/admins/"+e.id+"/role", `{"role":"auditor"}`))
		}, 401, 401},
	} {
		t.Run(name, func(t *testing.T) {
			var e entered
			e.id = v.plantAdmin(t, caller.Manager)
			e.token, e.session = v.enterAs(t, e.id)
			asked := func(r request) int {
				r.token = e.token
				return v.send(t, r).status
			}
			if r, w := asked(read), asked(write); r != 200 || w != 422 {
				t.Fatalf("before: got %d to read and %d to write", r, w)
			}
			tt.change(e)
			if r, w := asked(read), asked(write); r != tt.read || w != tt.write {
				t.Errorf("got %d to read and %d to write, want %d and %d", r, w, tt.read, tt.write)
			}
		})
	}
}
