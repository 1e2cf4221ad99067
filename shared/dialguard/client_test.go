package dialguard_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/dialguard"
	"github.com/zenvault/zenvault/shared/webhook"
)

func post(t *testing.T, o dialguard.Options, url string) (webhook.Answer, error) {
	t.Helper()
	return dialguard.New(o).Post(context.Background(), url, http.Header{"Webhook-Id": {"evt_1"}}, []byte(`{"a":1}`))
}

var local = dialguard.Options{Loopback: true}

// The receiver gets exactly the bytes and headers given, over TLS, and its answer comes back with its status.
func TestPost(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, body = r, must(io.ReadAll(r.Body))
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "later")
	}))
	defer server.Close()
	answer, err := post(t, dialguard.Options{Loopback: true, Roots: trust(server)}, server.URL+"/hook?a=b")
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != 503 || string(answer.Body) != "later" || answer.RetryAfter != "7" {
		t.Errorf("answer: got %+v", answer)
	}
	if string(body) != `{"a":1}` || got.Header.Get("Webhook-Id") != "evt_1" || got.URL.String() != "/hook?a=b" {
		t.Errorf("request: got %s %s %v", got.URL, body, got.Header)
	}
	if encoding := got.Header.Values("Accept-Encoding"); encoding != nil {
		t.Errorf("Accept-Encoding: got %q, want none", encoding)
	}
}

// Without the allowance, nothing of this machine is reached, and the target sees no connection.
func TestLoopbackIsBlocked(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, url := range []string{
		server.URL, "https://localhost:" + port, "https://[::1]:" + port, "https://[::ffff:127.0.0.1]:" + port,
		"https://0.0.0.0:" + port, "https://[::]:" + port, "http://127.0.0.1:" + port, "https://user@127.0.0.1:" + port,
		"ftp://127.0.0.1", "https://", "", "https://169.254.169.254/latest/meta-data", "https://[fd00:ec2::254]/",
	} {
		if _, err := post(t, dialguard.Options{Roots: trust(server)}, url); !errors.Is(err, dialguard.ErrBlocked) {
			t.Errorf("%q: got %v, want %v", url, err, dialguard.ErrBlocked)
		}
	}
	if got := hits.Load(); got != 0 {
		t.Errorf("requests that arrived: got %d, want 0", got)
	}
}

// The allowance is for this machine, not for the network it is in.
func TestAllowanceIsForLoopbackOnly(t *testing.T) {
	for _, url := range []string{"http://169.254.169.254/", "http://10.0.0.1/", "http://[fe80::1]/", "http://0.0.0.0/"} {
		if _, err := post(t, local, url); !errors.Is(err, dialguard.ErrBlocked) {
			t.Errorf("%q: got %v, want %v", url, err, dialguard.ErrBlocked)
		}
	}
}

// A name is judged by the address it has in the moment of connecting: one that meant a public server a moment ago and
// now means this machine, or the instance metadata, is blocked.
func TestRebinding(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, address := range []string{"127.0.0.1", "169.254.169.254", "10.1.2.3", "100.64.0.1"} {
		o := dialguard.Options{Roots: trust(server), Resolver: resolver(netip.MustParseAddr(address))}
		if _, err := post(t, o, "https://hooks.example.com:"+port); !errors.Is(err, dialguard.ErrBlocked) {
			t.Errorf("%s: got %v, want %v", address, err, dialguard.ErrBlocked)
		}
	}
}

// A redirect is an answer like any other: it is not followed.
func TestRedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/hook" {
				t.Errorf("%d was followed to %s", status, r.URL)
			}
			http.Redirect(w, r, "/elsewhere", status)
		}))
		answer, err := post(t, local, server.URL+"/hook")
		server.Close()
		if err != nil || answer.Status != status {
			t.Errorf("got %d, %v, want %d", answer.Status, err, status)
		}
	}
}

// One deadline is over all of it: a receiver that does not answer, and one that never ends its answer, are given up.
func TestDeadline(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"no headers": func(http.ResponseWriter, *http.Request) {},
		"slow body": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.Write([]byte("a"))
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				answer(w, r)
				<-release
			}))
			defer server.Close()
			defer close(release)
			o := dialguard.Options{Loopback: true, Deadline: 200 * time.Millisecond}
			if _, err := post(t, o, server.URL); !errors.Is(err, dialguard.ErrTimeout) {
				t.Errorf("got %v, want %v", err, dialguard.ErrTimeout)
			}
		})
	}
}

// Of a huge body 64 KiB are read.
func TestHugeBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 1 << 10 { // 1 GiB, if anybody took it
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	answer, err := post(t, local, server.URL)
	if err != nil || len(answer.Body) != 65536 {
		t.Errorf("got %d bytes, %v, want 65536", len(answer.Body), err)
	}
}

// Endless headers end the attempt.
func TestHugeHeaders(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
	}))
	defer server.Close()
	if _, err := post(t, local, server.URL); !errors.Is(err, dialguard.ErrUnanswered) {
		t.Errorf("got %v, want %v", err, dialguard.ErrUnanswered)
	}
}

// A compressed answer is never expanded.
func TestGzipBomb(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 10<<20))
	z.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	}))
	defer server.Close()
	answer, err := post(t, local, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bomb.Bytes(), answer.Body); diff != "" {
		t.Errorf("the body is not as sent: %d bytes, want %d", len(answer.Body), bomb.Len())
	}
}

// A proxy in the environment is not asked. (A proxy would resolve the name itself, behind the guard's back.) The standard
// library reads the environment once in a process, so that this needs one of its own.
func TestProxyIsNotAsked(t *testing.T) {
	if os.Getenv("ALL_PROXY") != "" {
		o := dialguard.Options{Loopback: true, Resolver: resolver(netip.MustParseAddr("10.1.2.3"))}
		if _, err := post(t, o, "http://hooks.example.com/"); !errors.Is(err, dialguard.ErrBlocked) {
			t.Errorf("got %v, want %v", err, dialguard.ErrBlocked)
		}
		return
	}
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	again := exec.Command(os.Args[0], "-test.run=^TestProxyIsNotAsked$")
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		again.Env = append(again.Env, name+"="+proxy.URL)
	}
	if out, err := again.CombinedOutput(); err != nil || asked.Load() != 0 {
		t.Errorf("the proxy was asked %d times: %v\n%s", asked.Load(), err, out)
	}
}

// An unknown certificate and a TLS below 1.2 are both refused.
func TestTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer server.Close()
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	for name, c := range map[string]struct {
		url   string
		roots *x509.CertPool
	}{
		"unknown certificate": {server.URL, x509.NewCertPool()},
		"TLS 1.1":             {old.URL, trust(old)},
	} {
		if _, err := post(t, dialguard.Options{Loopback: true, Roots: c.roots}, c.url); !errors.Is(err, dialguard.ErrTLS) {
			t.Errorf("%s: got %v, want %v", name, err, dialguard.ErrTLS)
		}
	}
}

// A name without an address and a port where nobody listens are told apart, in fixed words.
func TestNobodyThere(t *testing.T) {
	if _, err := post(t, dialguard.Options{Resolver: resolver()}, "https://hooks.example.com"); !errors.Is(err, dialguard.ErrUnresolved) {
		t.Errorf("got %v, want %v", err, dialguard.ErrUnresolved)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, err := post(t, local, server.URL); !errors.Is(err, dialguard.ErrUnanswered) {
		t.Errorf("got %v, want %v", err, dialguard.ErrUnanswered)
	}
}

func trust(server *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
