package local_test

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/session"
)

// wait is longer than a few wrong attempts lock for.
const wait = 20 * time.Second

// sessionsOf counts what is stored of an admin's logins.
func (d dump) sessionsOf(adminID string) int {
	n := 0
	for key := range d.vault {
		if key.PK == session.Keyspace+adminID && strings.HasPrefix(key.SK, "session#") {
			n++
		}
	}
	return n
}

// once shows the same proof with twenty challenges at once, and wants one session of it. The others are refused, or there
// were too many at the same moment to be judged.
func (v *vault) once(t *testing.T, p *person, member, value string) {
	t.Helper()
	calls := make([]request, 20)
	for i := range calls {
		calls[i] = second(v.challenge(t, p), member, value)
	}
	before := v.dump(t).sessionsOf(p.id)
	counts := tally(v.together(t, calls...))
	refused := counts["401 invalid_second_factor"]
	if counts["200"] != 1 || refused == 0 || 1+refused+counts["429 too_many_attempts"]+counts["503 unavailable"] != 20 {
		t.Errorf("answers: %v", counts)
	}
	after := v.dump(t)
	if made := after.sessionsOf(p.id) - before; made != 1 {
		t.Errorf("%d sessions were made", made)
	}
	after.verify(t)
}

// A step of the app is accepted once, also when its code is shown twenty times at once with as many challenges; neither it
// nor an older one is accepted afterwards, the next one is.
func TestClaim_S3_StepIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	c := &stepped{}
	v := newVault(t, startGateway(t, local.Options{Now: c.now}))
	p := v.enrolled(t, caller.Auditor)
	c.step(2 * time.Minute)
	code, older := v.code(p, 0), v.code(p, -1)
	v.once(t, p, "code", code)
	for name, spent := range map[string]string{"the same step": code, "the step before": older} {
		c.step(wait)
		if got := v.send(t, second(v.challenge(t, p), "code", spent)); got.code() != "invalid_second_factor" {
			t.Errorf("%s: got %d %s, want 401", name, got.status, got.body)
		}
	}
	c.step(2 * time.Minute)
	access, _ := tokensOf(t, v.want(t, 200, second(v.challenge(t, p), "code", v.code(p, 0))))
	if v.me(t, access) != 200 {
		t.Error("the session of the next step is not good")
	}
}

// A recovery code is good once, also when it is shown twenty times at once; its use is an entry of the severity notice and
// an event for the admin, and costs one of those that are left. A new set ends the old one.
func TestClaim_S3_RecoveryCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	c := &stepped{}
	v := newVault(t, startGateway(t, local.Options{Now: c.now}))
	p := v.enrolled(t, caller.Auditor)
	before := v.dump(t)
	v.once(t, p, "recovery_code", p.codes[3])
	after := v.dump(t)
	_, entries := before.changes(after)
	var told []string
	for _, e := range entries {
		told = append(told, e.Action+" "+string(e.Severity))
	}
	if diff := cmp.Diff([]string{"session.login_recovered " + string(audit.Notice)}, told); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if events := v.eventsOf(t, before, p.id); !cmp.Equal(events, []string{"admin.recovery_code_used"}) {
		t.Errorf("events: %v", events)
	}
	c.step(wait)
	if got := v.send(t, second(v.challenge(t, p), "recovery_code", p.codes[3])); got.code() != "invalid_second_factor" {
		t.Errorf("a used code: got %d %s, want 401", got.status, got.body)
	}
	if left := v.left(t, p); left != 9 {
		t.Errorf("%d codes are left, want 9", left)
	}
	c.step(wait)
	typed := strings.ToLower(strings.ReplaceAll(p.codes[4], "-", " "))
	access, _ := tokensOf(t, v.want(t, 200, second(v.challenge(t, p), "recovery_code", typed)))
	p.access = access
	var fresh struct {
		Codes []string `json:"recovery_codes"`
	}
	v.want(t, 200, p.asks("POST", "/v1/auth/recovery-codes", marshal(map[string]string{"password": v.password, "recovery_code": p.codes[5]}))).decode(t, &fresh)
	if left := v.left(t, p); left != 10 || len(fresh.Codes) != 10 {
		t.Errorf("%d codes are left of %d, want 10", left, len(fresh.Codes))
	}
	for _, old := range p.codes[5:8] {
		c.step(wait)
		if got := v.send(t, second(v.challenge(t, p), "recovery_code", old)); got.code() != "invalid_second_factor" {
			t.Errorf("a code of the old set: got %d %s, want 401", got.status, got.body)
		}
	}
	c.step(wait)
	v.want(t, 200, second(v.challenge(t, p), "recovery_code", fresh.Codes[9]))
}

func (v *vault) left(t testing.TB, p *person) int64 {
	t.Helper()
	var counted struct{ Left int64 }
	v.want(t, 200, p.asks("GET", "/v1/auth/recovery-codes", "")).decode(t, &counted)
	return counted.Left
}

