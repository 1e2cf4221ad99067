package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire/factors"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

const (
	email = "owner@example.com"
	plain = "correct horse battery staple"
	wrong = "correct horse battery stapler"
)

// house is a stack with its first owner.
type house struct {
	*vaulttest.Vault
	session.Service
	accounts admin.Factors
	owner    string
}

func newHouse(t *testing.T) house {
	t.Helper()
	v := vaulttest.New(t)
	letters, err := queues.OpenLetters(v.World)
	if err != nil {
		t.Fatal(err)
	}
	accounts := factors.Service(v.World, admin.Service{Ledger: v.Ledger, Passwords: password.Argon2id{Blocklist: blocklist.Common{}}, Attempts: v.World.Attempts(),
		Letters: letters, Sessions: session.Service{}}, v.Ring)
	accounts.Picture = func(text secret.Text) (secret.Text, error) { return text, nil }
	owner, err := accounts.Found(t.Context(), caller.Worker("admin-found", "req_0"),
		admin.FoundInput{Email: email, Password: secret.NewText(plain)})
	if err != nil {
		t.Fatalf("found: %v", err)
	}
	return house{v, session.Service{Ledger: v.Ledger, Accounts: accounts, Factors: accounts, Devices: accounts, Epochs: accounts,
		Keys: v.Ring, Tokens: v.Issuer}, accounts, owner.ID}
}

// from is a device.
func from(ip, agent string) caller.Caller {
	return caller.Caller{Kind: caller.Anonymous, Origin: caller.Origin{IP: ip, UserAgent: agent, RequestID: "req_1"}}
}

var laptop, phone = from("192.0.2.1", "laptop"), from("198.51.100.7", "phone")

func (h house) login(t *testing.T, who caller.Caller) session.Tokens {
	t.Helper()
	tokens, err := h.Login(t.Context(), who, session.LoginInput{Email: email, Password: secret.NewText(plain)})
	if err != nil {
		t.Fatalf("login: %v", err)
	}
	return session.Tokens{AccessToken: tokens.AccessToken, TokenType: tokens.TokenType, ExpiresIn: tokens.ExpiresIn,
		RefreshToken: tokens.RefreshToken, RefreshExpiresIn: tokens.RefreshExpiresIn}
}

func (h house) refresh(who caller.Caller, token string) (session.Tokens, error) {
	return h.Refresh(context.Background(), who, session.RefreshInput{Token: secret.NewText(token)})
}

// must refreshes and gives the new refresh token.
func (h house) must(t *testing.T, who caller.Caller, token string) string {
	t.Helper()
	tokens, err := h.refresh(who, token)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	return tokens.RefreshToken
}

// refused wants the one answer that says nothing.
func (h house) refused(t *testing.T, who caller.Caller, token string) {
	t.Helper()
	_, err := h.refresh(who, token)
	f := fault.From(err)
	want := []string{"invalid_refresh_token", "The refresh token is not valid. Log in again."}
	if err == nil || f.Kind != fault.Unauthenticated || !cmp.Equal(want, []string{f.Code, f.Message}) {
		t.Fatalf("refresh = %v, want %v", err, want)
	}
}

// family is the session that a login began.
func (h house) family(t *testing.T, tokens session.Tokens) string {
	t.Helper()
	claims, err := h.Verifier.Verify(tokens.AccessToken, h.Clock.Now())
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return claims.Session
}

