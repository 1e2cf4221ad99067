// Package client calls zenvault for a workspace's program: JSON over HTTP with an API key, each request signed if the
// program has a private key for it. It is made to be used outside of this repository.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// The bounds of a call.
const (
	timeout   = 30 * time.Second
	maxAnswer = 8 << 20 // bytes
)

// Client is what calls are made with. It is safe for concurrent use.
type Client struct {
	URL    string                // of the API, such as "https://vault.example.com"
	Token  secret.Text           // the API key, "zv_live_…"
	Signer *signedrequest.Signer // nil: requests are not signed
	HTTP   *http.Client          // nil: one with a time-out of 30 s that follows no redirect
	Now    func() time.Time      // nil is time.Now; signatures need a clock that is right to a few seconds
}

// Problem is an answer that is not success (RFC 9457).
type Problem struct {
	Status    int    `json:"status"`
	Code      string `json:"code"` // stable: what a program may test
	Detail    string `json:"detail"`
	Field     string `json:"field"`
	RequestID string `json:"request_id"`
}

func (p *Problem) Error() string {
	return fmt.Sprintf("zenvault answered %d %s: %s (request %s)", p.Status, p.Code, p.Detail, p.RequestID)
}

// Call is one request to the API.
type Call struct {
	Method string
	Path   string // with the query, if there is one
	Input  any    // becomes the body as JSON; nil is no body
	Once   string // the Idempotency-Key: a retry of a call that changes something should have the same; "" is none
}

// Do makes a call and decodes the answer into output, a pointer, or nil. It fails with *Problem where zenvault answered;
// after any other error it is not known whether the call was done: make it again, with the same Once. Each call is signed
// anew, so a retry is no replay.
func (c *Client) Do(ctx context.Context, call Call, output any) error {
	request, err := c.Request(ctx, call)
	if err != nil {
		return err
	}
	return c.Send(request, output)
}

// Request makes the HTTP request of a call, signed: whoever sends it twice is refused the second time.
func (c *Client) Request(ctx context.Context, call Call) (*http.Request, error) {
	var body []byte
	if call.Input != nil {
		var err error
		if body, err = json.Marshal(call.Input); err != nil {
			return nil, fmt.Errorf("encoding the input of %s %s: %w", call.Method, call.Path, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, call.Method, strings.TrimSuffix(c.URL, "/")+call.Path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if err := c.stays(r.URL, call.Path); err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token.Expose())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if call.Once != "" {
		r.Header.Set("Idempotency-Key", call.Once)
	}
	if c.Signer == nil {
		return r, nil
	}
	// What is signed is what net/http will write, not what the caller typed.
	token, err := c.Signer.Sign(signedrequest.Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: body}, c.now())
	r.Header.Set(signedrequest.Header, token)
	return r, err
}

// ErrElsewhere is told of a call that would carry the API key to another host than the client's, or in the clear.
var ErrElsewhere = errors.New("the call would leave the client's host, or go unencrypted beyond this machine")

// stays holds a call to the host that the client is for: a path can begin with what makes another host of it.
func (c *Client) stays(to *url.URL, path string) error {
	base, err := url.Parse(c.URL)
	if err != nil {
		return err
	}
	address, _ := netip.ParseAddr(to.Hostname())
	local := to.Hostname() == "localhost" || address.IsLoopback()
	if !strings.HasPrefix(path, "/") || to.Host != base.Host || to.User != nil || to.Scheme != "https" && !(to.Scheme == "http" && local) {
		return ErrElsewhere
	}
	return nil
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// direct follows no redirect: the API has none, and a signature is for one address.
var direct = &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// Send sends a request that Request has made.
func (c *Client) Send(r *http.Request, output any) error {
	over := c.HTTP
	if over == nil {
		over = direct
	}
	response, err := over.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", r.Method, r.URL.Path, err)
	}
	if response.StatusCode/100 != 2 {
		return problem(response, answer)
	}
	if output == nil {
		return nil
	}
	if err := json.Unmarshal(answer, output); err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", r.Method, r.URL.Path, err)
	}
	return nil
}

func problem(response *http.Response, answer []byte) error {
	p := &Problem{}
	if json.Unmarshal(answer, p) != nil || p.Code == "" { // not of zenvault: a proxy's, say
		*p = Problem{Code: "unknown", Detail: http.StatusText(response.StatusCode)}
	}
	p.Status = response.StatusCode
	return p
}
