// Package local is the gateway on this machine: every route over HTTP, every worker, on an embedded AWS in the same
// process. The same handlers run here as in the Lambda functions, on the same clients.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/routes"
	"github.com/zenvault/zenvault/shared/wire"
)

// Options of Start. The zero value serves on a free port and keeps its state in memory.
type Options struct {
	Addr         string // default 127.0.0.1:0
	Dir          string // of the state, which survives a restart and a kill; "" keeps it in memory
	Region       string // default "eu-central-1"
	Endpoint     string // another AWS endpoint instead of the embedded one
	Log          *slog.Logger
	Now          func() time.Time
	Rates        limit.Rates // of requests; nil lets so many through that nobody is limited
	SecondFactor bool        // ask every admin for one, as a deployment does
	FourEyes     bool        // let nobody publish the own policy, as a deployment does

	Workers bool // run the queues' and the clock's workers

	Mail    io.Writer // each mail that was sent is shown here, with its link; nil shows none
	Metrics io.Writer // gets the lines that CloudWatch would make metrics of; nil is nowhere

	ProviderURL string // where the environment "local" of custody providers is, on this machine; "" is nowhere

	// Settings, if there is one, changes what another deployment would have set, before anything is opened.
	Settings func(*wire.Env)
}

// Gateway is a running one.
type Gateway struct {
	URL        string
	World      *wire.World
	Opened     *routes.Opened
	Emulator   *emulator.Emulator // nil on another endpoint
	SecretsDir string

	server  *http.Server
	stop    context.CancelFunc
	workers sync.WaitGroup
	scratch string // a directory to remove at the end, "" if the state is kept
}

// Start starts a gateway: the embedded AWS, its tables, queues and keys as template.yaml describes them, a master key, a
// secrets directory with a fresh signing key where there is none, the routes and, if asked, the workers.
func Start(ctx context.Context, o Options) (*Gateway, error) {
	g := &Gateway{}
	if err := g.start(ctx, o); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Gateway) start(ctx context.Context, o Options) error {
	o = o.withDefaults()
	if o.Dir == "" {
		scratch, err := os.MkdirTemp("", "zenvault")
		if err != nil {
			return fmt.Errorf("making a directory for the secrets: %w", err)
		}
		g.scratch = scratch
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	g.URL = "http://" + listener.Addr().String()
	g.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn)}
	if err := g.world(ctx, o); err != nil {
		listener.Close()
		return err
	}
	if o.Settings != nil {
		o.Settings(&g.World.Env)
	}
	if g.Opened, err = routes.Open(ctx, g.World); err != nil {
		listener.Close()
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	g.stop = stop
	g.server.Handler = g.bind(running, o.Workers)
	go g.server.Serve(listener) // ends with Close
	return nil
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Region == "" {
		o.Region = "eu-central-1"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rates == nil {
		o.Rates = limit.Rates{}
		for class := range limit.DefaultRates() {
			o.Rates[class] = limit.Rate{Count: 1_000_000, Period: time.Second}
		}
	}
	return o
}

// bind joins every function of the table to this process.
func (g *Gateway) bind(ctx context.Context, workers bool) http.Handler {
	m := &mux{}
	for _, row := range routes.Table() {
		switch {
		case row.Route != nil:
			m.add(row.Spec, row.Route(g.Opened))
		case row.Job != nil && workers:
			p := poller{client: sqs.NewFromConfig(g.World.Config), queue: g.queue(row.Spec.Queue), worker: row.Job(g.Opened), log: g.World.Log}
			g.workers.Go(func() { p.run(ctx) })
		case row.Task != nil && row.Spec.Every > 0 && workers:
			run := row.Task(g.Opened)
			g.workers.Go(func() { tick(ctx, row.Spec.Every, run) })
		}
	}
	return m
}

func (g *Gateway) queue(q edge.Queue) string {
	return map[edge.Queue]string{edge.EventQueue: g.World.Env.EventQueue, edge.DeliveryQueue: g.World.Env.DeliveryQueue,
		edge.RetryQueue: g.World.Env.RetryQueue, edge.MailQueue: g.World.Env.MailQueue,
		edge.TransferQueue: g.World.Env.TransferQueue}[q]
}

// Task runs a function that has no route, such as "admin-found".
func (g *Gateway) Task(ctx context.Context, name string, input []byte) ([]byte, error) {
	for _, row := range routes.Table() {
		if row.Spec.Name == name && row.Task != nil {
			return row.Task(g.Opened)(ctx, "local", input)
		}
	}
	return nil, fmt.Errorf("there is no task %q", name)
}

// Close stops serving, lets workers finish what they hold, and stops the embedded AWS.
func (g *Gateway) Close() error {
	var errs []error
	if g.stop != nil {
		g.stop()
	}
	if g.server != nil {
		errs = append(errs, g.server.Close())
	}
	g.workers.Wait()
	if g.Emulator != nil {
		errs = append(errs, g.Emulator.Close())
	}
	if g.scratch != "" {
		errs = append(errs, os.RemoveAll(g.scratch))
	}
	return errors.Join(errs...)
}
