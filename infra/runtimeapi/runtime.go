// Package runtimeapi runs a real bootstrap the way Lambda does: it starts the process, serves it the Runtime API on
// loopback, hands it events and takes its answers. Tests run the artifacts that are deployed with it.
//
// The protocol is that of "Using the Lambda runtime API for custom runtimes" (AWS Lambda Developer Guide, version
// 2018-06-01), without extensions and response streaming.
package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// initLimit is how long a function may take until its first poll (Lambda quotas: init phase, 10 s).
const initLimit = 10 * time.Second

// ARN is what the function is told that it was invoked as.
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:bootstrap"

// Faults of the process, beside FunctionError.
var (
	ErrTimeout = errors.New("the function did not answer in time")
	ErrExited  = errors.New("the function's process has ended")
)

// Options of Start.
type Options struct {
	Bootstrap string        // path of the executable
	Env       []string      // "NAME=value"; nothing is inherited, as on Lambda
	Timeout   time.Duration // of an invocation; 0 is 10 s, as in the template
	Output    io.Writer     // gets what the process writes to stdout and stderr; nil discards it
}

// Runtime is one running process. Its methods may be called concurrently; invocations take turns, as they do in one
// execution environment. After a time-out or an exit it is of no more use: start another one.
type Runtime struct {
	process *exec.Cmd
	server  *http.Server
	timeout time.Duration
	init    time.Duration // valid once polled is closed

	turn   chan struct{}    // holds a token while nobody invokes
	events chan *invocation // from Invoke to the poll
	polled chan struct{}    // closed at the first poll
	failed chan struct{}    // takes a token when the process reports that it can't start
	ended  chan struct{}    // closed when the process is gone

	mu      sync.Mutex
	current *invocation // handed out and not answered yet
	fault   error       // why the process ended or was ended; the first reason stays
}

// Start starts the process and returns at its first poll. ctx limits the start only. A process that reports an init
// error gives a FunctionError; one that exits ErrExited; one that does not poll within 10 s ErrTimeout.
func Start(ctx context.Context, o Options) (*Runtime, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the runtime: %w", err)
	}
	r := &Runtime{timeout: o.Timeout, turn: make(chan struct{}, 1), events: make(chan *invocation),
		polled: make(chan struct{}), failed: make(chan struct{}, 1), ended: make(chan struct{})}
	if r.timeout == 0 {
		r.timeout = 10 * time.Second
	}
	r.turn <- struct{}{}
	started := time.Now()
	r.server = &http.Server{Handler: r.handler(started), ReadHeaderTimeout: 5 * time.Second}
	go r.server.Serve(listener) // ends with Close, in Stop
	if err := r.run(o, listener.Addr().String()); err != nil {
		r.server.Close()
		return nil, err
	}
	if err := r.awaitPoll(ctx); err != nil {
		r.Stop()
		return nil, err
	}
	return r, nil
}

func (r *Runtime) run(o Options, address string) error {
	r.process = exec.Command(o.Bootstrap)
	r.process.Env = append(slices.Clone(o.Env), "AWS_LAMBDA_RUNTIME_API="+address, "AWS_LAMBDA_FUNCTION_NAME=bootstrap",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "_HANDLER=bootstrap")
	r.process.Stdout, r.process.Stderr = o.Output, o.Output
	r.process.WaitDelay = time.Second // for output of a grandchild that lives on
	if err := r.process.Start(); err != nil {
		return fmt.Errorf("starting the bootstrap: %w", err)
	}
	go func() {
		err := r.process.Wait()
		if err == nil {
			err = errors.New("exit status 0")
		}
		r.blame(fmt.Errorf("%w: %w", ErrExited, err))
		close(r.ended)
	}()
	return nil
}

func (r *Runtime) awaitPoll(ctx context.Context) error {
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case <-r.polled:
		return nil
	case <-r.ended:
	case <-r.failed:
	case <-limit.C:
		r.end(fmt.Errorf("%w: no poll within %v", ErrTimeout, initLimit))
	case <-ctx.Done():
		r.end(context.Cause(ctx))
	}
	return fmt.Errorf("initialising the function: %w", r.reason())
}

// InitDuration is the time from the start of the process to its first poll.
func (r *Runtime) InitDuration() time.Duration { return r.init }

// Stop kills the process, as Lambda does without extensions, and returns when it is gone. It may be called twice.
func (r *Runtime) Stop() {
	r.end(fmt.Errorf("%w: it was stopped", ErrExited))
	r.server.Close()
}

// end kills the process for a reason and waits until it is gone.
func (r *Runtime) end(why error) {
	r.blame(why)
	r.process.Process.Kill() // an error means that it has ended already
	<-r.ended
}

func (r *Runtime) blame(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = why
	}
}

func (r *Runtime) reason() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}
