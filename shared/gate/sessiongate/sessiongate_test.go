package sessiongate_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/gate/sessiongate"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
)

// door is a gate with an owner who has logged in.
type door struct {
	*vaulttest.Vault
	gate     sessiongate.Gate
	sessions session.Service
	owner    string
	tokens   session.LoginOutput
	family   string
}

var laptop = caller.Caller{Kind: caller.Anonymous, Origin: caller.Origin{IP: "192.0.2.1", UserAgent: "laptop"}}

func newDoor(t *testing.T) door {
	t.Helper()
	v := vaulttest.New(t)
	admins := admin.Service{Ledger: v.Ledger, Passwords: password.Argon2id{Blocklist: blocklist.Common{}}, Attempts: v.World.Attempts(), Keys: v.Ring}
	plain := secret.NewText("correct horse battery staple")
	owner, err := admins.Found(t.Context(), caller.Worker("admin-found", ""), admin.FoundInput{Email: "owner@example.com", Password: plain})
	if err != nil {
		t.Fatal(err)
	}
	sessions := session.Service{Ledger: v.Ledger, Accounts: admins, Devices: admins, Epochs: admins, Keys: v.Ring, Tokens: v.Issuer}
	tokens, err := sessions.Login(t.Context(), laptop, session.LoginInput{Email: "owner@example.com", Password: plain})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := v.Verifier.Verify(tokens.AccessToken, v.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	gate := sessiongate.Gate{Tokens: v.Verifier, Items: v.Ledger, Now: v.Clock.Now}
	return door{v, gate, sessions, owner.ID, tokens, claims.Session}
}

func request(authorization ...string) edge.Request {
	return edge.Request{Header: http.Header{"Authorization": authorization}}
}

func (d door) knock(t *testing.T) (caller.Caller, error) {
	t.Helper()
	return d.gate.Admit(t.Context(), request("Bearer "+d.tokens.AccessToken))
}

// refused wants the one answer that says nothing, and nobody as the caller.
func refused(t *testing.T, who caller.Caller, err error) {
	t.Helper()
	if f := fault.From(err); !errors.Is(err, edge.ErrUnauthenticated) || f.Message != edge.ErrUnauthenticated.Message || who.Kind != caller.Nobody {
		t.Errorf("admitted %+v, %v", who, err)
	}
}

// change writes attributes of a stored item, with an entry.
func (d door) change(t *testing.T, key ledger.Key, target audit.Target, attributes ledger.Item) {
	t.Helper()
	item, err := d.Ledger.GetOne(t.Context(), key)
	if err != nil || item == nil {
		t.Fatalf("reading %v: %v", key, err)
	}
	prior := item.Version()
	for name, value := range attributes {
		item[name] = value
		if value == nil {
			delete(item, name)
		}
	}
	delete(item, "pk")
	delete(item, "sk")
	_, err = d.Ledger.Commit(t.Context(), ledger.Change{By: caller.Worker("test", ""), Action: "test.change", Target: target,
		Key: key, Prior: prior, Item: item, Else: fault.ErrInternal})
	if err != nil {
		t.Fatal(err)
	}
}

// An admin with a session comes in with the role that the database says, under his session's name.
func TestAdmit(t *testing.T) {
	d := newDoor(t)
	who, err := d.knock(t)
	want := caller.Caller{Kind: caller.Admin, ID: d.owner, Via: d.family, Role: caller.Owner}
	if diff := cmp.Diff(want, who, cmp.AllowUnexported(caller.Scopes{}), cmp.Comparer(func(a, b caller.Caller) bool {
		return a.Kind == b.Kind && a.ID == b.ID && a.Via == b.Via && a.Role == b.Role
	})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// The caller has the epoch that was read, which what he changes is held to.
func TestAdmitCarriesTheEpoch(t *testing.T) {
	d := newDoor(t)
	attributes := ledger.Item{"epoch": int64(7)}
	d.change(t, admin.Key(d.owner), audit.Target{Type: "admin", ID: d.owner}, attributes)
	d.change(t, session.Key(d.owner, d.family), audit.Target{Type: "session", ID: d.family}, attributes)
	if who, err := d.knock(t); err != nil || who.Epoch != 7 {
		t.Errorf("epoch %d, %v", who.Epoch, err)
	}
}

// Admitting costs one round trip, and no call to the key service.
func TestOneRoundTrip(t *testing.T) {
	d := newDoor(t)
	d.AWS.Forget()
	if _, err := d.knock(t); err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, c := range d.AWS.Calls() {
		calls = append(calls, c.Operation)
	}
	if diff := cmp.Diff([]string{"DynamoDB_20120810.BatchGetItem"}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// Another role, a disabling, a revocation, or an item that can't be read counts from the next call on, though the token
// is still good.
func TestTheDatabaseDecides(t *testing.T) {
	toAdmin := func(attributes ledger.Item) func(*testing.T, door) {
		return func(t *testing.T, d door) {
			d.change(t, admin.Key(d.owner), audit.Target{Type: "admin", ID: d.owner}, attributes)
		}
	}
	toSession := func(attributes ledger.Item) func(*testing.T, door) {
		return func(t *testing.T, d door) {
			d.change(t, session.Key(d.owner, d.family), audit.Target{Type: "session", ID: d.family}, attributes)
		}
	}
	tests := []struct {
		name   string
		change func(*testing.T, door)
		want   caller.Role // "" is refused
	}{
		{"another role", toAdmin(ledger.Item{"role": "auditor"}), caller.Auditor},
		{"an unknown role", toAdmin(ledger.Item{"role": "god"}), ""},
		{"no role", toAdmin(ledger.Item{"role": nil}), ""},
		{"disabled", toAdmin(ledger.Item{"disabled": true}), ""},
		{"not said whether disabled", toAdmin(ledger.Item{"disabled": nil}), ""},
		{"disabled as text", toAdmin(ledger.Item{"disabled": "false"}), ""},
		{"revoked", toSession(ledger.Item{"state": "revoked_reuse"}), ""},
		{"an unknown state", toSession(ledger.Item{"state": "Active"}), ""},
		{"no state", toSession(ledger.Item{"state": nil}), ""},
		{"over", toSession(ledger.Item{"until": int64(0)}), ""},
		{"idle", toSession(ledger.Item{"rotated_at": int64(0)}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t)
			if _, err := d.knock(t); err != nil {
				t.Fatalf("before: %v", err)
			}
			tt.change(t, d)
			who, err := d.knock(t)
			if tt.want == "" {
				refused(t, who, err)
			} else if err != nil || who.Role != tt.want {
				t.Errorf("%+v, %v; want the role %s", who, err, tt.want)
			}
		})
	}
}

// Replaying a replaced refresh token also ends the access tokens of the family.
func TestReplayEndsAccess(t *testing.T) {
	d := newDoor(t)
	refresh := func() error {
		_, err := d.sessions.Refresh(t.Context(), laptop, session.RefreshInput{Token: secret.NewText(d.tokens.RefreshToken)})
		return err
	}
	if err := refresh(); err != nil {
		t.Fatal(err)
	}
	d.Clock.Step(11 * time.Second)
	if _, err := d.knock(t); err != nil {
		t.Fatalf("before: %v", err)
	}
	if err := refresh(); !errors.Is(err, session.ErrRefresh) {
		t.Fatalf("replay: %v", err)
	}
	who, err := d.knock(t)
	refused(t, who, err)
}

// Without a token, with two, under another scheme, with a refresh token or one that is expired, nobody comes in; and none
// of that is looked up.
func TestRefusedBeforeReading(t *testing.T) {
	d := newDoor(t)
	d.gate.Items = noReader{t}
	token, refresh := d.tokens.AccessToken, d.tokens.RefreshToken
	tests := map[string]edge.Request{
		"no header":          request(),
		"empty":              request(""),
		"no scheme":          request(token),
		"another scheme":     request("Basic " + token),
		"two headers":        request("Bearer "+token, "Bearer "+token),
		"two tokens":         request("Bearer " + token + ", Bearer " + token),
		"refresh token":      request("Bearer " + refresh),
		"cut":                request("Bearer " + token[:len(token)-1]),
		"blank after":        request("Bearer " + token + " "),
		"two blanks between": request("Bearer  " + token),
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			who, err := d.gate.Admit(t.Context(), r)
			refused(t, who, err)
		})
	}
	t.Run("expired", func(t *testing.T) {
		d.Clock.Step(11 * time.Minute)
		who, err := d.knock(t)
		refused(t, who, err)
	})
	for _, ids := range [][2]string{{"adm_x", d.family}, {d.owner, "ses_x"}, {d.owner + "#", d.family}, {d.family, d.owner}} {
		t.Run("signed, with the ids "+ids[0]+" "+ids[1], func(t *testing.T) {
			odd, err := d.Issuer.Issue(t.Context(), ids[0], ids[1], "tok_1", d.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			who, err := d.gate.Admit(t.Context(), request("Bearer "+odd))
			refused(t, who, err)
		})
	}
}

type noReader struct{ t *testing.T }

func (r noReader) Get(context.Context, ...ledger.Key) ([]ledger.Item, error) {
	r.t.Error("something was read")
	return nil, errors.New("nothing to read")
}

// A session or an admin that is not there lets nobody in.
func TestGone(t *testing.T) {
	d := newDoor(t)
	for _, ids := range [][2]string{{d.Ledger.NewID("adm"), d.family}, {d.owner, d.Ledger.NewID("ses")}} {
		token, err := d.Issuer.Issue(t.Context(), ids[0], ids[1], "tok_1", d.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		who, err := d.gate.Admit(t.Context(), request("Bearer "+token))
		refused(t, who, err)
	}
}

// When the database does not answer, that is what is said: it is not the client's fault.
func TestTrouble(t *testing.T) {
	d := newDoor(t)
	d.AWS.Faults().Add(awsfault.Rule{Operation: "DynamoDB_20120810.BatchGetItem", Effect: awsfault.LostRequest})
	who, err := d.knock(t)
	if fault.From(err).Kind != fault.Unavailable || who.Kind != caller.Nobody {
		t.Errorf("%+v, %v", who, err)
	}
}

// An admin without a second factor is known as one, unless the stack does not ask for it; with one he is like any other.
func TestBare(t *testing.T) {
	d := newDoor(t)
	factor := func(has bool) {
		t.Helper()
		d.change(t, admin.Key(d.owner), audit.Target{Type: "admin", ID: d.owner}, ledger.Item{"factor": has})
	}
	for _, tt := range []struct{ has, optional, bare bool }{{false, false, true}, {false, true, false}, {true, false, false}, {true, true, false}} {
		factor(tt.has)
		d.gate.FactorOptional = tt.optional
		who, err := d.knock(t)
		if err != nil || who.Bare != tt.bare || who.May(caller.WorkspaceRead) == tt.bare || !who.May(caller.Enrol) {
			t.Errorf("has one: %v, optional: %v: bare %v, %v", tt.has, tt.optional, who.Bare, err)
		}
	}
}

// A session is refused from the call on that follows its logout, and so is every session of an admin who has logged out
// everywhere, or of whom somebody else has ended all.
func TestLoggedOut(t *testing.T) {
	for name, end := range map[string]func(d door, who caller.Caller) error{
		"here": func(d door, who caller.Caller) error {
			_, err := d.sessions.Logout(context.Background(), who, struct{}{})
			return err
		},
		"everywhere": func(d door, who caller.Caller) error {
			_, err := d.sessions.LogoutAll(context.Background(), who, struct{}{})
			return err
		},
		"from another of the own": func(d door, who caller.Caller) error {
			session := session.EndInput{Session: session.ID(d.family)}
			who.Via = "ses_01jd0000000000000000000000"
			_, err := d.sessions.End(context.Background(), who, session)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t)
			who, err := d.knock(t)
			if err != nil {
				t.Fatal(err)
			}
			if err := end(d, who); err != nil {
				t.Fatal(err)
			}
			who, err = d.knock(t)
			refused(t, who, err)
		})
	}
}
