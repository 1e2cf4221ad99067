package session_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session"
)

// logged is an edge whose log can be read.
func (h house) logged(into *strings.Builder) edge.Edge {
	e := h.World.Edge(nil, nil)
	e.Log = slog.New(slog.NewJSONHandler(into, nil))
	return e
}

func post(body string) edge.Request {
	return edge.Request{ID: "req_1", Method: http.MethodPost, Body: []byte(body), Header: http.Header{"User-Agent": {"laptop"}},
		Source: netip.MustParseAddr("192.0.2.1")}
}

// Over the edge, a login answers JSON that nobody may keep, a refresh continues it, and no token or password is logged.
func TestRoutes(t *testing.T) {
	h := newHouse(t)
	var log strings.Builder
	login := edge.Bind(h.logged(&log), session.RouteLogin, h.Service)
	refresh := edge.Bind(h.logged(&log), session.RouteRefresh, h.Service)
	begun := login(t.Context(), post(`{"email":"owner@example.com","password":"correct horse battery staple"}`))
	if begun.Status != http.StatusOK || begun.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("login: %d %v %s", begun.Status, begun.Header, begun.Body)
	}
	var tokens session.Tokens
	if err := json.Unmarshal(begun.Body, &tokens); err != nil {
		t.Fatal(err)
	}
	next := refresh(t.Context(), post(`{"refresh_token":"`+tokens.RefreshToken+`"}`))
	if next.Status != http.StatusOK {
		t.Fatalf("refresh: %d %s", next.Status, next.Body)
	}
	refused := refresh(t.Context(), post(`{"refresh_token":"`+tokens.RefreshToken[1:]+`"}`))
	want := `{"type":"urn:zenvault:problem:invalid_refresh_token","title":"Unauthorized","status":401,` +
		`"code":"invalid_refresh_token","detail":"The refresh token is not valid. Log in again.","request_id":"req_1"}`
	if diff := cmp.Diff(want, string(refused.Body)); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	for _, secret := range []string{tokens.RefreshToken[6:40], tokens.AccessToken[:40], "battery"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// A body that is not exactly what the route takes is refused, naming the member, and never repeats a password.
func TestBadBodies(t *testing.T) {
	h := newHouse(t)
	var log strings.Builder
	login := edge.Bind(h.logged(&log), session.RouteLogin, h.Service)
	refresh := edge.Bind(h.logged(&log), session.RouteRefresh, h.Service)
	tests := []struct {
		name    string
		handler edge.Handler
		body    string
		status  int
		field   string
	}{
		{"empty", login, ``, 400, ""},
		{"not JSON", login, `email=owner`, 400, ""},
		{"no password", login, `{"email":"owner@example.com"}`, 400, "/password"},
		{"password is a number", login, `{"email":"owner@example.com","password":1}`, 400, "/password"},
		{"password is null", login, `{"email":"owner@example.com","password":null}`, 400, "/password"},
		{"password twice", login, `{"email":"owner@example.com","password":"canary","password":"canary"}`, 400, "/password"},
		{"another case", login, `{"Email":"owner@example.com","password":"canary"}`, 400, "/Email"},
		{"unknown member", login, `{"email":"owner@example.com","password":"canary","otp":"1"}`, 400, "/otp"},
		{"too large", login, `{"email":"owner@example.com","password":"` + strings.Repeat("canary", 2000) + `"}`, 413, ""},
		{"no token", refresh, `{}`, 400, "/refresh_token"},
		{"token is an array", refresh, `{"refresh_token":["canary"]}`, 400, "/refresh_token"},
		{"data after the end", refresh, `{"refresh_token":"canary"}{}`, 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := tt.handler(t.Context(), post(tt.body))
			var problem edge.Problem
			if err := json.Unmarshal(answer.Body, &problem); err != nil {
				t.Fatal(err)
			}
			if answer.Status != tt.status || problem.Field != tt.field || strings.Contains(string(answer.Body)+log.String(), "canary") {
				t.Errorf("%d %s; want %d at %q", answer.Status, answer.Body, tt.status, tt.field)
			}
		})
	}
}

// The key set is public, may be kept for five minutes, and names the key that signs.
func TestJWKS(t *testing.T) {
	h := newHouse(t)
	var log strings.Builder
	answer := edge.Bind(h.logged(&log), session.RouteJWKS, h.Verifier.Keys)(t.Context(), edge.Request{Method: http.MethodGet})
	want := http.Header{
		"Content-Type": {"application/jwk-set+json"}, "Cache-Control": {"public, max-age=300"}, "X-Content-Type-Options": {"nosniff"},
	}
	if diff := cmp.Diff(want, answer.Header); diff != "" || answer.Status != http.StatusOK {
		t.Errorf("status %d, header (-want +got):\n%s", answer.Status, diff)
	}
	if !strings.Contains(string(answer.Body), `"kid":"`+h.Tokens.KeyID+`"`) {
		t.Errorf("the key that signs is not in %s", answer.Body)
	}
}