func (h house) stored(t *testing.T, family string) session.Session {
	t.Helper()
	item, err := h.Vault.Ledger.GetOne(t.Context(), session.Key(h.owner, family))
	if err != nil || item == nil {
		t.Fatalf("session %s: %v, %v", family, item, err)
	}
	s, err := session.Parse(item)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// actions are those of a session's entries, the oldest first; the chain of the entries is checked as well.
func (h house) actions(t *testing.T, family string) []string {
	t.Helper()
	var actions []string
	prev := ""
	for i, e := range h.Trail(t, audit.Target{Type: "session", ID: family}) {
		if e.Version != int64(i+1) || e.Prev != prev {
			t.Fatalf("entry %d has version %d after %q", i+1, e.Version, e.Prev)
		}
		prev = e.Hash
		actions = append(actions, e.Action)
	}
	return actions
}

// disable writes the admin's item as an operator's console would.
func (h house) disable(t *testing.T) {
	t.Helper()
	item, err := h.Vault.Ledger.GetOne(t.Context(), admin.Key(h.owner))
	if err != nil {
		t.Fatal(err)
	}
	prior := item.Version()
	item["disabled"] = true
	delete(item, "pk")
	delete(item, "sk")
	_, err = h.Vault.Ledger.Commit(t.Context(), ledger.Change{
		By: caller.Worker("test", ""), Action: "admin.disable", Target: audit.Target{Type: "admin", ID: h.owner},
		Key: admin.Key(h.owner), Prior: prior, Item: item, Else: fault.ErrInternal})
	if err != nil {
		t.Fatal(err)
	}
}

// A login gives a bearer token of ten minutes, a refresh token of eight hours, and leaves one entry by the admin.
func TestLogin(t *testing.T) {
	h := newHouse(t)
	tokens := h.login(t, laptop)
	claims, err := h.Verifier.Verify(tokens.AccessToken, h.Clock.Now())
	if err != nil || claims.Admin != h.owner {
		t.Errorf("claims %+v, %v", claims, err)
	}
	want := session.Tokens{TokenType: "Bearer", ExpiresIn: 600, RefreshExpiresIn: 28800}
	got := tokens
	got.AccessToken, got.RefreshToken = "", ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	entries := h.Trail(t, audit.Target{Type: "session", ID: claims.Session})
	if len(entries) != 1 {
		t.Fatalf("%d entries, want 1", len(entries))
	}
	e := entries[0]
	wantActor := audit.Actor{Kind: caller.Admin, ID: h.owner, Via: claims.Session}
	if diff := cmp.Diff(wantActor, e.Actor); diff != "" || e.Action != "session.login" || e.IP != "192.0.2.1" || e.UserAgent != "laptop" {
		t.Errorf("entry %+v\n%s", e, diff)
	}
}

// Whatever is wrong with a login, the answer is the same.
func TestLoginRefused(t *testing.T) {
	h := newHouse(t)
	tests := []struct{ name, email, plain string }{
		{"wrong password", email, wrong},
		{"no password", email, ""},
		{"unknown account", "nobody@example.com", plain},
		{"no address", "", plain},
		{"malformed address", "not an address", plain},
		{"long address", strings.Repeat("a", 5000) + "@example.com", plain},
		{"disabled account", email, plain}, // the last: from here on it is disabled
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "disabled account" {
				h.disable(t)
			}
			_, err := h.Login(t.Context(), laptop, session.LoginInput{Email: tt.email, Password: secret.NewText(tt.plain)})
			f := fault.From(err)
			got := []any{f.Kind, f.Code, f.Message, f.Field}
			want := []any{fault.Unauthenticated, "invalid_credentials", "The e-mail address or the password is wrong.", ""}
			if diff := cmp.Diff(want, got); err == nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// An admin who is disabled while he logs in gets no session.
func TestDisabledMeanwhile(t *testing.T) {
	h := newHouse(t)
	h.Accounts = disabling{h.accounts, func() { h.disable(t) }}
	_, err := h.Login(t.Context(), laptop, session.LoginInput{Email: email, Password: secret.NewText(plain)})
	if f := fault.From(err); err == nil || f.Code != "invalid_credentials" {
		t.Errorf("login: %v", err)
	}
}

type disabling struct {
	admin.Factors
	disable func()
}

func (d disabling) Authenticate(ctx context.Context, who caller.Caller, address string, plain, device secret.Text) (caller.Caller, caller.Standing, error) {
	proven, standing, err := d.Factors.Authenticate(ctx, who, address, plain, device)
	d.disable()
	return proven, standing, err
}

// An address is the same in capitals.
func TestLoginInCapitals(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Login(t.Context(), laptop, session.LoginInput{Email: "Owner@EXAMPLE.com", Password: secret.NewText(plain)}); err != nil {
		t.Error(err)
	}
}

// A refresh gives another refresh token, which is good in its turn, and an access token of the same session.
func TestRefresh(t *testing.T) {
	h := newHouse(t)
	first := h.login(t, laptop)
	family := h.family(t, first)
	h.Clock.Step(time.Hour)
	second, err := h.refresh(laptop, first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if first.RefreshToken == second.RefreshToken {
		t.Error("the refresh token is the same")
	}
	h.Clock.Step(time.Hour)
	h.must(t, phone, second.RefreshToken) // an address may change
	want := []string{"session.login", "session.refresh", "session.refresh"}
	if diff := cmp.Diff(want, h.actions(t, family)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}
