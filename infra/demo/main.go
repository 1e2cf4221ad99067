// Command demo walks zenvault's main job, step by step, and checks each step: a provider's callbacks become decisions,
// audit entries and signed webhooks. Its exit status says whether all was as expected.
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
)

// patience is over the whole story.
const patience = 2 * time.Minute

func main() {
	url := flag.String("url", "", "a running gateway; if empty, one on 127.0.0.1:8080 is used if it is there, or one is started in memory")
	dir := flag.String("dir", ".zenvault", "the state directory of the running gateway, for the owner's password and the signing key")
	flag.Parse()
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	if err := run(ctx, os.Stdout, *url, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo: not as expected:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, url, dir string) error {
	if url == "" && answers(ctx, "http://127.0.0.1:8080") {
		url = "http://127.0.0.1:8080"
	}
	if url != "" {
		password, err := os.ReadFile(filepath.Join(dir, "owner-password"))
		if err != nil {
			return fmt.Errorf("the running gateway's state is not in %s: %w", dir, err)
		}
		s := &story{out: out, url: url, password: strings.TrimSpace(string(password)), secrets: filepath.Join(dir, "secrets")}
		return s.tell(ctx)
	}
	return tellInMemory(ctx, out)
}

// tellInMemory tells the story to a gateway of its own.
func tellInMemory(ctx context.Context, out io.Writer) error {
	g, err := local.Start(ctx, local.Options{Workers: true})
	if err != nil {
		return fmt.Errorf("starting a gateway: %w", err)
	}
	defer g.Close()
	password, err := g.Owner(ctx)
	if err != nil {
		return err
	}
	s := &story{out: out, url: g.URL, password: password.Expose(), secrets: g.SecretsDir}
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
