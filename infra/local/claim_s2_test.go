package local_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// loginWith is a login from a device, "" from one that is not known.
func loginWith(email, password, device string) request {
	body := map[string]string{"email": email, "password": password}
	if device != "" {
		body["device_token"] = device
	}
	return request{method: "POST", path: "/v1/auth/login", body: marshal(body)}
}

// storedHash is the hash of an admin's password.
func (g *gateway) storedHash(t testing.TB, adminID string) string {
	t.Helper()
	item, err := g.Opened.Ledger.GetOne(t.Context(), admin.Key(adminID))
	must(t, err)
	return item.Read().Text("password_hash")
}

// plantHash puts another in its place.
func (g *gateway) plantHash(t testing.TB, adminID, hash string) {
	t.Helper()
	g.alter(t, admin.Key(adminID), audit.Target{Type: "admin", ID: adminID}, ledger.Item{"password_hash": hash})
}

// Every route that sets a password keeps it as argon2id with the present parameters, each with a salt of its own, and no
// text of it is anywhere.
func TestClaim_S2_PasswordsAreArgon2id(t *testing.T) {
	v := shared(t)
	accepted := v.invited(t, caller.Auditor)
	v.want(t, 201, request{method: "POST", path: "/v1/auth/accept", body: marshal(map[string]string{"token": v.invitation(t, accepted), "password": newPassword})})
	changed, reset := v.person(t, caller.Auditor), v.person(t, caller.Auditor)
	v.want(t, 200, changed.asks("POST", "/v1/auth/password", marshal(map[string]string{"current_password": v.password, "new_password": newPassword})))
	v.want(t, 200, request{method: "POST", path: "/v1/auth/reset", body: marshal(map[string]string{"token": v.resetToken(t, reset.email), "password": newPassword})})
	seen := map[string]bool{}
	for name, id := range map[string]string{"founded": v.owner, "accepted": accepted, "changed": changed.id, "reset": reset.id} {
		hash := v.storedHash(t, id)
		if !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") || seen[hash] {
			t.Errorf("%s: the password is kept as %s", name, hash)
		}
		seen[hash] = true
	}
	secrets := runs{}
	secrets.add([]byte(newPassword))
	secrets.add([]byte(v.password))
	for at, text := range v.dump(t).texts() {
		if secrets.in(text) {
			t.Errorf("a part of a password is stored: %s", at)
		}
	}
	v.want(t, 200, loginWith(reset.email, newPassword, ""))
}

// Stored parameters that would take gigabytes, stop the process or are no argon2id at all are nobody's password; the
// gateway goes on, and says what it says of any wrong password.
func TestClaim_S2_StoredParametersAreBounded(t *testing.T) {
	v := shared(t)
	good := v.storedHash(t, v.owner)
	for _, parameters := range []string{"m=4294967295,t=3,p=1", "m=262145,t=3,p=1", "m=65536,t=4294967295,p=1", "m=65536,t=17,p=1", "m=65536,t=0,p=1",
		"m=65536,t=3,p=0", "m=65536,t=3,p=5", "m=1,t=3,p=1", "m=-1,t=3,p=1", "t=3,m=65536,p=1", ""} {
		p := v.person(t, caller.Auditor) // each has attempts of its own
		v.plantHash(t, p.id, strings.Replace(good, "m=65536,t=3,p=1", parameters, 1))
		if got := v.send(t, loginWith(p.email, v.password, "")); got.status != 401 || got.code() != "invalid_credentials" {
			t.Errorf("%s: got %d %s", parameters, got.status, got.body)
		}
	}
	p := v.person(t, caller.Auditor)
	v.plantHash(t, p.id, good)
	v.want(t, 200, loginWith(p.email, v.password, ""))
}

// A login by a password that was hashed with older parameters goes through and leaves it hashed with the present ones.
func TestClaim_S2_OlderParametersAreUpgradedAtLogin(t *testing.T) {
	v := shared(t)
	p := v.person(t, caller.Auditor)
	// argon2id of "password" with m=256 KiB, t=2 (P-H-C/phc-winner-argon2, src/test.c)
	const old = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	v.plantHash(t, p.id, old)
	v.want(t, 401, loginWith(p.email, "Password", ""))
	if got := v.storedHash(t, p.id); got != old {
		t.Errorf("a wrong password changed the hash to %s", got)
	}
	v.want(t, 200, loginWith(p.email, "password", ""))
	if got := v.storedHash(t, p.id); !strings.HasPrefix(got, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("after the login it is %s", got)
	}
	v.want(t, 200, loginWith(p.email, "password", ""))
}

