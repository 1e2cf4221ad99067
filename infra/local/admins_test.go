package local_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/id"
)

// newPassword is one that somebody chooses in a test.
const newPassword = "vexing tuba over nine quiet lakes"

// newAddress is one that nobody has.
func newAddress() string { return "new-" + id.ULID(time.Now(), rand.Reader) + "@zenvault.localhost" }

// invited makes an admin who has not accepted yet.
func (v *vault) invited(t testing.TB, role caller.Role) (adminID string) {
	t.Helper()
	var made struct{ ID string }
	body := marshal(map[string]string{"email": newAddress(), "role": string(role)})
	v.want(t, 201, v.admin("POST", "/v1/admin/admins", body)).decode(t, &made)
	return made.ID
}

// mails is the worker that writes letters, as whom the tests make the tokens that are mailed.
var mails = caller.Worker("mail-send", "msg_test")

// invitation is the token that an invited admin is mailed.
func (g *gateway) invitation(t testing.TB, adminID string) string {
	t.Helper()
	to, token, err := g.Opened.Mail.Accounts.InvitationToken(t.Context(), mails, adminID)
	must(t, err)
	if to == "" {
		t.Fatal("nobody is mailed an invitation")
	}
	return token.Expose()
}

// resetToken is the token that an address is mailed.
func (g *gateway) resetToken(t testing.TB, address string) string {
	t.Helper()
	to, token, err := g.Opened.Mail.Accounts.ResetToken(t.Context(), mails, address)
	must(t, err)
	if to != address {
		t.Fatalf("the token goes to %q, want %q", to, address)
	}
	return token.Expose()
}
