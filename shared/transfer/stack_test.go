package transfer_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/provider/fireblocks/api"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

// stack is a vault with the transfer workers and one workspace that is connected to a simulated provider.
type stack struct {
	*vaulttest.Vault
	t          *testing.T
	api        *simulator.API
	service    transfer.Service
	workspace  tenant.ID
	connection string
	log        *strings.Builder
}

type memoryKey struct{ *rsa.PrivateKey }

func (memoryKey) Reference() string { return "dir:test" }

func (k memoryKey) Sign(_ context.Context, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	return rsa.SignPKCS1v15(nil, k.PrivateKey, crypto.SHA256, sum[:])
}

func newStack(t *testing.T) *stack {
	t.Helper()
	v := vaulttest.New(t)
	s := &stack{Vault: v, t: t, workspace: tenant.New("eu-central-1", v.Clock.Now(), v.Ledger.Random), log: &strings.Builder{}}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	s.must(err)
	s.api, err = simulator.StartAPI("")
	s.must(err)
	t.Cleanup(func() { s.must(s.api.Close()) })
	s.api.Now = v.Clock.Now
	s.api.Admit("user", &private.PublicKey, nil)
	connections := connection.Service{Ledger: v.Ledger, Local: s.api.URL, ValidKey: keyref.Valid, Workspaces: func(context.Context, tenant.ID) error { return nil }}
	made, err := connections.Register(t.Context(), caller.Worker("test", ""), connection.RegisterInput{Workspace: s.workspace, Name: "Test", Provider: "fireblocks",
		Environment: "local", APIKey: "user", SigningKey: "test"})
	s.must(err)
	s.connection = string(made.ID)
	queue, err := queues.OpenTransfers(v.World)
	s.must(err)
	client := api.New(api.Options{Plain: true, Now: v.Clock.Now, Random: rand.Reader,
		Keys: func(context.Context, string) (signing.Key, error) { return memoryKey{private}, nil }})
	s.service = transfer.Service{Ledger: v.Ledger, Connections: connections, Queue: queue, Providers: map[string]transfer.Provider{"fireblocks": client},
		Log: slog.New(slog.NewTextHandler(s.log, nil))}
	return s
}

func (s *stack) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) program(key string) caller.Caller {
	return caller.Caller{Kind: caller.APIKey, ID: "key_01jd0000000000000000000000", Workspace: s.workspace, Once: caller.Once{Route: "transfer-create", Key: key, Input: "x"}}
}

func number(t testing.TB, text string) amount.Decimal {
	t.Helper()
	d, err := amount.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// made is a transfer that was just asked for, and its reference.
func (s *stack) made(key string) (transfer.View, tenant.Ref) {
	s.t.Helper()
	v, err := s.service.Create(s.t.Context(), s.program(key), transfer.CreateInput{Connection: s.connection, Asset: "ETH", Amount: number(s.t, "0.25"),
		Source: transfer.Source{Type: "VAULT", ID: "0"}, Destination: transfer.Destination{Type: "EXTERNAL_WALLET", ID: "w1"}})
	s.must(err)
	ref, err := tenant.NewRef(s.workspace, key)
	s.must(err)
	return v, ref
}

func (s *stack) look(transferID string) error {
	body, err := json.Marshal(transfer.Message{Transfer: transferID})
	s.must(err)
	return s.service.Advance(s.t.Context(), caller.Worker("transfer-advance", "m1"), edge.Message{ID: "m1", Body: body})
}

func (s *stack) read(transferID string) transfer.View {
	s.t.Helper()
	v, err := s.service.Get(s.t.Context(), s.program(""), transfer.GetInput{Transfer: transferID})
	s.must(err)
	return v
}

// submitted is a transfer that the provider has.
func (s *stack) submitted(key string) (transfer.View, tenant.Ref) {
	s.t.Helper()
	v, ref := s.made(key)
	s.must(s.look(v.ID))
	if v = s.read(v.ID); v.State != transfer.Submitted {
		s.t.Fatalf("the transfer is %s", v.State)
	}
	return v, ref
}

func (s *stack) apply(ref tenant.Ref, txID string, p custody.Progress, status string) transfer.State {
	s.t.Helper()
	state, err := s.service.Apply(s.t.Context(), caller.Caller{Kind: caller.Provider, ID: "hook"}, ref, custody.Transaction{ID: txID, Progress: p, Status: status})
	s.must(err)
	return state
}

var errNotNow = errors.New("not now")

const minute = time.Minute