// reserved is how many attempts were granted since the last Forget: successful writes of an attempts counter that were no
// giving back. A password is hashed for after such a write and for nothing else.
func (g *gateway) reserved(t testing.TB) (n int) {
	t.Helper()
	for _, c := range g.Emulator.Calls() {
		var asked struct {
			Key                       map[string]struct{ S string }
			ExpressionAttributeNames  map[string]string
			ExpressionAttributeValues map[string]any
		}
		if !strings.HasSuffix(c.Operation, ".UpdateItem") || c.Error != "" || json.Unmarshal(c.Body, &asked) != nil {
			continue
		}
		tries := false
		for _, name := range asked.ExpressionAttributeNames {
			tries = tries || name == "tries"
		}
		if pk := asked.Key["pk"].S; tries && strings.HasPrefix(pk, "attempts#") && !strings.HasPrefix(pk, "attempts#within#") {
			n++
		}
	}
	return n
}

// allocated is how many times the 64 MiB of a hash the process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc / (64 << 20)
}

// Of 200 wrong logins at once, five are granted an attempt and with it a hash, to an admin's address as to nobody's; all
// others get the same answer without one. (Hashes are told by the memory that they take. What all else takes, in gateway
// and embedded AWS, is that of two.)
func TestClaim_S2_ParallelWrongLoginsStayWithinTheAttempts(t *testing.T) {
	v := alone(t) // memory is the whole process's
	v.clock.stand(t)
	for name, email := range map[string]string{"an admin's": v.person(t, caller.Auditor).email, "nobody's": newAddress()} {
		var calls []request
		for range 200 {
			calls = append(calls, loginWith(email, "wrong", ""))
		}
		v.Emulator.Forget()
		before := allocated()
		counts := tally(v.together(t, calls...))
		if hashes := allocated() - before; hashes > 12 {
			t.Errorf("%s: memory for %d hashes was taken, want it for 5 and what all else takes", name, hashes)
		}
		if got := v.reserved(t); got != 5 {
			t.Errorf("%s: %d attempts were granted, want 5; the answers are %v", name, got, counts)
		}
		// An attempt that meets too many others at one moment is told to come again, and was not made.
		if counts["401 invalid_credentials"]+counts["503 unavailable"] != 200 || counts["401 invalid_credentials"] < 5 {
			t.Errorf("%s: the answers are %v", name, counts)
		}
	}
}

// A stranger who locks an admin's address does not lock the admin out of the device that he logged in on before; without
// the device he is locked out for as long as the stranger is. The device's own attempts are as few.
func TestClaim_S2_StrangerCantLockOutAKnownDevice(t *testing.T) {
	v := shared(t)
	v.clock.stand(t)
	p := v.person(t, caller.Auditor)
	var first struct {
		Device string `json:"device_token"`
	}
	v.want(t, 200, loginWith(p.email, v.password, "")).decode(t, &first)
	if first.Device == "" {
		t.Fatal("the login gave no device token")
	}
	statuses := func(times int, password, device string) (all []int) {
		for range times {
			all = append(all, v.send(t, loginWith(p.email, password, device)).status)
		}
		return all
	}
	want := [][]int{{401, 401, 401, 401, 401, 401}, {200}}
	if diff := cmp.Diff(want, [][]int{statuses(6, "wrong", ""), statuses(1, v.password, first.Device)}); diff != "" {
		t.Errorf("a stranger's, then the device's (-want +got):\n%s", diff)
	}
	statuses(6, "wrong", "")
	v.Emulator.Forget()
	statuses(9, "wrong", first.Device)
	if got := v.reserved(t); got != 5 {
		t.Errorf("the device was granted %d attempts, want 5", got)
	}
}

// An address that strangers locked, also for its admin's own password, is opened by a link that its admin is mailed.
func TestClaim_S2_ResetOpensALockedAddress(t *testing.T) {
	v := shared(t)
	v.clock.stand(t)
	p := v.person(t, caller.Auditor)
	for range 5 {
		v.want(t, 401, loginWith(p.email, "wrong", ""))
	}
	v.want(t, 401, loginWith(p.email, v.password, ""))
	v.want(t, 200, request{method: "POST", path: "/v1/auth/reset", body: marshal(map[string]string{"token": v.resetToken(t, p.email), "password": newPassword})})
	v.want(t, 200, loginWith(p.email, newPassword, ""))
}
