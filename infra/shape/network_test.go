package shape_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/shape"
)

// No key, certificate or key set that an access token names is ever fetched: what verifies tokens is linked with no HTTP
// client, no TLS, and nothing that starts a process. (Package net is there: crypto/x509 reads the addresses in certificates.)
func TestTokensAreVerifiedWithoutANetwork(t *testing.T) {
	for _, p := range packages(t) {
		if strings.TrimPrefix(p.ImportPath, shape.Module) != "shared/session/access" {
			continue
		}
		for _, path := range []string{"net/http", "net/rpc", "net/smtp", "crypto/tls", "os/exec", "plugin"} {
			if slices.Contains(p.Deps, path) {
				t.Errorf("linked with %s", path)
			}
		}
		if !slices.Contains(p.Deps, "github.com/golang-jwt/jwt/v5") || len(p.Deps) < 50 {
			t.Errorf("linked with %d packages: not all of them are listed", len(p.Deps))
		}
		return
	}
	t.Error("there is no shared/session/access")
}
