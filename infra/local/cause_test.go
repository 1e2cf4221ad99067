package local_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Who is not believed is told so and no more; the one line of the log says why, and has no byte of what was shown.
func TestRefusedAuthenticationsSayWhyInTheLog(t *testing.T) {
	t.Parallel()
	log := &tap{}
	v := newVault(t, startGateway(t, local.Options{Log: slog.New(slog.NewJSONHandler(log, nil))}))
	revoked, expired := v.key(t, v.home, caller.EndpointsRead), v.key(t, v.home, caller.EndpointsRead)
	v.want(t, 200, v.admin("DELETE", "/v1/admin/workspaces/"+v.home+"/keys/"+revoked.ID, ""))
	v.alter(t, apikey.At(expired.ID), keyTarget(expired.ID), ledger.Item{"valid_until": time.Now().Add(-time.Second).UnixMilli()})
	ended, phone := v.person(t, caller.Auditor), v.enrolled(t, caller.Auditor)
	v.want(t, 200, ended.asks("POST", "/v1/auth/logout", ""))
	me := func(token string) request { return request{method: "GET", path: "/v1/auth/me", token: token} }
	hooks := func(token string) request {
		return request{method: "GET", path: "/v1/webhook-endpoints", token: token}
	}
	for _, tt := range []struct {
		name string
		request
		cause string
	}{
		{"no token", me(""), "no bearer token, or more than one"},
		{"a forged one", me(flip(v.access, len(v.access)-20)), "token signature is invalid: crypto/ecdsa: verification error"},
		{"an old one", me(v.issue(t, v.owner, v.sessionOf(t), time.Now().Add(-11*time.Minute))), "token has invalid claims: token is expired"},
		{"one that says more", me(tokenSaying("canary-canary-canary")), "a member is not known here"},
		{"of a session that is over", me(ended.access), "the session is ended or expired"},
		{"a malformed key", hooks("zv_live_x"), "malformed API key"},
		{"a forged key", hooks(flip(v.homeKey.Token, len(v.homeKey.Token)-30)), "malformed API key"},
		{"a revoked key", hooks(revoked.Token), "the API key is revoked"},
		{"an expired key", hooks(expired.Token), "the API key has expired"},
		{"a wrong password", loginWith(phone.email, "wrong-wrong-wrong", ""), "wrong_password"},
		{"nobody's password", loginWith(newAddress(), v.password, ""), "unknown_account"},
		{"a wrong refresh token", refreshing("zv_rt_x"), "refresh token: malformed"},
		{"a wrong code", second(v.challenge(t, phone), "recovery_code", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"), "wrong_second_factor"},
		{"a malformed challenge", second("zv_lch_x", "code", "000000"), "login challenge: malformed"},
		{"a mailed token of nobody", request{method: "POST", path: "/v1/auth/reset", body: marshal(map[string]string{"token": "zv_reset_x", "password": newPassword})}, "malformed"},
	} {
		got := v.send(t, tt.request)
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		var line struct {
			ID    string `json:"request_id"`
			Code  string
			Cause string
		}
		must(t, json.Unmarshal([]byte(lines[len(lines)-1]), &line))
		if diff := cmp.Diff([]string{got.header.Get("X-Request-Id"), got.code(), tt.cause}, []string{line.ID, line.Code, line.Cause}); diff != "" || got.status != 401 {
			t.Errorf("%s: got %d; its line (-want +got):\n%s", tt.name, got.status, diff)
		}
		if strings.Contains(string(got.body), tt.cause) {
			t.Errorf("%s: the client is told the cause: %s", tt.name, got.body)
		}
	}
	shown := runs{}
	for _, secret := range []string{v.access[len(v.access)-60:], ended.access[len(ended.access)-60:], revoked.Token[len(revoked.Token)-40:],
		expired.Token[len(expired.Token)-40:], v.password, "wrong-wrong-wrong", "canary-canary-canary", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"} {
		shown.add([]byte(secret))
	}
	if shown.in(log.String()) {
		t.Errorf("a part of what was shown is in the log:\n%s", log.String())
	}
}
