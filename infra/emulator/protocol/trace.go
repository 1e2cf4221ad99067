package protocol

import "context"

// Trace is what one call did, for a test's record of requests and their price. The service fills it while it runs the
// call; nobody else touches it until Call has returned.
type Trace struct {
	// Touched are the items that the call read or wrote, as "table key", in the order of the request.
	Touched []string
	// ReadUnits and WriteUnits are DynamoDB's capacity units.
	ReadUnits, WriteUnits float64
}

type traceKey struct{}

// WithTrace makes a context whose calls fill the trace.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf is the context's trace, or one that nobody reads.
func TraceOf(ctx context.Context) *Trace {
	if t, ok := ctx.Value(traceKey{}).(*Trace); ok {
		return t
	}
	return &Trace{}
}
