// Package api calls Fireblocks' REST API: it orders transactions, asks what became of them, and asks for their
// cancellation. Facts are from Fireblocks' API reference ("Authenticate", "Create a new transaction", "API idempotency",
// "Primary transaction statuses", read 2026-11).
package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

const (
	// KeyBits is the size of an API user's RSA key ("Create a CSR for an API user").
	KeyBits = 4096
	// Deadline is over one call: connecting, TLS, the answer's headers and its body. Three calls fit into a worker's time.
	Deadline = 8 * time.Second

	maxAnswer = 1 << 20 // bytes; a transaction with all its destinations and messages is far below
	userAgent = "zenvault/1"
)

// Options are what a client is made of.
type Options struct {
	Keys   func(ctx context.Context, reference string) (signing.Key, error) // RSA of KeyBits, for RS256
	Now    func() time.Time
	Random io.Reader

	Transport http.RoundTripper // nil is one of its own, which is what a deployed function needs
	Plain     bool              // http to this machine too: for the local gateway only
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	Options
	http http.Client
}

// New makes a client. Nothing of the environment changes it: no proxy, and no redirect, which would carry a signature to
// where it was not made for.
func New(o Options) *Client {
	if o.Transport == nil {
		o.Transport = &http.Transport{Proxy: nil, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true}
	}
	return &Client{Options: o, http: http.Client{
		Transport:     o.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

const transactions = "/v1/transactions"

// Submit orders a transaction. A *custody.Refusal says that there is none by this call; after any other error it is not
// known. The provider makes one transaction for a reference at most, and refuses a second order.
func (c *Client) Submit(ctx context.Context, a custody.Account, o custody.Order) (custody.Transaction, error) {
	body, err := encodeOrder(o)
	if err != nil {
		return custody.Transaction{}, &custody.Refusal{Code: "order_unsupported", Message: err.Error()}
	}
	answer, err := c.call(ctx, a, http.MethodPost, transactions, body)
	if errors.Is(err, custody.ErrAbsent) { // of something that the order names
		return custody.Transaction{}, &custody.Refusal{Code: "http_404"}
	}
	if err != nil {
		return custody.Transaction{}, err
	}
	return parseTransaction(answer)
}

// Find looks for the transaction of a customer's reference. custody.ErrAbsent says that there is none now.
func (c *Client) Find(ctx context.Context, a custody.Account, ref string) (custody.Transaction, error) {
	return c.read(ctx, a, transactions+"/external_tx_id/"+url.PathEscape(ref))
}

// Status asks what became of a transaction. custody.ErrAbsent says that there is none.
func (c *Client) Status(ctx context.Context, a custody.Account, txID string) (custody.Transaction, error) {
	return c.read(ctx, a, transactions+"/"+url.PathEscape(txID))
}

func (c *Client) read(ctx context.Context, a custody.Account, path string) (custody.Transaction, error) {
	answer, err := c.call(ctx, a, http.MethodGet, path, nil)
	if err != nil {
		return custody.Transaction{}, err
	}
	return parseTransaction(answer)
}

// Cancel asks for a transaction's cancellation, which the provider grants up to its broadcast. What becomes of it, Status
// tells. Asking twice asks once.
func (c *Client) Cancel(ctx context.Context, a custody.Account, txID string) error {
	// Fireblocks' own clients send an empty object here, and sign it.
	_, err := c.call(ctx, a, http.MethodPost, transactions+"/"+url.PathEscape(txID)+"/cancel", []byte("{}"))
	return err
}

// call signs and sends one request and reads the answer, whole and never decompressed beyond its bound.
func (c *Client) call(ctx context.Context, a custody.Account, method, path string, body []byte) ([]byte, error) {
	ctx, done := context.WithTimeout(ctx, Deadline)
	defer done()
	token, err := c.token(ctx, a, path, body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", &custody.Refusal{Code: "signing_key_unavailable", Passing: true}, err) // nothing was sent
	}
	r, err := http.NewRequestWithContext(ctx, method, a.BaseURL+path, bytes.NewReader(body))
	if err != nil || !c.speaks(r.URL) {
		return nil, &custody.Refusal{Code: "base_url_refused"}
	}
	r.Header.Set("X-API-Key", a.APIKey)
	r.Header.Set("Authorization", "Bearer "+string(token))
	r.Header.Set("User-Agent", userAgent)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.exchange(r)
}

// speaks bounds where a signed request can go, whatever the account says.
func (c *Client) speaks(u *url.URL) bool {
	local := c.Plain && u.Scheme == "http" && u.Hostname() == "127.0.0.1"
	return u.User == nil && u.Host != "" && (u.Scheme == "https" || local)
}

var errLong = errors.New("the answer is longer than 1 MiB")

func (c *Client) exchange(r *http.Request) ([]byte, error) {
	got, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("calling Fireblocks: %w", err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading Fireblocks' answer: %w", err)
	case len(body) > maxAnswer:
		return nil, errLong
	case got.StatusCode == http.StatusOK, got.StatusCode == http.StatusCreated:
		return body, nil
	}
	return nil, parseRefusal(got.StatusCode, got.Header.Get("Retry-After"), body)
}

// token is the proof of one request: RS256 over its path, its body's hash, a nonce and its time.
func (c *Client) token(ctx context.Context, a custody.Account, path string, body []byte) ([]byte, error) {
	key, err := c.Keys(ctx, a.SigningKey)
	if err != nil {
		return nil, err
	}
	claims, err := c.claims(a.APIKey, path, body)
	if err != nil {
		return nil, err
	}
	return codec.SealToken(ctx, claims, key)
}
