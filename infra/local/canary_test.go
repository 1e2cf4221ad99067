package local_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/edge"
)

// outputs are what a gateway writes; it may be written by several at once.
type outputs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *outputs) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// misplaced are requests in which a secret stands where none belongs. In a few places what stands there is recorded on
// purpose, and they are not among these: the User-Agent, names that admins give, the address of an endpoint.
func misplaced(v *vault, s string) []request {
	header := func(name, value string) request {
		return request{method: "GET", path: "/v1/admin/workspaces", header: http.Header{name: {value}}}
	}
	list := []request{
		{method: "POST", path: "/v1/auth/login", body: s},
		{method: "POST", path: "/v1/auth/login", body: marshal(map[string]string{"email": s, "password": "wrong password here"})},
		{method: "POST", path: "/v1/auth/login", body: marshal(map[string]string{"email": s + "@example.com", "password": s + "x"})},
		{method: "POST", path: "/v1/auth/login", body: marshal(map[string]any{"email": []string{s}, "password": map[string]string{"is": s}})},
		{method: "POST", path: "/v1/auth/login", body: `{"email":"a@example.com","password":"` + s},
		{method: "POST", path: "/v1/auth/login/second", body: marshal(map[string]string{"challenge": s, "code": s})},
		{method: "POST", path: "/v1/auth/refresh", body: marshal(map[string]string{"refresh_token": s})},
		{method: "POST", path: "/v1/auth/refresh", body: marshal(map[string]any{"refresh_token": map[string]string{"token": s}})},
		{method: "POST", path: "/v1/auth/forgot", body: marshal(map[string]string{"email": s})},
		{method: "POST", path: "/v1/auth/reset", body: marshal(map[string]string{"token": s, "password": s})},
		{method: "POST", path: "/v1/auth/accept", body: marshal(map[string]string{"token": s, "password": s})},
		{method: "GET", path: "/" + s}, {method: "GET", path: "/v1/" + s + "/" + s}, {method: "BREW", path: "/v1/auth/login?password=" + s},
		{method: "GET", path: "/healthz?access_token=" + s},
		{method: "POST", path: "/cosigner/fireblocks/" + v.cosigner + "/v2/tx_sign_request", body: s},
		{method: "POST", path: "/cosigner/fireblocks/" + s + "/v2/tx_sign_request", body: "a.b.c"},
		header("Authorization", s), header("Authorization", "Basic "+s), header("Authorization", "Bearer "+s+"."+s+"."+s), header("Authorization", "Bearer zv_live_"+s),
		header("Authorization", "Bearer "+tokenSaying(s)), header("X-Api-Key", s), header("Cookie", "session="+s), header("X-Forwarded-For", s), header("Forwarded", "for="+s), header("Traceparent", s),
		{method: "GET", path: "/v1/webhook-endpoints/" + s, token: v.homeKey.Token}, {method: "GET", path: "/v1/webhook-endpoints?cursor=" + s, token: v.homeKey.Token},
		{method: "POST", path: "/v1/webhook-endpoints", token: v.homeKey.Token, body: marshal(map[string]any{"url": s, "events": []string{s}})},
		{method: "POST", path: "/v1/webhook-endpoints", token: v.homeKey.Token, body: marshal(map[string]any{"url": "http://user:" + s + "@127.0.0.1:9/", "events": []string{"*"}})},
	}
	for _, r := range []request{
		v.admin("GET", "/v1/admin/workspaces/"+s, ""), v.admin("GET", "/v1/admin/workspaces?limit="+s, ""), v.admin("GET", "/v1/admin/workspaces?cursor="+s, ""),
		v.admin("GET", "/v1/admin/audit?target="+s+"&action="+s+"&actor="+s, ""), v.admin("GET", "/v1/admin/cosigners/"+s, ""),
		v.admin("POST", "/v1/admin/admins", marshal(map[string]string{"email": s, "role": s})), v.admin("PUT", "/v1/admin/admins/"+s+"/role", marshal(map[string]string{"role": s})),
		v.admin("POST", "/v1/admin/workspaces", marshal(map[string]any{"name": []string{s}})), v.admin("POST", "/v1/admin/workspaces/"+v.home+"/keys", marshal(map[string]any{"name": "k", "scopes": []string{s}})),
		v.admin("PUT", "/v1/admin/workspaces/"+v.home+"/policy/draft", marshal(map[string]any{"rules": s})),
		v.admin("POST", "/v1/admin/workspaces/"+v.home+"/policy/publish", marshal(map[string]any{"draft_version": s})),
		v.admin("POST", "/v1/auth/password", marshal(map[string]string{"current_password": s, "new_password": s})),
		v.admin("POST", "/v1/auth/factor/confirm", marshal(map[string]string{"code": s})),
		v.admin("POST", "/v1/admin/cosigners", marshal(map[string]any{"name": "C", "provider": s, "inbound_keys": []string{s}, "response_key": s + "/..", "workspaces": []string{s}})),
	} {
		list = append(list, r)
		r.once = s
		list = append(list, r)
	}
	return list
}

