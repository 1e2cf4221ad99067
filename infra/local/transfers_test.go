package local_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// newName is a name that nothing has yet.
func newName(prefix string) string { return prefix + "-" + rand.Text()[:8] }

// connectionBody registers a connection to an environment where nobody is ever called.
func connectionBody(signingKey string) string {
	return marshal(map[string]string{"name": "Production", "provider": "fireblocks", "environment": "sandbox", "api_key": "3f1c9a52-0a07-4a4e-9a05-55f8d3b7b7c1", "signing_key": signingKey})
}

// connected is a connection of home that stays as it is.
func (v *vault) connected(t testing.TB) string {
	t.Helper()
	if v.connection == "" {
		v.connection = v.newConnection(t)
	}
	return v.connection
}

// newConnection makes a connection of home.
func (v *vault) newConnection(t testing.TB) string {
	t.Helper()
	v.room(t)
	var made struct{ ID string }
	v.want(t, 201, v.admin("POST", "/v1/admin/workspaces/"+v.home+"/connections", connectionBody(local.ProviderKey))).decode(t, &made)
	return made.ID
}

// transferBody asks for a quarter of an ETH to a whitelisted wallet.
func transferBody(connection string) map[string]any {
	return map[string]any{"connection": connection, "asset": "ETH", "amount": "0.25", "source": map[string]string{"type": "VAULT", "id": "0"},
		"destination": map[string]string{"type": "EXTERNAL_WALLET", "id": "b5ee9e5b-7d3f-4e2c-9a50-3c5a4c9a7e11"}, "note": "rent"}
}

// order is a request for a transfer of home's.
func (v *vault) order(t testing.TB, key string) request {
	t.Helper()
	return request{method: "POST", path: "/v1/transfers", token: v.homeKey.Token, body: marshal(transferBody(v.connected(t))), once: key}
}

// moved is a transfer as its workspace sees it.
type moved struct {
	ID, Reference, Connection, Initiator, State, Asset, Amount string
	Problem                                                    struct{ Code, Message string }
	Provider                                                   struct{ Transaction, Status, Reason, Hash string }
	CancelAt                                                   int64 `json:"cancel_requested_at"`
}

func (v *vault) ordered(t testing.TB, key string) (made moved) {
	t.Helper()
	v.want(t, 201, v.order(t, key)).decode(t, &made)
	return made
}

// hand is a clock that a test moves.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) step(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// desk is a vault with a connection to a provider's API that a test has in its hands, and no worker but those that the
// test runs.
type desk struct {
	*vault
	api     *simulator.API
	apiUser string
	clock   *hand
}

// providerKey is an API user's, of the size that the provider asks for: made once, since that takes a second or more.
var providerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		panic(err)
	}
	return key
})

// newDesk makes one. The provider asks home's co-signer only if the test lets it.
func newDesk(t testing.TB, o local.Options) *desk {
	t.Helper()
	api, err := simulator.StartAPI("")
	must(t, err)
	t.Cleanup(func() { must(t, api.Close()) })
	d := &desk{api: api, apiUser: "c7f0b1f2-7f61-4d0c-9b38-6a0d5b3c4e11", clock: &hand{now: time.Now()}}
	o.ProviderURL = api.URL
	if o.Now == nil {
		o.Now, api.Now = d.clock.Now, d.clock.Now
	}
	d.vault = newVault(t, startGateway(t, o))
	hurry(t, d.Gateway)
	d.admitUser(t, nil)
	d.connection = d.connect(t, d.home)
	return d
}

// admitUser puts the key to where the gateway finds it and makes its public half known to the provider.
func (d *desk) admitUser(t testing.TB, cosigner *simulator.Fireblocks) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(providerKey())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(d.SecretsDir, local.ProviderKey), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	d.api.Admit(d.apiUser, &providerKey().PublicKey, cosigner)
}

func (d *desk) connect(t testing.TB, workspace string) string {
	t.Helper()
	var made struct{ ID string }
	body := marshal(map[string]string{"name": "Simulated", "provider": "fireblocks", "environment": "local", "api_key": d.apiUser, "signing_key": local.ProviderKey})
	d.want(t, 201, d.admin("POST", "/v1/admin/workspaces/"+workspace+"/connections", body)).decode(t, &made)
	return made.ID
}

// advance runs the worker on a message about a transfer.
func (d *desk) advance(t testing.TB, transferID string) {
	t.Helper()
	must(t, d.look(t, transferID))
}

func (d *desk) look(t testing.TB, transferID string) error {
	t.Helper()
	for _, row := range routes.Table() {
		if row.Spec.Name == "transfer-advance" {
			return row.Job(d.Opened)(t.Context(), edge.Message{ID: "m-" + rand.Text()[:8], Body: []byte(marshal(map[string]string{"transfer": transferID})), Receives: 1})
		}
	}
	t.Fatal("there is no worker")
	return nil
}

// read is a transfer as it is now.
func (d *desk) read(t testing.TB, transferID string) (m moved) {
	t.Helper()
	d.want(t, 200, request{method: "GET", path: "/v1/transfers/" + transferID, token: d.homeKey.Token}).decode(t, &m)
	return m
}

// in wants a transfer in a state.
func (d *desk) in(t testing.TB, transferID, state string) moved {
	t.Helper()
	m := d.read(t, transferID)
	if m.State != state {
		t.Fatalf("the transfer is %+v, want it %s", m, state)
	}
	return m
}

func (d *desk) cancel(t testing.TB, transferID string) reply {
	t.Helper()
	return d.send(t, request{method: "POST", path: "/v1/transfers/" + transferID + "/cancel", token: d.homeKey.Token})
}

// once wants exactly one transaction of a transfer at the provider.
func (d *desk) once(t testing.TB, m moved) simulator.Order {
	t.Helper()
	orders := d.api.Orders(m.Reference)
	if len(orders) != 1 {
		t.Fatalf("the provider has %d transactions of %s, want 1", len(orders), m.Reference)
	}
	return orders[0]
}

// until lets time pass, message after message, until a transfer is in a state.
func (d *desk) until(t testing.TB, transferID, state string) moved {
	t.Helper()
	for range 200 {
		if m := d.read(t, transferID); m.State == state {
			return m
		}
		d.clock.step(time.Minute)
		d.advance(t, transferID)
	}
	t.Fatalf("the transfer never is %s: %+v", state, d.read(t, transferID))
	return moved{}
}
