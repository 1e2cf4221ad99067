// Package vaulttest is a stack of its own for one test: the real key adapters against the embedded AWS, and a clock that
// the test steps.
package vaulttest

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

// Vault is the stack.
type Vault struct {
	World    *wire.World
	Ledger   *ledger.Ledger
	Clock    *Clock
	Ring     *keyset.Ring
	Issuer   access.Issuer
	Verifier access.Verifier

	MasterWrapKey string // the KMS key that wraps master keys
}

// New makes a stack that ends with the test.
func New(t testing.TB) *Vault {
	t.Helper()
	clock := &Clock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	w := wire.New(wire.Env{
		Region: "eu-central-1", Stack: "test", Issuer: "https://vault.example.com", Endpoint: serveKMS(t),
	}, slog.New(slog.DiscardHandler))
	w.Now = clock.Now
	v := &Vault{World: w, Clock: clock, Ledger: &ledger.Ledger{Store: newMemory(), Now: clock.Now, Random: rand.Reader}}
	v.MasterWrapKey = v.createKey(t, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt)
	w.Env.TokenKey = v.createKey(t, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	v.openKeys(t)
	return v
}

func (v *Vault) createKey(t testing.TB, spec types.KeySpec, usage types.KeyUsageType) string {
	t.Helper()
	made, err := keys.Service(v.World).Client.CreateKey(t.Context(), &sdk.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	must(t, err)
	return *made.KeyMetadata.Arn
}

func (v *Vault) openKeys(t testing.TB) {
	t.Helper()
	wrapped, err := keys.Service(v.World).NewWrappedKey(t.Context(), v.MasterWrapKey, keyset.Context(v.World.Env.Stack))
	must(t, err)
	v.World.Env.MasterKey = base64.StdEncoding.EncodeToString(wrapped)
	v.Ring, err = keys.OpenRing(t.Context(), v.World)
	must(t, err)
	v.Issuer, err = tokens.OpenIssuer(t.Context(), v.World)
	must(t, err)
	v.Verifier, err = tokens.OpenVerifier(t.Context(), v.World)
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("making a stack: %v", err)
	}
}

// Clock stands still until it is stepped.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the present moment.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Step lets time pass.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Trail is the audit entries of a target, the oldest first.
func (v *Vault) Trail(t testing.TB, target audit.Target) []audit.Entry {
	t.Helper()
	page, err := v.Ledger.Query(t.Context(), ledger.Query{Table: ledger.Audit, Partition: target.String()})
	must(t, err)
	var entries []audit.Entry
	for _, item := range page.Items {
		entry, err := ledger.ParseEntry(item)
		must(t, err)
		entries = append(entries, entry)
	}
	return entries
}
