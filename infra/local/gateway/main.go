// Command gateway runs all of zenvault on this machine: every route on 127.0.0.1, the workers, and an embedded AWS.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/limit"
)

func main() {
	var o local.Options
	flag.StringVar(&o.Addr, "addr", "127.0.0.1:8080", "address to serve on")
	flag.StringVar(&o.Dir, "dir", ".zenvault", "directory of the state; it survives a restart and a kill")
	flag.StringVar(&o.Region, "region", "eu-central-1", "region that the stack pretends to be in")
	flag.StringVar(&o.Endpoint, "endpoint", os.Getenv("ZENVAULT_AWS_ENDPOINT"), "another AWS endpoint instead of the embedded one")
	flag.BoolVar(&o.SecondFactor, "second-factor", false, "ask every admin for a second factor, as a deployment does")
	flag.BoolVar(&o.FourEyes, "four-eyes", false, "let nobody publish the own policy, as a deployment does")
	flag.StringVar(&o.ProviderURL, "provider-url", "http://127.0.0.1:8081", "where custody providers of the environment \"local\" are called; the demo plays one there")
	quiet := flag.Bool("quiet", false, "do not log requests")
	flag.Parse()
	o.Workers, o.Rates = true, limit.DefaultRates()
	o.Mail = os.Stdout
	o.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if *quiet {
		o.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

func run(o local.Options, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	g, err := local.Start(ctx, o)
	if err != nil {
		return err
	}
	password, err := g.Owner(ctx)
	if err != nil {
		g.Close()
		return err
	}
	fmt.Fprintf(out, welcome, g.URL, o.Dir, g.SecretsDir, local.MailDir(o.Dir), local.OwnerEmail, password.Expose(), g.URL, local.OwnerEmail, password.Expose())
	<-ctx.Done()
	fmt.Fprintln(out, "stopping")
	return g.Close()
}

const welcome = `
zenvault is running on %s
  state        %s (remove the directory to start afresh)
  signing keys %s
  mail         %s (each is shown here too; none leaves this machine)
  owner        %s
  password     %s

Try:
  export ZENVAULT=%s
  TOKEN=$(curl -s $ZENVAULT/v1/auth/login -d '{"email":"%s","password":"%s"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  curl -s $ZENVAULT/v1/admin/workspaces -H "Authorization: Bearer $TOKEN" -d '{"name":"Treasury"}'
  curl -s "$ZENVAULT/v1/admin/audit?limit=5" -H "Authorization: Bearer $TOKEN"

The whole main job, step by step, in another terminal:  make demo
Stop with Ctrl-C.

`
