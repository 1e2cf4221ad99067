// Package dialguard posts to addresses that strangers chose, without letting them reach what only we can reach. The
// check is made on the resolved address in the moment of connecting: what a name meant earlier does not matter.
package dialguard

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/zenvault/zenvault/shared/webhook"
)

const (
	// Deadline is over everything: resolving, connecting, TLS, the answer's headers and its body.
	Deadline = 15 * time.Second
	// MaxAnswer is how much of an answer's body is read, in bytes; the rest is cut off with the connection.
	MaxAnswer = 64 << 10

	maxHeaders = 64 << 10
	userAgent  = "zenvault-webhooks/1"
)

// Options are for the local gateway and for tests; the zero value is what a deployed function needs.
type Options struct {
	Loopback bool           // http, and addresses of this machine
	Roots    *x509.CertPool // nil is the system's
	Resolver *net.Resolver  // nil is the system's
	Deadline time.Duration  // 0 is Deadline
}

// Client posts. It is safe for concurrent use.
type Client struct {
	http     http.Client
	loopback bool
	deadline time.Duration
}

// New makes a client. Nothing of the environment changes it: no proxy, no redirect, no reuse of a connection that was
// checked for another request (and that a frozen function could find dead).
func New(o Options) *Client {
	dialer := &net.Dialer{Resolver: o.Resolver, ControlContext: guard(o.Loopback)}
	if o.Deadline == 0 {
		o.Deadline = Deadline
	}
	return &Client{
		http: http.Client{
			Transport: &http.Transport{
				Proxy: nil, DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
				TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
				MaxResponseHeaderBytes: maxHeaders,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		loopback: o.Loopback, deadline: o.Deadline,
	}
}

// guard refuses a resolved address before the connection is made.
func guard(loopback bool) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || (network != "tcp4" && network != "tcp6") {
			return ErrBlocked
		}
		if Global(to.Addr()) || loopback && to.Addr().IsLoopback() {
			return nil
		}
		return ErrBlocked
	}
}

// Post sends exactly these bytes and reads the answer, whole up to MaxAnswer and never decompressed. It fails with one of
// the fixed errors of this package.
func (c *Client) Post(ctx context.Context, target string, header http.Header, body []byte) (webhook.Answer, error) {
	ctx, done := context.WithTimeout(ctx, c.deadline)
	defer done()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil || !c.speaks(r.URL) {
		return webhook.Answer{}, ErrBlocked
	}
	r.Header = header.Clone()
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.exchange(r)
	if err != nil {
		return webhook.Answer{}, classify(ctx, err)
	}
	return answer, nil
}

func (c *Client) speaks(u *url.URL) bool {
	return u.Host != "" && u.User == nil && (u.Scheme == "https" || c.loopback && u.Scheme == "http")
}

func (c *Client) exchange(r *http.Request) (webhook.Answer, error) {
	got, err := c.http.Do(r)
	if err != nil {
		return webhook.Answer{}, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, MaxAnswer))
	if err != nil {
		return webhook.Answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	return webhook.Answer{Status: got.StatusCode, RetryAfter: got.Header.Get("Retry-After"), Body: body}, nil
}

// The ways in which a post comes to nothing: fixed words, since the owner of the address reads them, and what lies
// behind it must not be told.
var (
	ErrBlocked    = errors.New("blocked")    // the address is not one that a webhook may go to
	ErrUnresolved = errors.New("unresolved") // the name has no address
	ErrTimeout    = errors.New("timeout")    // no whole answer within the deadline
	ErrTLS        = errors.New("tls")        // no secure connection, or a certificate that does not hold
	ErrUnanswered = errors.New("unanswered") // no connection, or no HTTP answer on it
)

func classify(ctx context.Context, err error) error {
	var name *net.DNSError
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, ErrBlocked):
		return ErrBlocked
	case ctx.Err() != nil, errors.As(err, &network) && network.Timeout():
		return ErrTimeout
	case errors.As(err, &name):
		return ErrUnresolved
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert),
		strings.Contains(err.Error(), "tls: "): // some of crypto/tls's errors have no type
		return ErrTLS
	}
	return ErrUnanswered
}
