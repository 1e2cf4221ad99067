package stack_test

import (
	"testing"

	"github.com/zenvault/zenvault/infra/emulator"
)

// endpoint is that of an embedded AWS in memory, which only this test sees.
func endpoint(t *testing.T) string {
	t.Helper()
	e, err := emulator.Start(emulator.Options{Region: "eu-central-1"})
	if err != nil {
		t.Fatalf("starting the embedded AWS: %v", err)
	}
	t.Cleanup(func() { e.Close() })
	return e.URL()
}
