package admin_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
)

const other = "quite another long password"

func (h house) reset(token secret.Text, plain string) error {
	_, err := h.ResetPassword(context.Background(), stranger, admin.ResetInput{Token: token, Password: secret.NewText(plain)})
	return err
}

// An invitation makes an admin who can log in, once, by his own doing.
func TestAccept(t *testing.T) {
	h := newHouse(t)
	bob := h.invite(t, "bob@example.com", caller.Operator)
	token := h.invitation(t, bob.ID)
	got, err := h.Accept(t.Context(), stranger, admin.AcceptInput{Token: token, Password: secret.NewText(other), Name: "Bob"})
	must(t, err)
	want := admin.View{ID: bob.ID, Email: "bob@example.com", Name: "Bob", Role: caller.Operator, CreatedAt: 1795521600000}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
	e := h.last(t, bob.ID)
	after := audit.Fields{"name": "Bob", "invited": false, "epoch": int64(1), "password_hash": "[redacted]"}
	if diff := cmp.Diff(after, e.After); diff != "" || e.Action != "admin.accept" || e.Actor != (audit.Actor{Kind: caller.Admin, ID: bob.ID}) || e.IP != "203.0.113.9" {
		t.Errorf("entry %+v\n(-want +got):\n%s", e, diff)
	}
	if err := h.login("bob@example.com", other, secret.Text{}); err != nil {
		t.Errorf("login: %v", err)
	}
	if _, err := h.accept(token, plain); !errors.Is(err, admin.ErrToken) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := h.Reinvite(t.Context(), h.owner, admin.NameInput{Admin: bob.ID}); !errors.Is(err, admin.ErrAccepted) {
		t.Errorf("reinvite: %v", err)
	}
	if to, _, err := h.InvitationToken(t.Context(), mailer, bob.ID); to != "" || err != nil {
		t.Errorf("another invitation goes to %q, %v", to, err)
	}
}

// A reset sets the password, ends all sessions, leaves the second factor alone, is a security event, and opens an address
// that a stranger locked.
func TestReset(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	store(t, h.Vault, bob.ID, "factor", true)
	token := h.resetToken(t, "bob@example.com")
	for range 6 {
		if err := h.login("bob@example.com", "wrong", secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
			t.Fatal(err)
		}
	}
	must(t, h.reset(token, other))
	a, e := h.stored(t, bob.ID), h.last(t, bob.ID)
	if want := (caller.Standing{Epoch: 2, Factor: true}); a.Standing != want {
		t.Errorf("stands at %+v, want %+v", a.Standing, want)
	}
	if e.Action != "password.reset" || e.Severity != audit.Notice || e.Actor.ID != bob.ID {
		t.Errorf("entry %+v", e)
	}
	if got := strings.Join(h.events(t, bob.ID), " "); !strings.Contains(got, "admin.password_reset") {
		t.Errorf("events %s", got)
	}
	if err := h.login("bob@example.com", plain, secret.Text{}); !errors.Is(err, admin.ErrCredentials) {
		t.Errorf("the old password: %v", err)
	}
	if err := h.login("bob@example.com", other, secret.Text{}); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := h.reset(token, plain); !errors.Is(err, admin.ErrToken) {
		t.Errorf("a second time: %v", err)
	}
}

