package admin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

const plain = "correct horse battery staple"

func newService(t *testing.T) (*vaulttest.Vault, admin.Service) {
	t.Helper()
	v := vaulttest.New(t)
	queue, err := queues.OpenSender(v.World)
	if err != nil {
		t.Fatal(err)
	}
	return v, admin.Service{Ledger: v.Ledger, Passwords: password.Argon2id{Blocklist: blocklist.Common{}}, Attempts: v.World.Attempts(),
		Letters: mail.Postbox{Queue: queue, Now: v.Clock.Now}, Sessions: session.Service{}, Keys: v.Ring}
}

var operator = caller.Worker("admin-found", "req_1")

func input(email string) admin.FoundInput {
	return admin.FoundInput{Email: email, Password: secret.NewText(plain), Name: "Ada"}
}

// The first owner is made once, with an entry in which the hash can't be read; a second one is refused.
func TestFound(t *testing.T) {
	v, s := newService(t)
	got, err := s.Found(t.Context(), operator, input("Ada@Example.COM"))
	if err != nil {
		t.Fatal(err)
	}
	want := admin.View{ID: got.ID, Email: "ada@example.com", Name: "Ada", Role: caller.Owner, CreatedAt: 1795521600000}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owner (-want +got):\n%s", diff)
	}
	for _, email := range []string{"ada@example.com", "eve@example.com"} {
		if _, err := s.Found(t.Context(), operator, input(email)); !errors.Is(err, admin.ErrFounded) {
			t.Errorf("a second owner %s: %v", email, err)
		}
	}
	entries := v.Trail(t, audit.Target{Type: "admin", ID: got.ID})
	if len(entries) != 1 {
		t.Fatalf("%d entries, want 1", len(entries))
	}
	e := entries[0]
	after := audit.Fields{"id": got.ID, "email": "ada@example.com", "name": "Ada", "role": "owner", "invited": false, "disabled": false,
		"factor": false, "epoch": int64(0), "password_hash": "[redacted]"}
	if diff := cmp.Diff(after, e.After); diff != "" || e.Action != "admin.found" || e.Actor.Kind != caller.System {
		t.Errorf("entry %+v\n(-want +got):\n%s", e, diff)
	}
}

// Of many who found at once, one does.
func TestFoundAtOnce(t *testing.T) {
	_, s := newService(t)
	var all sync.WaitGroup
	results := make(chan error, 8)
	for range cap(results) {
		all.Go(func() {
			_, err := s.Found(t.Context(), operator, input("ada@example.com"))
			results <- err
		})
	}
	all.Wait()
	close(results)
	made := 0
	for err := range results {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, admin.ErrFounded):
			t.Errorf("found: %v", err)
		}
	}
	if made != 1 {
		t.Errorf("%d owners, want 1", made)
	}
}

