package admin_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
)

// recorder notes the calls that reach the database.
type recorder struct {
	ledger.Store
	calls *[]string
}

func (r recorder) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Item, error) {
	*r.calls = append(*r.calls, fmt.Sprintf("get %d %s", len(keys), keys[0].SK))
	return r.Store.Get(ctx, keys...)
}

func (r recorder) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	*r.calls = append(*r.calls, fmt.Sprintf("transact %d", len(writes)))
	return r.Store.Transact(ctx, token, writes)
}

// counter notes the hashes that are made, and with which parameters.
type counter struct {
	password.Argon2id
	calls *[]string
}

func (c counter) Verify(ctx context.Context, plain, stored secret.Text) (bool, error) {
	*c.calls = append(*c.calls, "verify "+stored.Expose()[:30])
	return c.Argon2id.Verify(ctx, plain, stored)
}

// Every failed login does the same work in the same order, whether there is such an account or not: two reads, one hash
// with the current parameters, one record.
func TestSameWork(t *testing.T) {
	v, s := newService(t)
	owner, err := s.Found(t.Context(), operator, input("ada@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Invite(t.Context(), as(owner), admin.InviteInput{Email: "ida@example.com", Role: "auditor"})
	must(t, err)
	var calls []string
	v.Ledger.Store = recorder{v.Ledger.Store, &calls}
	s.Passwords = counter{calls: &calls}
	want := []string{"get 1 email", "get 1 admin", "verify $argon2id$v=19$m=65536,t=3,p=1", "transact 1"}
	for _, tt := range []struct{ name, email, plain string }{
		{"wrong password", "ada@example.com", "wrong"},
		{"unknown account", "eve@example.com", plain},
		{"malformed address", "eve", plain},
		{"no address", "", plain},
		{"invited account", "ida@example.com", plain},
		{"disabled account", "ada@example.com", plain},
		{"unreadable account", "ada@example.com", plain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			switch tt.name {
			case "disabled account":
				store(t, v, owner.ID, "disabled", true)
			case "unreadable account":
				store(t, v, owner.ID, "role", "none")
			}
			calls = nil
			if _, _, err := s.Authenticate(t.Context(), caller.Caller{Kind: caller.Anonymous}, tt.email, secret.NewText(tt.plain), secret.Text{}); err == nil {
				t.Fatal("let in")
			}
			if diff := cmp.Diff(want, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// The founding is a task whose answer holds no hash, and whose input is read strictly.
func TestTask(t *testing.T) {
	v, s := newService(t)
	run := bind(v, s)
	for _, bad := range []string{``, `{}`, `{"email":"ada@example.com"}`, `{"email":"ada@example.com","password":"correct horse battery staple","role":"owner"}`} {
		if answer, err := run(t.Context(), "req_1", []byte(bad)); err == nil {
			t.Errorf("%s gives %s", bad, answer)
		}
	}
	answer, err := run(t.Context(), "req_1", []byte(`{"email":"ada@example.com","password":"correct horse battery staple"}`))
	if err != nil {
		t.Fatal(err)
	}
	id := string(answer[7:37])
	want := `{"id":"` + id + `","email":"ada@example.com","role":"owner","invited":false,"disabled":false,"second_factor":false,"created_at":1795521600000}`
	if diff := cmp.Diff(want, string(answer)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if item, err := v.Ledger.GetOne(t.Context(), admin.Key(id)); err != nil || item == nil {
		t.Errorf("the owner's item: %v, %v", item, err)
	}
}

func bind(v *vaulttest.Vault, s admin.Service) edge.Runner {
	return edge.BindTask(v.World.Log, admin.TaskFound, s)
}