// Whatever is wrong with a token, the answer is the one that says nothing, it is recorded, and no password is set.
func TestTokensThatAreNotGood(t *testing.T) {
	h := newHouse(t)
	bob, eve := h.join(t, "bob@example.com", caller.Operator), h.join(t, "eve@example.com", caller.Operator)
	ida := h.invite(t, "ida@example.com", caller.Operator)
	flip := func(text string, at int) string {
		with := "A"
		if text[at] == 'A' {
			with = "B"
		}
		return text[:at] + with + text[at+1:]
	}
	again := func(text string) string { return admin.Checksummed(text[:len(text)-9]) }
	tests := []struct {
		name  string
		token func(t *testing.T) secret.Text
	}{
		{"none", func(*testing.T) secret.Text { return secret.Text{} }},
		{"a word", func(*testing.T) secret.Text { return secret.NewText("zv_reset_x") }},
		{"wrong checksum", func(t *testing.T) secret.Text {
			return secret.NewText(flip(h.resetToken(t, "bob@example.com").Expose(), 80))
		}},
		{"wrong secret", func(t *testing.T) secret.Text {
			return secret.NewText(again(flip(h.resetToken(t, "bob@example.com").Expose(), 80)))
		}},
		{"another's", func(t *testing.T) secret.Text {
			text := h.resetToken(t, "eve@example.com").Expose()
			return secret.NewText(again(text[:9] + strings.TrimPrefix(bob.ID, "adm_") + text[35:]))
		}},
		{"nobody's", func(t *testing.T) secret.Text {
			text := h.resetToken(t, "eve@example.com").Expose()
			return secret.NewText(again(text[:9] + "01jd0000000000000000000000" + text[35:]))
		}},
		{"an invitation", func(t *testing.T) secret.Text { return h.invitation(t, ida.ID) }},
		{"an invitation that says it is a reset", func(t *testing.T) secret.Text {
			return secret.NewText(again("zv_reset_" + strings.TrimPrefix(h.invitation(t, ida.ID).Expose(), "zv_invite_")))
		}},
		{"replaced", func(t *testing.T) secret.Text { // two are good side by side
			old := h.resetToken(t, "bob@example.com")
			h.resetToken(t, "bob@example.com")
			h.resetToken(t, "bob@example.com")
			return old
		}},
		{"expired", func(t *testing.T) secret.Text {
			token := h.resetToken(t, "bob@example.com")
			h.Clock.Step(time.Hour)
			return token
		}},
		{"of one who was disabled since", func(t *testing.T) secret.Text {
			token := h.resetToken(t, "eve@example.com")
			_, err := h.Disable(t.Context(), h.owner, admin.NameInput{Admin: eve.ID})
			must(t, err)
			return token
		}},
		{"of one whose item says so alone", func(t *testing.T) secret.Text {
			token := h.resetToken(t, "bob@example.com")
			store(t, h.Vault, bob.ID, "disabled", true)
			return token
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.Clock.Step(time.Minute)
			token := tt.token(t)
			before := [2]string{hash(t, h.Vault, bob.ID), hash(t, h.Vault, eve.ID)}
			err := h.reset(token, other)
			if f := fault.From(err); !errors.Is(err, admin.ErrToken) || f.Message != admin.ErrToken.Message || f.Kind != fault.Unauthenticated {
				t.Errorf("reset: %v", err)
			}
			if before != [2]string{hash(t, h.Vault, bob.ID), hash(t, h.Vault, eve.ID)} {
				t.Error("a password was set")
			}
			minute := h.Clock.Now().Format("20060102T1504Z")
			if n := len(h.Trail(t, audit.Target{Type: "denial", ID: "admin.token_denied#token/reset#" + minute})); n != 1 {
				t.Errorf("%d entries, want 1", n)
			}
		})
	}
	if a := h.stored(t, ida.ID); !a.Invited {
		t.Error("a reset accepted an invitation")
	}
}

// Tokens last as long as they may and not a moment longer.
func TestTokensExpire(t *testing.T) {
	h := newHouse(t)
	h.join(t, "bob@example.com", caller.Operator)
	for _, tt := range []struct {
		purpose string
		life    time.Duration
	}{{"reset", time.Hour}, {"invite", 72 * time.Hour}} {
		for _, late := range []bool{false, true} {
			var use func() error
			step := tt.life - time.Millisecond
			if late {
				step = tt.life
			}
			if tt.purpose == "reset" {
				token := h.resetToken(t, "bob@example.com")
				use = func() error { return h.reset(token, other) }
			} else {
				email := map[bool]string{false: "in@example.com", true: "out@example.com"}[late]
				token := h.invitation(t, h.invite(t, email, caller.Auditor).ID)
				use = func() error { _, err := h.accept(token, other); return err }
			}
			h.Clock.Step(step)
			if err := use(); errors.Is(err, admin.ErrToken) != late || err != nil && !late {
				t.Errorf("%s after %v: %v", tt.purpose, step, err)
			}
		}
	}
}

// Of twenty uses of one token at once, one succeeds.
func TestTokensAreGoodOnce(t *testing.T) {
	h := newHouse(t)
	h.join(t, "bob@example.com", caller.Operator)
	reset, invitation := h.resetToken(t, "bob@example.com"), h.invitation(t, h.invite(t, "ida@example.com", caller.Owner).ID)
	for name, use := range map[string]func() error{
		"reset":  func() error { return h.reset(reset, other) },
		"invite": func() error { _, err := h.accept(invitation, other); return err },
	} {
		var all sync.WaitGroup
		results := make(chan error, 20)
		for range cap(results) {
			all.Go(func() { results <- use() })
		}
		all.Wait()
		close(results)
		good := 0
		for err := range results {
			switch f := fault.From(err); {
			case err == nil:
				good++
			case !errors.Is(err, admin.ErrToken) && f.Kind != fault.TooMany:
				t.Errorf("%s: %v", name, err)
			}
		}
		if good != 1 {
			t.Errorf("%s: %d uses succeeded, want 1", name, good)
		}
	}
	if n := h.owners(t); n != 2 {
		t.Errorf("%d owners are counted, want 2", n)
	}
}