// tokenSaying is an access token's form in which a secret is the name of a member.
func tokenSaying(s string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"typ":"at+jwt","alg":"ES256","kid":"k"}`)) + "." + part([]byte(marshal(map[string]string{s: s}))) + "." + part(make([]byte, 64))
}

// Whatever is done with secrets, right and wrong, no part of one is in a line of the log or a metric, in an error, in what
// reading answers, in the audit trail, in a stored item, in a message of a queue or another call to AWS, or in a mail that
// is not the one that brings it. All routes' good requests are made here, so a new route is among them.
func TestCanaries(t *testing.T) {
	c, log, metrics := newSentinels(), &outputs{}, &outputs{}
	http.DefaultClient.Transport = c
	t.Cleanup(func() { http.DefaultClient.Transport = nil })
	v := newVault(t, startGateway(t, local.Options{Log: slog.New(slog.NewJSONHandler(log, nil)), Metrics: metrics}))
	for _, row := range rows() {
		v.want(t, success(row.Spec), v.example(t, row.Spec))
	}
	secrets := []string{v.password, v.access, v.refresh, v.homeKey.Token, v.endpoint(t, v.homeKey, "http://127.0.0.1:9/hooks").Secret}
	for _, s := range secrets {
		c.learn("the vault", s)
		c.learn("the vault, in another case", strings.ToUpper(s))
		c.learn("the vault, in another case", strings.ToLower(s))
		for _, r := range misplaced(v, s) {
			if got := v.send(t, r); got.status < 400 && got.status != 202 && r.method != "GET" && s != v.refresh {
				t.Errorf("%s %.80s with a secret in the wrong place: %d", r.method, r.path, got.status)
			}
		}
	}
	v.want(t, 202, request{method: "POST", path: "/v1/auth/forgot", body: marshal(map[string]string{"email": local.OwnerEmail})})
	v.want(t, 201, v.admin("POST", "/v1/admin/admins", marshal(map[string]string{"email": "canary@zenvault.localhost", "role": "auditor"})))
	must(t, drained(v.deliver(t)))
	must(t, v.work(t, edge.MailQueue, v.World.Env.MailQueue))
	if mails := len(v.Emulator.Mails()); mails < 2 {
		t.Errorf("%d mails were sent, want at least the two that bring a token", mails)
	}
	key := v.signingKey(t)
	for _, number := range [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes()} {
		c.learnBytes("the signing key", number)
	}
	v.examine(t, c, map[string]string{"the log": log.text.String(), "the metrics": metrics.text.String()})
}

// examine looks everywhere.
func (v *vault) examine(t testing.TB, c *sentinels, written map[string]string) {
	t.Helper()
	for _, stray := range c.strays {
		t.Errorf("is this a secret? Name it in shownSecrets or plainNames: %s", stray)
	}
	for _, mail := range v.Emulator.Mails() {
		link := local.LinkIn(mail.Text)
		written["a mail about "+mail.Subject] = strings.ReplaceAll(mail.Text, link, "")
		_, token, _ := strings.Cut(link, "#token=")
		c.learn("a mail about "+mail.Subject, token)
	}
	for where, text := range v.dump(t).texts() {
		written["stored: "+where] = text
	}
	for i, call := range v.Emulator.Calls() {
		address := strings.HasSuffix(call.Operation, ".GetItem") && strings.Contains(string(call.Body), `"email#`) // looked up as it is typed
		if !strings.HasPrefix(call.Operation, "SESv2") && !address {
			written[fmt.Sprintf("call %d, %s", i, call.Operation)] = string(call.Body)
		}
	}
	for where, text := range c.texts {
		written[where] = text
	}
	for where, text := range written {
		if whose := c.find(text); whose != "" {
			t.Errorf("a part of %s is in %s", whose, where)
		}
	}
	hash := newSentinels()
	hash.learn("the owner's hash", hashOf(t, v))
	for where, text := range written {
		if whose := hash.find(text); whose != "" && !strings.HasPrefix(where, "stored: vault") && !strings.HasPrefix(where, "call") {
			t.Errorf("a part of %s is in %s", whose, where)
		}
	}
	if lines := strings.Count(written["the log"], "\n"); len(c.runs) < 5000 || len(written) < 1000 || lines < 300 {
		t.Errorf("only %d runs were looked for in %d texts and %d lines of the log", len(c.runs), len(written), lines)
	}
}
