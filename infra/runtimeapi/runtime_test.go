package runtimeapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/runtimeapi"
)

// bootstrap is testdata/hello, built as functions are, for this machine.
var bootstrap string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hello")
	if err != nil {
		panic(err)
	}
	bootstrap = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc",
		"-o", bootstrap, "./testdata/hello")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("building hello: %v\n%s", err, output))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func start(t *testing.T, o runtimeapi.Options) *runtimeapi.Runtime {
	t.Helper()
	o.Bootstrap = bootstrap
	r, err := runtimeapi.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	t.Cleanup(r.Stop)
	return r
}

// A real function gets the event, its own environment and nothing of the caller's, the request's id, deadline and ARN;
// and its answer comes back.
func TestInvoke(t *testing.T) {
	var output bytes.Buffer
	r := start(t, runtimeapi.Options{Env: []string{"GREETING=good day"}, Timeout: 7 * time.Second, Output: &output})
	seen := map[string]bool{}
	for range 3 {
		raw, err := r.Invoke(t.Context(), []byte(`{"Do":"world"}`))
		if err != nil {
			t.Fatalf("invoking: %v", err)
		}
		var got struct {
			Hello, RequestID, ARN, Greeting, Home string
			Deadline                              time.Duration
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("the answer %s: %v", raw, err)
		}
		if got.Hello != "world" || got.Greeting != "good day" || got.Home != "" || got.ARN != runtimeapi.ARN {
			t.Errorf("got %+v, want hello world, good day, no home, ARN %s", got, runtimeapi.ARN)
		}
		if got.Deadline <= 5*time.Second || got.Deadline > 7*time.Second {
			t.Errorf("time left: got %v, want nearly 7 s", got.Deadline)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(got.RequestID) || seen[got.RequestID] {
			t.Errorf("request id: got %q, want a new UUID", got.RequestID)
		}
		seen[got.RequestID] = true
	}
	if d := r.InitDuration(); d <= 0 || d > 10*time.Second {
		t.Errorf("init duration: got %v, want some milliseconds", d)
	}
	r.Stop()
	if got := output.String(); !strings.Contains(got, "hello is starting") {
		t.Errorf("output: got %q, want what the process printed", got)
	}
}

// Concurrent invocations take turns in the one process, and none gets another one's answer.
func TestInvokeTakesTurns(t *testing.T) {
	r := start(t, runtimeapi.Options{})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			want := fmt.Sprintf(`"Hello":"%d"`, i)
			got, err := r.Invoke(t.Context(), fmt.Appendf(nil, `{"Do":"%d"}`, i))
			if err != nil || !bytes.Contains(got, []byte(want)) {
				t.Errorf("got %s, %v; want %s", got, err, want)
			}
		})
	}
	all.Wait()
}

// A function's error is its own: it comes back as reported, and the process goes on.
func TestInvokeFunctionError(t *testing.T) {
	r := start(t, runtimeapi.Options{})
	_, err := r.Invoke(t.Context(), []byte(`{"Do":"fail"}`))
	var failed *runtimeapi.FunctionError
	if !errors.As(err, &failed) || failed.Type != "errorString" || failed.Message != "as asked" {
		t.Fatalf("got %v, want the function's errorString: as asked", err)
	}
	if _, err := r.Invoke(t.Context(), []byte(`{"Do":"world"}`)); err != nil {
		t.Errorf("invoking after an error: %v", err)
	}
}

// An answer that is larger than Lambda lets through is the function's error, not a cut answer.
func TestInvokeTooLarge(t *testing.T) {
	r := start(t, runtimeapi.Options{})
	_, err := r.Invoke(t.Context(), []byte(`{"Do":"world","Size":6291456}`))
	var failed *runtimeapi.FunctionError
	if !errors.As(err, &failed) || failed.Type != "Function.ResponseSizeTooLarge" {
		t.Errorf("answer: got %v, want Function.ResponseSizeTooLarge", err)
	}
	if _, err := r.Invoke(t.Context(), make([]byte, runtimeapi.MaxPayload+1)); err == nil {
		t.Error("event: got no error for one byte too many")
	}
}

// What ends the process says so, at once and ever after.
func TestInvokeEnds(t *testing.T) {
	background := func(t *testing.T) context.Context { return t.Context() }
	cancelled := func(t *testing.T) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		context.AfterFunc(t.Context(), cancel)
		time.AfterFunc(20*time.Millisecond, cancel)
		return ctx
	}
	for _, c := range []struct {
		name, event string
		ctx         func(*testing.T) context.Context
		want, after error
	}{
		{"exit", `{"Do":"exit"}`, background, runtimeapi.ErrExited, runtimeapi.ErrExited},
		{"time-out", `{"Do":"hang"}`, background, runtimeapi.ErrTimeout, runtimeapi.ErrTimeout},
		{"given up", `{"Do":"hang"}`, cancelled, context.Canceled, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			timeout := 100 * time.Millisecond
			if c.want != runtimeapi.ErrTimeout {
				timeout = time.Minute
			}
			r := start(t, runtimeapi.Options{Timeout: timeout})
			if _, err := r.Invoke(c.ctx(t), []byte(c.event)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if _, err := r.Invoke(t.Context(), []byte(`{"Do":"world"}`)); !errors.Is(err, c.after) {
				t.Errorf("next invocation: got %v, want %v", err, c.after)
			}
		})
	}
}

// A panic is reported by the function and then ends its process: the report counts.
func TestInvokePanic(t *testing.T) {
	r := start(t, runtimeapi.Options{})
	_, err := r.Invoke(t.Context(), []byte(`{"Do":"panic"}`))
	var failed *runtimeapi.FunctionError
	if !errors.As(err, &failed) || failed.Message != "as asked" {
		t.Errorf("got %v, want the function's panic: as asked", err)
	}
	if _, err := r.Invoke(t.Context(), []byte(`{"Do":"world"}`)); !errors.Is(err, runtimeapi.ErrExited) {
		t.Errorf("next invocation: got %v, want %v", err, runtimeapi.ErrExited)
	}
}

// A function that can't start says why, or its exit says so.
func TestStartFails(t *testing.T) {
	_, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: bootstrap, Env: []string{"HELLO_INIT=exit"}})
	if !errors.Is(err, runtimeapi.ErrExited) || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("exit: got %v, want %v with exit status 3", err, runtimeapi.ErrExited)
	}
	_, err = runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: bootstrap, Env: []string{"HELLO_INIT=error"}})
	var failed *runtimeapi.FunctionError
	if !errors.As(err, &failed) || failed.Type != "Hello.NoWorld" || failed.Message != "there is no world" {
		t.Errorf("init error: got %v, want Hello.NoWorld: there is no world", err)
	}
	_, err = runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: filepath.Join(t.TempDir(), "none")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: got %v, want %v", err, os.ErrNotExist)
	}
}

// What a process posts for an event that it does not have is refused, and the event that it has is still to be answered.
func TestInvokeRefusesOtherIDs(t *testing.T) {
	r := start(t, runtimeapi.Options{})
	got, err := r.Invoke(t.Context(), []byte(`{"Do":"meddle"}`))
	if err != nil || !bytes.Contains(got, []byte("400 Bad Request")) {
		t.Errorf("got %s, %v; want an answer that says 400 Bad Request", got, err)
	}
}

// After Stop the process is gone, and stopping again is harmless.
func TestStop(t *testing.T) {
	r := start(t, runtimeapi.Options{})
	r.Stop()
	r.Stop()
	if _, err := r.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, runtimeapi.ErrExited) {
		t.Errorf("got %v, want %v", err, runtimeapi.ErrExited)
	}
}
