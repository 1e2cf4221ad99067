package wire_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/wire"
)

var needed = map[string]string{"AWS_REGION": "eu-central-1", "ZENVAULT_STACK": "test", "ZENVAULT_VAULT_TABLE": "vault", "ZENVAULT_AUDIT_TABLE": "audit",
	"ZENVAULT_LIMITS_TABLE": "limits"}

func read(settings map[string]string) (wire.Env, error) {
	all := maps.Clone(needed)
	maps.Copy(all, settings)
	return wire.ReadEnv(func(name string) string { return all[name] })
}

// A process that lacks what every function needs, or whose rates or proxies can't be read, does not start, and says which
// setting it is.
func TestReadEnvRefuses(t *testing.T) {
	tests := map[string]map[string]string{
		"ZENVAULT_RATE_LIMITS":     {"ZENVAULT_RATE_LIMITS": "auth=20/1m"},
		"ZENVAULT_TRUSTED_PROXIES": {"ZENVAULT_TRUSTED_PROXIES": "10.0.0.1/8"},
	}
	for name := range needed {
		tests[name] = map[string]string{name: ""}
	}
	for name, settings := range tests {
		if _, err := read(settings); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v: got %v, want an error that names %s", settings, err, name)
		}
	}
}

// Rates are the defaults where none are set.
func TestReadEnvRates(t *testing.T) {
	want := limit.DefaultRates()
	for text, change := range map[string]func(){"": func() {}, "read=7/30s": func() { want[limit.Read] = limit.Rate{Count: 7, Period: 30 * time.Second} }} {
		want = limit.DefaultRates()
		change()
		e, err := read(map[string]string{"ZENVAULT_RATE_LIMITS": text})
		if diff := cmp.Diff(want, e.Rates); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
}
