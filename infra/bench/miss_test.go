package bench_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/local"
)

// BenchmarkMiss is what a stranger can time: an address that nobody has beside one that somebody has, at the routes that
// take addresses from anybody, over HTTP on the embedded AWS. Both take turns; the ratio is of the medians, and says nothing
// of an address as long as it is as near to 1 as two runs are to each other. Between two turns hours go by, so that nothing
// is locked. (That both make the same calls to AWS is a test's business.)
func BenchmarkMiss(b *testing.B) {
	var ahead atomic.Int64
	g, err := local.Start(b.Context(), local.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	must(b, err)
	defer g.Close()
	_, err = g.Owner(b.Context())
	must(b, err)
	ask := func(b *testing.B, path string, status int, body map[string]string) {
		text, err := json.Marshal(body)
		must(b, err)
		answer, err := http.Post(g.URL+path, "application/json", strings.NewReader(string(text)))
		must(b, err)
		defer answer.Body.Close()
		if got, _ := io.ReadAll(answer.Body); answer.StatusCode != status {
			b.Fatalf("%s: %d %s", path, answer.StatusCode, got)
		}
	}
	for _, route := range []struct {
		name, path string
		status     int
		more       map[string]string
	}{
		{"login", "/v1/auth/login", http.StatusUnauthorized, map[string]string{"password": "not the password"}},
		{"forgot", "/v1/auth/forgot", http.StatusAccepted, nil},
	} {
		b.Run(route.name, func(b *testing.B) {
			of := func(email string) func() {
				return func() {
					ahead.Add(int64(6 * time.Hour))
					body := map[string]string{"email": email}
					for name, value := range route.more {
						body[name] = value
					}
					ask(b, route.path, route.status, body)
				}
			}
			inTurns(b, of("nobody@zenvault.localhost"), of(local.OwnerEmail)).report(b, "miss", "hit")
		})
	}
}