// What is stored of a recovery code is an HMAC: no form of the code itself is anywhere, nor a plain hash of one; and no form
// of the seed.
func TestClaim_S3_StoredCodesAreHMACs(t *testing.T) {
	v := shared(t)
	p := v.enrolled(t, caller.Auditor)
	v.want(t, 200, second(v.challenge(t, p), "recovery_code", p.codes[0]))
	secrets := runs{}
	secrets.add(p.seed.Expose())
	secrets.add([]byte(base32.StdEncoding.EncodeToString(p.seed.Expose())))
	for _, code := range p.codes {
		plain := strings.ReplaceAll(code, "-", "")
		raw, err := base32.StdEncoding.DecodeString(plain)
		must(t, err)
		if len(raw) < 14 {
			t.Errorf("a code has %d bytes", len(raw))
		}
		for _, form := range []string{code, plain, strings.ToLower(code), strings.ToLower(plain), string(raw)} {
			secrets.add([]byte(form))
			sum := sha256.Sum256([]byte(form))
			secrets.add([]byte(hex.EncodeToString(sum[:])))
		}
	}
	d := v.dump(t)
	for at, text := range d.texts() {
		if secrets.in(text) {
			t.Errorf("a code, a hash of one or the seed is stored: %s", at)
		}
	}
	kept := map[string]bool{}
	for name, value := range d.vault[ledger.Key{PK: "admin#" + p.id, SK: "codes"}].attributes {
		if strings.HasPrefix(name, "code_") && regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(value.(string)) {
			kept[value.(string)] = true
		}
	}
	if len(kept) != 9 {
		t.Errorf("%d different HMACs are kept, want 9", len(kept))
	}
}

// From the moment that a second factor counts, a password alone makes no session: it is answered a challenge. Sessions of
// before are over, except the one that enrolled it. Once it is disabled, with both, the password will do again, and
// every other session is over again.
func TestClaim_S3_PasswordAloneMakesNoSession(t *testing.T) {
	v := shared(t)
	p := v.person(t, caller.Auditor)
	v.enters(t, p)
	other := *p
	v.enters(t, &other)
	v.enrol(t, p)
	before := v.dump(t).sessionsOf(p.id)
	for _, wrong := range []string{"", "000000", v.code(p, 2), " " + v.code(p, 0), v.code(p, 0) + "\n"} {
		if got := v.send(t, p.asks("POST", "/v1/auth/factor/confirm", marshal(map[string]string{"code": wrong}))); got.code() != "code_wrong" {
			t.Errorf("confirming with %q: got %d %s, want 422", wrong, got.status, got.body)
		}
	}
	v.settle(t, p)
	v.enrol(t, p) // again takes the place of the one before
	v.confirm(t, p)
	if got := [2]int{v.me(t, p.access), v.me(t, other.access)}; got != [2]int{200, 401} {
		t.Errorf("after the confirmation: %v", got)
	}
	v.refusedToken(t, "another session's token", other.refresh)
	p.refresh = v.refreshed(t, p.refresh)
	v.challenge(t, p)
	if made := v.dump(t).sessionsOf(p.id) - before; made != 0 {
		t.Errorf("%d sessions were made", made)
	}
	if got := v.send(t, p.asks("POST", "/v1/auth/factor", marshal(map[string]string{"password": v.password}))); got.code() != "second_factor_enrolled" {
		t.Errorf("enrolling over it: got %d %s, want 409", got.status, got.body)
	}
	another, _ := tokensOf(t, v.want(t, 200, second(v.challenge(t, p), "recovery_code", p.codes[0])))
	disable := func(password, code string) reply {
		return v.send(t, p.asks("POST", "/v1/auth/factor/disable", marshal(map[string]string{"password": password, "recovery_code": code})))
	}
	if got := disable("not the password", p.codes[1]); got.code() != "reauthentication_failed" {
		t.Errorf("a wrong password: got %d %s, want 403", got.status, got.body)
	}
	if got := disable(v.password, p.codes[0]); got.code() != "reauthentication_failed" {
		t.Errorf("a used code: got %d %s, want 403", got.status, got.body)
	}
	if got := disable(v.password, p.codes[1]); got.status != 200 {
		t.Errorf("both: got %d %s, want 200", got.status, got.body)
	}
	if got := [2]int{v.me(t, p.access), v.me(t, another)}; got != [2]int{200, 401} {
		t.Errorf("after it was disabled: %v", got)
	}
	v.enters(t, p)
}

// settle forgets the attempts at a person's second factor in the session.
func (v *vault) settle(t testing.TB, p *person) {
	t.Helper()
	must(t, v.World.Attempts().Return(t.Context(), "factor#"+p.id+"#"+p.session))
}

