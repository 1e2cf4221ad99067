package bench_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/runtimeapi"
)

// BenchmarkStart is the time from the start of the process to its first poll for an event: of the callback's function
// beside a hello world's, both built as they are deployed, for this machine. The ratio is of the medians; it is to be at most
// 1.5.
func BenchmarkStart(b *testing.B) {
	dir, mounted := b.TempDir(), b.TempDir()
	hello := build(b, dir, "./hello")
	callback := build(b, dir, "../../functions/cosign-fireblocks")
	env := []string{"AWS_REGION=eu-central-1", "ZENVAULT_STACK=bench", "ZENVAULT_VAULT_TABLE=vault", "ZENVAULT_AUDIT_TABLE=audit",
		"ZENVAULT_EVENT_QUEUE=http://127.0.0.1/queue", "ZENVAULT_SECRETS_DIR=" + mounted, "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench"}
	var t turns
	for b.Loop() {
		t.ones, t.others = append(t.ones, start(b, hello, env)), append(t.others, start(b, callback, env))
	}
	t.report(b, "hello", "callback")
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