// A password that breaks a rule does not use the token up, however often; the rules go by the second factor and know the
// admin's names.
func TestTokenSurvivesABadPassword(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bobby.tables@example.com", caller.Operator)
	token := h.resetToken(t, "bobby.tables@example.com")
	for range 7 {
		if err := h.reset(token, "fourteen chars"); !errors.Is(err, password.ErrTooShort) || fault.From(err).Field != "/password" {
			t.Fatalf("short: %v", err)
		}
	}
	if err := h.reset(token, "bobbytables@example.com"); !errors.Is(err, password.ErrCommon) {
		t.Errorf("the own address: %v", err)
	}
	store(t, h.Vault, bob.ID, "factor", true)
	if err := h.reset(token, "vexing tuba 9k"); err != nil {
		t.Errorf("short beside a second factor: %v", err)
	}
}

// Nobody is mailed a reset whose account it would not open, and nothing is written for them.
func TestResetTokenOfNobody(t *testing.T) {
	h := newHouse(t)
	ida, dan := h.invite(t, "ida@example.com", caller.Operator), h.join(t, "dan@example.com", caller.Operator)
	_, err := h.Disable(t.Context(), h.owner, admin.NameInput{Admin: dan.ID})
	must(t, err)
	before := []audit.Entry{h.last(t, ida.ID), h.last(t, dan.ID)}
	for _, address := range []string{"nobody@example.com", "", "x", "ida@example.com", "dan@example.com"} {
		if to, token, err := h.ResetToken(t.Context(), mailer, address); to != "" || token.Expose() != "" || err != nil {
			t.Errorf("%q: goes to %q, %v", address, to, err)
		}
		if to, err := h.Known(t.Context(), address); to != "" || err != nil {
			t.Errorf("%q is known as %q, %v", address, to, err)
		}
	}
	if diff := cmp.Diff(before, []audit.Entry{h.last(t, ida.ID), h.last(t, dan.ID)}); diff != "" {
		t.Errorf("entries (-before +after):\n%s", diff)
	}
	for whom, want := range map[string]string{dan.ID: "dan@example.com", ida.ID: "ida@example.com", "adm_01jd0000000000000000000000": "", "x": ""} {
		if to, err := h.AddressOf(t.Context(), whom); to != want || err != nil {
			t.Errorf("the address of %s: %q, %v", whom, to, err)
		}
	}
}

// When the answer to the write is lost on the way, the token is used once and its user is told so.
func TestRedeemWithLostReply(t *testing.T) {
	h := newHouse(t)
	bob := h.join(t, "bob@example.com", caller.Operator)
	token := h.resetToken(t, "bob@example.com")
	lost := h.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Effect: awsfault.LostReply, Count: 1})
	if err := h.reset(token, other); err != nil || lost.Hits() != 1 {
		t.Errorf("reset: %v, and %d lost", err, lost.Hits())
	}
	entries := h.Trail(t, audit.Target{Type: "admin", ID: bob.ID})
	if n := len(entries); n != 5 || entries[n-1].Action != "password.reset" { // invite, mail, accept, mail, reset
		t.Errorf("%d entries, the last is %s", n, entries[n-1].Action)
	}
}

// A token is nowhere in what is stored; what is kept of it is a hash.
func TestTokenIsNotStored(t *testing.T) {
	h := newHouse(t)
	token := h.resetToken(t, "ada@example.com").Expose()
	item, err := h.Vault.Ledger.GetOne(t.Context(), admin.Key(h.owner.ID))
	must(t, err)
	secretPart := token[61 : len(token)-9]
	for name, value := range map[string]any{"item": item, "entry": h.last(t, h.owner.ID).After} {
		if text := strings.ToLower(ledgerText(value)); strings.Contains(text, strings.ToLower(secretPart)) {
			t.Errorf("the %s holds the token: %s", name, text)
		}
	}
}

func ledgerText(value any) string {
	switch v := value.(type) {
	case ledger.Item:
		text := ""
		for name, inner := range v {
			text += name + "=" + ledgerText(inner) + ";"
		}
		return text
	case audit.Fields:
		text, _ := v.JSON()
		return string(text)
	case string:
		return v
	}
	return ""
}

// FuzzReadClaim: what reads as a token names an admin and a ticket, and is as long as a token.
func FuzzReadClaim(f *testing.F) {
	f.Add("zv_reset_01jd000000000000000000000001jd0000000000000000000000AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_00000000")
	f.Add(admin.Checksummed("zv_reset_01jd000000000000000000000001jd0000000000000000000000AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		who, ticket, ok := admin.ReadReset(text)
		if ok && (len(text) != 113 || text[:9] != "zv_reset_" || "adm_"+text[9:35] != who || "tkt_"+text[35:61] != ticket || admin.Checksummed(text[:104]) != text) {
			t.Errorf("%q is read as %s, %s", text, who, ticket)
		}
	})
}