// Whatever is wrong with what completes a login, status, header, body and the calls to AWS, with what they touch, are the
// same. A recovery code is not counted, so that a code of the app, which is, costs one call more.
func TestClaim_S4_FailedSecondFactorsAreAlike(t *testing.T) {
	t.Parallel()
	c := &stepped{}
	v := newVault(t, startGateway(t, local.Options{Now: c.now}))
	cases := map[string]func(p *person) request{
		"a wrong code":   func(p *person) request { return second(v.challenge(t, p), "code", v.code(p, 5)) },
		"no code at all": func(p *person) request { return second(v.challenge(t, p), "code", "no code") },
		"a spent step":   func(p *person) request { return second(v.challenge(t, p), "code", v.code(p, 0)) },
		"an unknown code": func(p *person) request {
			return second(v.challenge(t, p), "recovery_code", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")
		},
		"a malformed code": func(p *person) request { return second(v.challenge(t, p), "recovery_code", "A") },
		"a used recovery code": func(p *person) request {
			v.want(t, 200, second(v.challenge(t, p), "recovery_code", p.codes[0]))
			return second(v.challenge(t, p), "recovery_code", p.codes[0])
		},
		"a used challenge": func(p *person) request {
			challenge := v.challenge(t, p)
			v.want(t, 200, second(challenge, "recovery_code", p.codes[0]))
			return second(challenge, "recovery_code", p.codes[1])
		},
		"an expired challenge": func(p *person) request {
			r := second(v.challenge(t, p), "recovery_code", p.codes[0])
			c.step(5 * time.Minute)
			return r
		},
		"an admin disabled meanwhile": func(p *person) request {
			r := second(v.challenge(t, p), "recovery_code", p.codes[0])
			v.alter(t, ledger.Key{PK: "admin#" + p.id, SK: "admin"}, audit.Target{Type: "admin", ID: p.id}, ledger.Item{"disabled": true})
			return r
		},
		"all sessions ended meanwhile": func(p *person) request {
			r := second(v.challenge(t, p), "recovery_code", p.codes[0])
			v.want(t, 200, p.asks("POST", "/v1/auth/logout-all", ""))
			return r
		},
		"a factor disabled meanwhile": func(p *person) request {
			r := second(v.challenge(t, p), "recovery_code", p.codes[0])
			v.want(t, 200, p.asks("POST", "/v1/auth/factor/disable", marshal(map[string]string{"password": v.password, "recovery_code": p.codes[1]})))
			return r
		},
	}
	want := map[bool]*seen{}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		asked := cases[name](v.enrolled(t, caller.Auditor))
		got, recovery := v.see(t, asked), strings.Contains(asked.body, "recovery_code")
		if want[recovery] == nil {
			want[recovery] = &got
		}
		if diff := cmp.Diff(*want[recovery], got); diff != "" || got.Status != 401 {
			t.Errorf("%s: status %d (-want +got):\n%s", name, got.Status, diff)
		}
	}
	if app, recovery := want[false].Calls, want[true].Calls; len(app) != len(recovery)+1 {
		t.Errorf("a code of the app differs by more than its count:\n%q\n%q", app, recovery)
	}
}

// Where the stack asks for a second factor, an admin of whatever role who has none reaches what enrols one, and no other
// route; also while it is enrolled and not proven. Once it is, the role decides.
func TestClaim_R1_WithoutASecondFactorOnlyEnrolment(t *testing.T) {
	t.Parallel()
	v := &vault{gateway: startGateway(t, local.Options{SecondFactor: true})}
	p := &person{id: v.owner, email: local.OwnerEmail, access: v.access, refresh: v.refresh}
	list := []credential{{name: "bare owner", authorization: bearer(v.access), role: caller.Owner, bare: true}}
	for _, role := range caller.Roles() {
		access, _ := v.enterAs(t, v.plantAdmin(t, role))
		list = append(list, credential{name: "bare " + string(role), authorization: bearer(access), role: role, bare: true})
	}
	v.matrix(t, list)
	var open []string
	for _, row := range rows() {
		if row.Spec.Guard.Kind == edge.AdminGuard && row.Spec.Guard.Permission == caller.Enrol {
			open = append(open, row.Spec.Name)
		}
	}
	slices.Sort(open)
	if diff := cmp.Diff([]string{"admin-me", "factor-confirm", "factor-enrol", "session-logout", "session-logoutall"}, open); diff != "" {
		t.Errorf("without a second factor (-want +got):\n%s", diff)
	}
	v.enrol(t, p)
	v.matrix(t, list[:1])
	var me struct {
		Permissions []string
	}
	v.want(t, 200, p.asks("GET", "/v1/auth/me", "")).decode(t, &me)
	if !cmp.Equal(me.Permissions, []string{"self:enrol"}) {
		t.Errorf("permissions without a second factor: %v", me.Permissions)
	}
	v.confirm(t, p)
	list[0].name, list[0].bare = "enrolled owner", false
	v.matrix(t, list[:1])
}
