package local_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/totp"
)

// person is an admin with a session, and perhaps a second factor.
type person struct {
	id, email       string
	access, session string
	refresh         string // of a session that began with a login
	seed            secret.Bytes
	codes           []string // recovery codes
}

// person makes an admin of a role, who has the owner's password, with a session.
func (v *vault) person(t testing.TB, role caller.Role) *person {
	t.Helper()
	p := &person{id: v.plantAdmin(t, role)}
	p.access, p.session = v.enterAs(t, p.id)
	item, err := v.Opened.Ledger.GetOne(t.Context(), admin.Key(p.id))
	must(t, err)
	p.email = item.Read().Text("email")
	return p
}

func (p *person) asks(method, path, body string) request {
	return request{method: method, path: path, token: p.access, body: body}
}

// enrol begins a second factor.
func (v *vault) enrol(t testing.TB, p *person) {
	t.Helper()
	var shown struct{ Secret, URI, QR string }
	v.want(t, 201, p.asks("POST", "/v1/auth/factor", marshal(map[string]string{"password": v.password}))).decode(t, &shown)
	seed, err := base32.StdEncoding.DecodeString(shown.Secret)
	must(t, err)
	if !strings.Contains(shown.URI, shown.Secret) || !strings.HasPrefix(shown.QR, "data:image/svg+xml;base64,") {
		t.Fatalf("shown: %+v", shown)
	}
	p.seed = secret.NewBytes(seed)
}

// code is what the app shows, so many steps from now.
func (v *vault) code(p *person, steps int) string {
	return totp.Code(p.seed, totp.StepAt(v.World.Now())+int64(steps)).Expose()
}

// enrolled is a person whose second factor counts. The code of the present step is spent.
func (v *vault) enrolled(t testing.TB, role caller.Role) *person {
	t.Helper()
	p := v.person(t, role)
	v.enrol(t, p)
	v.confirm(t, p)
	return p
}

func (v *vault) confirm(t testing.TB, p *person) {
	t.Helper()
	var shown struct {
		Codes []string `json:"recovery_codes"`
	}
	v.want(t, 200, p.asks("POST", "/v1/auth/factor/confirm", marshal(map[string]string{"code": v.code(p, 0)}))).decode(t, &shown)
	if p.codes = shown.Codes; len(p.codes) != 10 {
		t.Fatalf("%d recovery codes", len(p.codes))
	}
}

// login shows the password, and gives the whole answer.
func (v *vault) loginOf(p *person) request {
	return request{method: "POST", path: "/v1/auth/login", body: marshal(map[string]string{"email": p.email, "password": v.password})}
}

// challenge shows the password of an admin with a second factor.
func (v *vault) challenge(t testing.TB, p *person) string {
	t.Helper()
	var shown struct {
		Challenge string
		Methods   []string
		ExpiresIn int64  `json:"expires_in"`
		Access    string `json:"access_token"`
	}
	v.want(t, 200, v.loginOf(p)).decode(t, &shown)
	if shown.Challenge == "" || shown.Access != "" || shown.ExpiresIn != 300 || strings.Join(shown.Methods, " ") != "totp recovery_code" {
		t.Fatalf("the password was answered %+v", shown)
	}
	return shown.Challenge
}

// second shows the rest; the member is "code" or "recovery_code".
func second(challenge, member, value string) request {
	return request{method: "POST", path: "/v1/auth/login/second", body: marshal(map[string]string{"challenge": challenge, member: value})}
}

// subjectOf is whose an access token is, "" if it is none.
func subjectOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct{ Sub string }
	if json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Sub
}

// tokensOf reads a complete login.
func tokensOf(t testing.TB, r reply) (access, refresh string) {
	t.Helper()
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	r.decode(t, &tokens)
	return tokens.Access, tokens.Refresh
}

// stepped is a clock that goes on by itself, and ahead when a test wants it to.
type stepped struct {
	ahead atomic.Int64
	stood atomic.Pointer[time.Time] // nil while it goes on
}

func (c *stepped) now() time.Time {
	now := time.Now()
	if stood := c.stood.Load(); stood != nil {
		now = *stood
	}
	return now.Add(time.Duration(c.ahead.Load()))
}

func (c *stepped) step(by time.Duration) { c.ahead.Add(int64(by)) }

// stand stops it until the test ends, for what must not depend on how long a password takes: a lock that is over.
func (c *stepped) stand(t *testing.T) {
	now := time.Now()
	c.stood.Store(&now)
	t.Cleanup(func() { c.stood.Store(nil) })
}

// together makes calls at the same time and gives the answers.
func (g *gateway) together(t testing.TB, calls ...request) []reply {
	t.Helper()
	answers := make([]reply, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() {
			var err error
			if answers[i], err = g.try(t.Context(), call); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return answers
}

// tally counts answers by status and code.
func tally(answers []reply) map[string]int {
	counts := map[string]int{}
	for _, a := range answers {
		counts[strings.TrimSpace(strconv.Itoa(a.status)+" "+a.code())]++
	}
	return counts
}
