package bench_test

import (
	"encoding/base64"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/runtimeapi"
	"github.com/zenvault/zenvault/shared/routes"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/wrapping"
)

// BenchmarkStart is the time from the start of the process to its first poll for an event: of the callback's function
// beside a hello world's, both built as they are deployed, for this machine. The ratio is of the medians; it is to be at most
// 1.5.
func BenchmarkStart(b *testing.B) {
	dir, mounted := b.TempDir(), b.TempDir()
	hello := build(b, dir, "./hello")
	callback := build(b, dir, "../../functions/cosign-fireblocks")
	env := []string{"AWS_REGION=eu-central-1", "ZENVAULT_STACK=bench", "ZENVAULT_VAULT_TABLE=vault", "ZENVAULT_AUDIT_TABLE=audit", "ZENVAULT_LIMITS_TABLE=limits",
		"ZENVAULT_EVENT_QUEUE=http://127.0.0.1/queue", "ZENVAULT_SECRETS_DIR=" + mounted, "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench"}
	var t turns
	for b.Loop() {
		t.ones, t.others = append(t.ones, start(b, hello, env)), append(t.others, start(b, callback, env))
	}
	t.report(b, "hello", "callback")
}

// BenchmarkStartByKeys is the same time for one function of each class, by what it asks of KMS before it can serve: nothing,
// the public token key, the master key, or both. KMS is the embedded one, on loopback: what a call to AWS takes comes on top,
// once for each call that is reported.
func BenchmarkStartByKeys(b *testing.B) {
	aws, err := emulator.Start(emulator.Options{Region: "eu-central-1"})
	must(b, err)
	defer aws.Close()
	env, dir := settings(b, aws.URL()), b.TempDir()
	for _, class := range []struct{ keys, function string }{
		{"none", "health-check"}, {"token", "workspace-list"}, {"master", "endpoint-list"}, {"both", "session-login"},
	} {
		bootstrap := build(b, dir, "../../functions/"+class.function)
		b.Run("keys="+class.keys+"/"+class.function, func(b *testing.B) {
			var took []time.Duration
			aws.Forget()
			for b.Loop() {
				took = append(took, start(b, bootstrap, env))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/start")
			b.ReportMetric(float64(len(aws.Calls()))/float64(len(took)), "calls/start")
		})
	}
}

// BenchmarkStartOfEach is that time for every function there is, so that a change which makes one of them slower is seen:
// go test -run '^$' -bench StartOfEach -benchtime 5x ./infra/bench. It builds all of them first.
func BenchmarkStartOfEach(b *testing.B) {
	aws, err := emulator.Start(emulator.Options{Region: "eu-central-1"})
	must(b, err)
	defer aws.Close()
	env, dir := append(settings(b, aws.URL()), "ZENVAULT_SECRETS_DIR="+b.TempDir(), "ZENVAULT_MAIL_FROM=vault@example.com"), b.TempDir()
	for _, row := range routes.Table() {
		b.Run(row.Spec.Name, func(b *testing.B) {
			bootstrap := build(b, dir, "../../functions/"+row.Spec.Name)
			var took []time.Duration
			for b.Loop() {
				took = append(took, start(b, bootstrap, env))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/start")
		})
	}
}

// settings are a function's, of a stack on the embedded AWS with a master key.
func settings(b *testing.B, endpoint string) []string {
	b.Helper()
	w := wire.New(wire.Env{Region: "eu-central-1", Stack: "bench", Endpoint: endpoint}, slog.New(slog.DiscardHandler))
	made := create(b, w)
	w.Env.MasterWrapKey = made.Keys["MasterWrapKey"]
	wrapper, err := wrapping.OpenWrapper(w)
	must(b, err)
	_, wrapped, err := wrapper.New(b.Context())
	must(b, err)
	return []string{"AWS_REGION=eu-central-1", "ZENVAULT_STACK=bench", "ZENVAULT_VAULT_TABLE=" + w.Env.VaultTable, "ZENVAULT_AUDIT_TABLE=" + w.Env.AuditTable,
		"ZENVAULT_LIMITS_TABLE=" + made.Tables["LimitsTable"], "ZENVAULT_EVENT_QUEUE=" + w.Env.EventQueue, "ZENVAULT_MAIL_QUEUE=" + made.Queues["MailQueue"],
		"ZENVAULT_DELIVERY_QUEUE=" + made.Queues["DeliveryQueue"], "ZENVAULT_RETRY_QUEUE=" + made.Queues["RetryQueue"],
		"ZENVAULT_TOKEN_KEY=" + made.Keys["TokenKey"], "ZENVAULT_MASTER_KEY=" + base64.StdEncoding.EncodeToString(wrapped),
		"ZENVAULT_MASTER_WRAP_KEY=" + w.Env.MasterWrapKey,
		"ZENVAULT_ISSUER=https://vault.example.com", "ZENVAULT_AWS_ENDPOINT=" + endpoint}
}

func build(b *testing.B, dir, from string) string {
	b.Helper()
	to := filepath.Join(dir, filepath.Base(from))
	command := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc", "-o", to, from)
	command.Env = append(command.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("building %s: %v\n%s", from, err, output)
	}
	return to
}

func start(b *testing.B, bootstrap string, env []string) time.Duration {
	b.Helper()
	r, err := runtimeapi.Start(b.Context(), runtimeapi.Options{Bootstrap: bootstrap, Env: env})
	must(b, err)
	defer r.Stop()
	return r.InitDuration()
}
