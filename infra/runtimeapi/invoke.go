package runtimeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// MaxPayload is the largest event and the largest answer, in bytes (Lambda quotas: synchronous invocation payload, 6 MB).
const MaxPayload = 6 << 20

// FunctionError is what the function itself reported, for an event or for its start.
type FunctionError struct {
	Type    string
	Message string
	Payload []byte // as reported
}

func (e *FunctionError) Error() string { return "the function failed: " + e.Type + ": " + e.Message }

// reported reads an error document; one that is not JSON stays as the payload only.
func reported(header string, payload []byte) *FunctionError {
	var document struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	e := &FunctionError{Type: header, Payload: payload}
	if json.Unmarshal(payload, &document) == nil {
		e.Message = document.ErrorMessage
		if document.ErrorType != "" {
			e.Type = document.ErrorType
		}
	}
	return e
}

// invocation is one event on its way through the process.
type invocation struct {
	id       string
	event    []byte
	deadline time.Time
	answered chan answer // takes one without a receiver
}

type answer struct {
	payload []byte
	err     error
}

// Invoke hands one event to the process and returns its answer. A FunctionError is the function's own and leaves the
// process running; ErrTimeout and ErrExited mean that the process is gone. When ctx ends while the function has the
// event the process is killed too, since nothing is known of it any more.
func (r *Runtime) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if len(event) > MaxPayload {
		return nil, fmt.Errorf("an event of %d bytes, the limit is %d", len(event), MaxPayload)
	}
	select {
	case <-r.turn:
		defer func() { r.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	i := &invocation{id: newID(), event: event, deadline: time.Now().Add(r.timeout), answered: make(chan answer, 1)}
	limit := time.NewTimer(r.timeout)
	defer limit.Stop()
	select {
	case r.events <- i:
		return r.await(ctx, i, limit.C)
	case <-r.ended:
	case <-limit.C: // it has answered the event before, and does not come for the next one
		r.end(fmt.Errorf("%w: %v", ErrTimeout, r.timeout))
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return nil, r.reason()
}

func (r *Runtime) await(ctx context.Context, i *invocation, limit <-chan time.Time) ([]byte, error) {
	select {
	case a := <-i.answered:
		return a.payload, a.err
	case <-r.ended:
	case <-limit:
		r.end(fmt.Errorf("%w: %v", ErrTimeout, r.timeout))
	case <-ctx.Done():
		r.end(context.Cause(ctx))
	}
	// A function that panics answers and then exits: the answer counts, whichever was seen first.
	select {
	case a := <-i.answered:
		return a.payload, a.err
	default:
		return nil, r.reason()
	}
}
