package emulator

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxCalls is how many calls are kept; a gateway that runs for days must not fill the memory with its log.
const maxCalls = 20_000

// Call is one call that reached a service, in the order of their ends. A request that a fault loses is not among them.
type Call struct {
	// Operation is the whole X-Amz-Target, such as "DynamoDB_20120810.GetItem"; of SES, "SESv2.SendEmail".
	Operation string
	// Error is the type of the refusal; empty is success.
	Error string
	// Touched are the items read or written, as "table key" with the key in wire form; a Query has the partition.
	Touched []string
	// ReadUnits and WriteUnits are DynamoDB's capacity units.
	ReadUnits, WriteUnits float64
	// Body is the request.
	Body []byte
}

type callLog struct {
	mu    sync.Mutex
	calls []Call
	ids   uint64
}

// Calls are those since the start or the last Forget, oldest first; of very many, the latest.
func (e *Emulator) Calls() []Call {
	e.calls.mu.Lock()
	defer e.calls.mu.Unlock()
	return slices.Clone(e.calls.calls)
}

// Forget empties the log, so that the next Calls has what came after.
func (e *Emulator) Forget() {
	e.calls.mu.Lock()
	defer e.calls.mu.Unlock()
	e.calls.calls = nil
}

func (l *callLog) add(c Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) == maxCalls {
		l.calls = slices.Clone(l.calls[maxCalls/2:])
	}
	l.calls = append(l.calls, c)
}

func (l *callLog) nextID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids++
	return fmt.Sprintf("%032X", l.ids)
}

// act runs a call on its service and logs it.
func (e *Emulator) act(service protocol.Service, operation string, call fault.Call) fault.Act {
	return func(ctx context.Context) (any, error) {
		var trace protocol.Trace
		out, err := service.Call(protocol.WithTrace(ctx, &trace), operation, call.Body)
		done := Call{call.Operation, "", trace.Touched, trace.ReadUnits, trace.WriteUnits, call.Body}
		if err != nil {
			_, refused := refusal(err)
			done.Error = refused["__type"].(string)
		}
		e.calls.add(done)
		return out, err
	}
}