// What breaks a rule makes no owner, and does not use up the one time.
func TestFoundRefuses(t *testing.T) {
	_, s := newService(t)
	tests := []struct {
		name string
		in   admin.FoundInput
		want error
	}{
		{"no address", admin.FoundInput{Password: secret.NewText(plain)}, admin.ErrEmail},
		{"short password", admin.FoundInput{Email: "ada@example.com", Password: secret.NewText("fourteen chars")}, password.ErrTooShort},
		{"long password", admin.FoundInput{Email: "ada@example.com", Password: secret.NewText(strings.Repeat("x", 1025))}, password.ErrTooLong},
		{"blank name", admin.FoundInput{Email: "ada@example.com", Password: secret.NewText(plain), Name: " "}, admin.ErrName},
		{"name with a line break", admin.FoundInput{Email: "ada@example.com", Password: secret.NewText(plain), Name: "a\nb"}, admin.ErrName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := s.Found(t.Context(), operator, tt.in); !errors.Is(err, tt.want) {
				t.Errorf("found: %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := s.Found(t.Context(), operator, input("ada@example.com")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// An address has one form: what differs only in ASCII capitals is the same, what is not plain ASCII is refused.
func TestParseEmail(t *testing.T) {
	tests := []struct {
		text string
		want admin.Email // "" is refused
	}{
		{"a@b.example", "a@b.example"},
		{"Ada.Lovelace+vault@Example.COM", "ada.lovelace+vault@example.com"},
		{"owner@localhost", "owner@localhost"},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{strings.Repeat("a", 64) + "@example.com", admin.Email(strings.Repeat("a", 64) + "@example.com")},
		{strings.Repeat("a", 65) + "@example.com", ""},
		{"a@" + strings.Repeat("a.", 126) + "com", ""},
		{"", ""}, {"@", ""}, {"a@", ""}, {"@b", ""}, {"a", ""}, {"a@b@c", ""}, {"a b@c", ""}, {" a@b", ""}, {"a@b ", ""},
		{".a@b", ""}, {"a.@b", ""}, {"a..b@c", ""}, {`"a"@b`, ""}, {"a@b..c", ""}, {"a@-b", ""}, {"a@b-", ""}, {"a@.b", ""},
		{"a@b.", ""}, {"a@[192.0.2.1]", ""}, {"a\x00@b", ""}, {"a@b\n", ""}, {"a#b@c", "a#b@c"}, {"a@b#c", ""},
		{"\u212aelvin@example.com", ""}, // the Kelvin sign is a k in lower case to strings.ToLower
		{"ä@example.com", ""}, {"a@ex\u0430mple.com", ""}, {"a@\xff", ""},
	}
	for _, tt := range tests {
		got, err := admin.ParseEmail(tt.text)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("ParseEmail(%q) = %q, %v; want %q", tt.text, got, err, tt.want)
		}
	}
}

// FuzzParseEmail: an address is ASCII without capitals or blanks, and is its own normal form.
func FuzzParseEmail(f *testing.F) {
	for _, text := range []string{"a@b.example", "A@B", "a..b@c", "\u212a@x", "", "@"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		email, err := admin.ParseEmail(text)
		if err != nil {
			return
		}
		again, err := admin.ParseEmail(string(email))
		if err != nil || again != email || len(email) != len(text) || strings.ContainsFunc(string(email), func(c rune) bool {
			return c <= ' ' || c >= 0x7f || 'A' <= c && c <= 'Z'
		}) {
			t.Errorf("ParseEmail(%q) = %q, then %q, %v", text, email, again, err)
		}
	})
}

// A good login upgrades a hash that was made with older parameters; a failed one does not touch it.
func TestRehash(t *testing.T) {
	v, s := newService(t)
	owner, err := s.Found(t.Context(), operator, input("ada@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	// argon2id of "password" with m=256 KiB, t=2 (P-H-C/phc-winner-argon2, src/test.c)
	const old = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	store(t, v, owner.ID, "password_hash", old)
	try := func(plain string) error {
		_, _, err := s.Authenticate(t.Context(), caller.Caller{Kind: caller.Anonymous}, "ada@example.com", secret.NewText(plain), secret.Text{})
		return err
	}
	if err := try("Password"); !errors.Is(err, admin.ErrCredentials) || hash(t, v, owner.ID) != old {
		t.Errorf("wrong password: %v, %s", err, hash(t, v, owner.ID))
	}
	for range 2 { // the second time there is nothing to do
		if err := try("password"); err != nil {
			t.Fatalf("login: %v", err)
		}
	}
	if got := hash(t, v, owner.ID); !strings.HasPrefix(got, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("hash is %s", got)
	}
	entries := v.Trail(t, audit.Target{Type: "admin", ID: owner.ID})
	last := entries[len(entries)-1]
	want := audit.Fields{"password_hash": "[redacted]"}
	if len(entries) != 3 || last.Action != "admin.rehash" || !cmp.Equal(want, last.After) || !cmp.Equal(want, last.Before) {
		t.Errorf("%d entries, the last is %+v", len(entries), last)
	}
}

func hash(t *testing.T, v *vaulttest.Vault, id string) string {
	t.Helper()
	item, err := v.Ledger.GetOne(t.Context(), admin.Key(id))
	if err != nil {
		t.Fatal(err)
	}
	return item["password_hash"].(string)
}

func store(t *testing.T, v *vaulttest.Vault, id, attribute string, value any) {
	t.Helper()
	item, err := v.Ledger.GetOne(t.Context(), admin.Key(id))
	if err != nil {
		t.Fatal(err)
	}
	prior := item.Version()
	item[attribute] = value
	delete(item, "pk")
	delete(item, "sk")
	if _, err := v.Ledger.Commit(t.Context(), ledger.Change{By: operator, Action: "test.store", Target: audit.Target{Type: "admin", ID: id},
		Key: admin.Key(id), Prior: prior, Item: item, Else: admin.ErrFounded}); err != nil {
		t.Fatal(err)
	}
}

// A failed login is one entry a minute under the hash of the address, never the address or the password, with the reason
// that the client is not told.
func TestDenied(t *testing.T) {
	v, s := newService(t)
	owner, err := s.Found(t.Context(), operator, input("ada@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Invite(t.Context(), as(owner), admin.InviteInput{Email: "ida@example.com", Role: "auditor"})
	must(t, err)
	const (
		ada = "email/b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"
		eve = "email/d0574c4966d2c326193622feebc64991c5b59807ae68fa8255b26c79f4bf917a"
		ida = "email/2183cce8ca8f05aa3322c18bd1b547d42c11757e838b84a0d4d3e4b31bf4e1e1"
	)
	tests := []struct{ why, email, plain, subject string }{
		{"unknown_account", "Eve@example.com", plain, eve},
		{"wrong_password", "ada@example.com", plain + "r", ada},
		{"invited_account", "ida@example.com", plain, ida},
		{"disabled_account", "ada@example.com", plain, ada},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			v.Clock.Step(time.Minute)
			if tt.why == "disabled_account" {
				store(t, v, owner.ID, "disabled", true)
			}
			for range 2 {
				_, _, err := s.Authenticate(t.Context(), caller.Caller{Kind: caller.Anonymous}, tt.email, secret.NewText(tt.plain), secret.Text{})
				if f := fault.From(err); !errors.Is(err, admin.ErrCredentials) || f.Message != "The e-mail address or the password is wrong." {
					t.Fatalf("login: %v", err)
				}
			}
			minute := v.Clock.Now().Format("20060102T1504Z")
			entries := v.Trail(t, audit.Target{Type: "denial", ID: "admin.login_denied#" + tt.subject + "#" + minute})
			if len(entries) != 1 {
				t.Fatalf("%d entries, want 1", len(entries))
			}
			if diff := cmp.Diff(audit.Fields{"why": tt.why, "subject": tt.subject}, entries[0].After); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
		})
	}
}
