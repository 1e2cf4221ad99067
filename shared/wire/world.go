// Package wire opens adapters from the environment. It is imported by the functions' mains and the local gateway only;
// what a function does not open is not linked into it.
package wire

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/zenvault/zenvault/shared/aws/dynamo"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/metric"
)

// World is a process's surroundings: its settings, its clock, its log, its metrics, and the connection that all adapters
// share.
type World struct {
	Env     Env
	Log     *slog.Logger
	Metrics metric.Counter
	Now     func() time.Time
	Config  aws.Config

	database func() *dynamodb.Client // one for the process, made when it is first needed
}

// Open reads the environment. It stops the process with one clear line if a setting is missing.
func Open() *World {
	env, err := ReadEnv(os.Getenv)
	if err != nil {
		Fatal(err)
	}
	w := New(env, slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	w.Metrics.Out = os.Stdout // Lambda's log, from which CloudWatch takes them
	return w
}

// New makes a world from settings, for the gateway and tests that run all routes in one process. Its metrics go nowhere.
func New(env Env, log *slog.Logger) *World {
	w := &World{Env: env, Log: log, Now: time.Now, Config: awsConfig(env)}
	w.Metrics = metric.Counter{Out: io.Discard, Stack: env.Stack, Now: func() time.Time { return w.Now() }}
	w.database = sync.OnceValue(w.dynamoDB)
	return w
}

// Fatal ends the process with one line, before it has served anything.
func Fatal(err error) {
	slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("cannot start", "error", err.Error())
	os.Exit(1)
}

// awsConfig is built by hand: loading the SDK's default one costs milliseconds of every cold start and reads files that
// do not exist in Lambda.
func awsConfig(env Env) aws.Config {
	config := aws.Config{
		Region:      env.Region,
		Credentials: env.credentials(),
		HTTPClient:  &http.Client{Transport: whole{transport()}},
		Retryer:     retryer,
	}
	if env.Endpoint != "" {
		config.BaseEndpoint = aws.String(env.Endpoint)
	}
	return config
}

// maxPause is the longest wait between two tries of a call. The SDK's own, of many seconds, would outlast the request that
// the call is for.
const maxPause = 250 * time.Millisecond

// retryer tries a call four times. It counts no quota over calls: after a bad minute each request would have one try left,
// and a lost reply would be told as "not known" that a second try could have told.
func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 4, maxPause, ratelimit.None
	})
}

// whole hands requests on with their bodies in memory. The SDK closes a body as soon as the answer is there
// (smithy-go, transport/http/client.go); if the transport has not quite finished with it then, which a busy processor is
// enough for, it gives up the connection, and the next call pays for a new one.
type whole struct{ next http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.ContentLength <= 0 {
		return w.next.RoundTrip(r)
	}
	body := make([]byte, r.ContentLength) // the SDK always knows it: every request of ours is signed whole
	_, err := io.ReadFull(r.Body, body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	own := *r // a RoundTripper must not change what it is given
	own.Body = io.NopCloser(bytes.NewReader(body))
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return w.next.RoundTrip(&own)
}

func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.WriteBufferSize, t.ReadBufferSize = 16<<10, 16<<10 // a transaction goes out in one write
	t.Proxy = nil
	t.ResponseHeaderTimeout = 10 * time.Second // a Client's Timeout would cost a goroutine a call
	return t
}

// Store is the database.
func (w *World) Store() *dynamo.Store {
	return &dynamo.Store{Client: w.database(), Vault: w.Env.VaultTable, Audit: w.Env.AuditTable}
}

// Limits is the table of counters.
func (w *World) Limits() *dynamo.Limits {
	return &dynamo.Limits{Client: w.database(), Table: w.Env.LimitsTable}
}

// Attempts bounds guessing.
func (w *World) Attempts() limit.Attempts {
	return limit.Attempts{Table: w.Limits(), Now: w.Now, Random: rand.Reader}
}

// Requests bounds how often callers may ask.
func (w *World) Requests() *limit.Requests {
	rates := w.Env.Rates
	if rates == nil {
		rates = limit.DefaultRates()
	}
	degraded := func(c limit.Class) { w.Metrics.Count(metric.LimitsDegraded, string(c)) }
	return &limit.Requests{Table: w.Limits(), Rates: rates, Now: w.Now, Degraded: degraded}
}

func (w *World) dynamoDB() *dynamodb.Client {
	return dynamodb.NewFromConfig(w.Config, func(o *dynamodb.Options) {
		o.DisableValidateResponseChecksum = true // TLS already protects the answer
		o.APIOptions = append(o.APIOptions, bare)
	})
}

// bare takes out of a call what only tells AWS about its caller, and what a Lambda function that calls itself would need:
// headers that are made, signed and sent for nobody. A decision makes two calls, and is timed.
func bare(stack *middleware.Stack) error {
	_, err := stack.Finalize.Remove("RetryMetricsHeader")
	for _, id := range []string{"UserAgent", "ClientRequestID", "RecursionDetection"} {
		_, gone := stack.Build.Remove(id)
		err = errors.Join(err, gone)
	}
	return err
}

// Ledger reads and writes business state, and counts security events. Announcer may be nil where a function emits no events.
func (w *World) Ledger(announcer ledger.Announcer) *ledger.Ledger {
	return &ledger.Ledger{Store: w.Store(), Announcer: announcer, Now: w.Now, Random: rand.Reader, Alarm: w.Metrics.Security}
}

// Edge is the shared part of a process's routes.
func (w *World) Edge(gate edge.Gate, replayer edge.Replayer) edge.Edge {
	return edge.Edge{Gate: gate, Replayer: replayer, Limits: w.Requests(), Proxies: w.Env.Proxies,
		Notes: &edge.Notes{To: w.Ledger(nil), Now: w.Now}, Log: w.Log}
}
