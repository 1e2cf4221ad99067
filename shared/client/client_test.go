package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/client"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

const (
	private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n" // RFC 8037, A.1
	keyID   = "key_01jd0000000000000000000001"
	vault   = "https://vault.example.com"
)

// got is what a server was sent.
type got struct {
	request signedrequest.Request
	header  http.Header
}

// serve answers every request in one way, and tells what it was.
func serve(t *testing.T, status int, answer string) (*client.Client, *got) {
	t.Helper()
	var last got
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path, query, _ := strings.Cut(r.RequestURI, "?")
		last = got{signedrequest.Request{Method: r.Method, Path: path, Query: query, Body: body}, r.Header}
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	signer, err := signedrequest.NewSigner(secret.NewText(private))
	if err != nil {
		t.Fatal(err)
	}
	signer.Vault, signer.Key = vault, keyID
	return &client.Client{URL: server.URL, Token: secret.NewText("zv_live_x"), Signer: &signer}, &last
}

// What arrives is what was signed, with a query and without, with a body and without.
func TestDo(t *testing.T) {
	c, last := serve(t, 201, `{"id":"ep_1"}`)
	verifier := signedrequest.Verifier{Vault: vault, Key: keyID, With: c.Signer.Public()}
	nonces := map[string]bool{}
	for _, call := range []client.Call{
		{Method: "POST", Path: "/v1/webhook-endpoints", Input: map[string]any{"url": "https://x.example/?a=<b>&c"}, Once: "k1"},
		{Method: "GET", Path: "/v1/webhook-endpoints?limit=2&cursor=a%2Fb+c"},
		{Method: "GET", Path: "/v1/webhook-endpoints?"},
		{Method: "DELETE", Path: "/v1/webhook-endpoints/ep_1"},
	} {
		var out struct{ ID string }
		if err := c.Do(t.Context(), call, &out); err != nil || out.ID != "ep_1" {
			t.Errorf("%s %s: %+v, %v", call.Method, call.Path, out, err)
		}
		claims, err := verifier.Verify(last.header.Get("Zenvault-Signature"), last.request, time.Now())
		if err != nil {
			t.Errorf("%s %s: %v", call.Method, call.Path, err)
		}
		if nonces[claims.Nonce] {
			t.Error("a nonce comes twice")
		}
		nonces[claims.Nonce] = true
		if diff := cmp.Diff([]string{"Bearer zv_live_x", call.Once}, []string{last.header.Get("Authorization"), last.header.Get("Idempotency-Key")}); diff != "" {
			t.Error(diff)
		}
	}
	c.Signer = nil
	if err := c.Do(t.Context(), client.Call{Method: "GET", Path: "/v1/webhook-endpoints"}, nil); err != nil || last.header["Zenvault-Signature"] != nil {
		t.Errorf("without a key: %v, %v", last.header, err)
	}
}

// A problem is told as one, also where a proxy answers; a redirect is not followed; a body that is not JSON is an error.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		status int
		answer string
		want   client.Problem
	}{
		{401, `{"type":"x","status":401,"code":"signature_replayed","detail":"d","field":"f","request_id":"r"}`,
			client.Problem{Status: 401, Code: "signature_replayed", Detail: "d", Field: "f", RequestID: "r"}},
		{502, `<html>`, client.Problem{Status: 502, Code: "unknown", Detail: "Bad Gateway"}},
		{302, ``, client.Problem{Status: 302, Code: "unknown", Detail: "Found"}},
	} {
		c, last := serve(t, tt.status, tt.answer)
		var problem *client.Problem
		err := c.Do(t.Context(), client.Call{Method: "GET", Path: "/v1/x"}, nil)
		if !errors.As(err, &problem) {
			t.Fatalf("%d: %v", tt.status, err)
		}
		if diff := cmp.Diff(tt.want, *problem); diff != "" || last.request.Path != "/v1/x" {
			t.Errorf("%d, at %s: %s", tt.status, last.request.Path, diff)
		}
	}
	c, _ := serve(t, 200, `nonsense`)
	var syntax *json.SyntaxError
	if err := c.Do(t.Context(), client.Call{Method: "GET", Path: "/v1/x"}, &struct{}{}); !errors.As(err, &syntax) {
		t.Errorf("got %v", err)
	}
	if err := c.Do(t.Context(), client.Call{Method: "GET", Path: "/v1/a%2Fb"}, nil); err == nil {
		t.Error("a path with an escape was signed")
	}
}

// A call stays with the client's host, and in the clear it stays on this machine: an API key goes nowhere else.
func TestCallsStayAtHome(t *testing.T) {
	for _, tt := range []struct{ url, path string }{
		{"https://vault.example.com", "@evil.example/x"}, {"https://vault.example.com", ".evil.example/x"}, {"https://vault.example.com", "v1/x"},
		{"https://vault.example.com", ""}, {"https://vault.example.com:443", "0/x"}, {"http://vault.example.com", "/v1/x"},
		{"http://127.0.0.1.evil.example", "/v1/x"}, {"https://user@vault.example.com", "/v1/x"}, {"ftp://vault.example.com", "/v1/x"},
	} {
		c := client.Client{URL: tt.url, Token: secret.NewText("zv_live_x")}
		if r, err := c.Request(t.Context(), client.Call{Method: "GET", Path: tt.path}); err == nil {
			t.Errorf("%s and %s: a request to %s", tt.url, tt.path, r.URL)
		}
	}
	for _, url := range []string{"https://vault.example.com", "https://vault.example.com/", "http://localhost:8080", "http://[::1]:8080"} {
		c := client.Client{URL: url, Token: secret.NewText("zv_live_x")}
		if r, err := c.Request(t.Context(), client.Call{Method: "GET", Path: "//v1/x"}); err != nil || !strings.HasPrefix(url, r.URL.Scheme+"://"+r.URL.Host) {
			t.Errorf("%s: %v, %v", url, r, err)
		}
	}
}
