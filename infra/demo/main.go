// Command demo walks zenvault's main job, step by step, and checks each step: a provider's callbacks become decisions,
// audit entries and signed webhooks, and one request of a workspace moves assets through the provider. Its exit status says whether all was as expected.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
)

// patience is over the whole story.
const patience = 2 * time.Minute

func main() {
	url := flag.String("url", "", "a running gateway; if empty, one on 127.0.0.1:8080 is used if it is there, or one is started in memory")
	dir := flag.String("dir", ".zenvault", "the state directory of the running gateway, for the owner's password and the signing key")
	provider := flag.String("provider", "127.0.0.1:8081", "where a running gateway calls providers of the environment \"local\": the demo plays one there")
	flag.Parse()
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	if err := run(ctx, os.Stdout, *url, *dir, *provider); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo: not as expected:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, url, dir, provider string) error {
	if url == "" && answers(ctx, "http://127.0.0.1:8080") {
		url = "http://127.0.0.1:8080"
	}
	if url != "" {
		password, err := os.ReadFile(filepath.Join(dir, "owner-password"))
		if err != nil {
			return fmt.Errorf("the running gateway's state is not in %s: %w", dir, err)
		}
		api, err := simulator.StartAPI(provider)
		if err != nil {
			return err
		}
		defer api.Close()
		s := &story{out: out, api: api, url: url, password: strings.TrimSpace(string(password)), secrets: filepath.Join(dir, "secrets")}
		return s.tell(ctx)
	}
	return tellInMemory(ctx, out)
}

// tellInMemory tells the story to a gateway of its own.
func tellInMemory(ctx context.Context, out io.Writer) error {
	api, err := simulator.StartAPI("")
	if err != nil {
		return err
	}
	defer api.Close()
	g, err := local.Start(ctx, local.Options{Workers: true, ProviderURL: api.URL})
	if err != nil {
		return fmt.Errorf("starting a gateway: %w", err)
	}
	defer g.Close()
	password, err := g.Owner(ctx)
	if err != nil {
		return err
	}
	s := &story{out: out, api: api, url: g.URL, password: password.Expose(), secrets: g.SecretsDir}
	return s.tell(ctx)
}

// answers reports whether a gateway runs there.
func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
