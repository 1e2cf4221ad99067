// Package vaulttest is a stack of its own for one test: the tables and keys of template.yaml in the embedded AWS, reached
// by the real adapters, and a clock that the test steps.
package vaulttest

import (
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/stack"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

// Vault is the stack.
type Vault struct {
	AWS      *emulator.Emulator
	World    *wire.World
	Ledger   *ledger.Ledger // announces nothing
	Clock    *Clock
	Ring     *keyset.Ring
	Issuer   access.Issuer
	Verifier access.Verifier

	MasterWrapKey string // the KMS key that wraps master keys
}

const (
	stackName = "test"
	region    = "eu-central-1"
)

// New makes a stack that ends with the test. The embedded AWS goes by the real clock, the program by the Vault's.
func New(t testing.TB) *Vault {
	t.Helper()
	aws, err := emulator.Start(emulator.Options{Region: region})
	must(t, err)
	t.Cleanup(func() { must(t, aws.Close()) })
	clock := &Clock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	w := wire.New(wire.Env{Region: region, Stack: stackName, Issuer: "https://vault.example.com", Endpoint: aws.URL()},
		slog.New(slog.DiscardHandler))
	w.Now = clock.Now
	v := &Vault{AWS: aws, World: w, Clock: clock}
	v.create(t)
	v.openKeys(t)
	v.Ledger = w.Ledger(nil)
	return v
}

// create makes what the template describes.
func (v *Vault) create(t testing.TB) {
	t.Helper()
	described, err := stack.Read(template(t), stack.Deployment{Name: stackName, Region: region})
	must(t, err)
	config := v.World.Config
	made, err := stack.Create(t.Context(), stack.Clients{
		DynamoDB: dynamodb.NewFromConfig(config), KMS: kms.NewFromConfig(config), SQS: sqs.NewFromConfig(config),
	}, described)
	must(t, err)
	env := &v.World.Env
	env.VaultTable, env.AuditTable = made.Tables["VaultTable"], made.Tables["AuditTable"]
	env.EventQueue, env.DeliveryQueue, env.RetryQueue = made.Queues["EventQueue"], made.Queues["DeliveryQueue"], made.Queues["RetryQueue"]
	env.TransferQueue = made.Queues["TransferQueue"]
	env.MailQueue, env.LimitsTable, env.FactorOptional = made.Queues["MailQueue"], made.Tables["LimitsTable"], true
	env.Rates = limit.Rates{} // nobody is limited: the clock stands still
	for class := range limit.DefaultRates() {
		env.Rates[class] = limit.Rate{Count: 1_000_000, Period: time.Second}
	}
	env.TokenKey, env.MasterWrapKey = made.Keys["TokenKey"], made.Keys["MasterWrapKey"]
	v.MasterWrapKey = env.MasterWrapKey
}

// template is template.yaml, at the top of the module that the test runs in.
func template(t testing.TB) []byte {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for dir != filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, "template.yaml")); err == nil {
			return text
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("making a stack: template.yaml is not in this directory or above")
	return nil
}

func (v *Vault) openKeys(t testing.TB) {
	t.Helper()
	wrapped, err := keys.Service(v.World).NewWrappedKey(t.Context(), v.MasterWrapKey, keyset.Context(stackName))
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
		t.Fatalf("the test's stack: %v", err)
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
