package fault

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// LostRequest cuts the connection before the service acts.
func LostRequest(context.Context, Call, Act) (any, error) { return nil, ErrCut }

// LostReply lets the service act and then cuts the connection.
func LostReply(ctx context.Context, _ Call, act Act) (any, error) {
	if _, err := act(ctx); err != nil {
		return nil, fmt.Errorf("%w, and with it: %w", ErrCut, err)
	}
	return nil, ErrCut
}

// Refused answers with the error in place of acting.
func Refused(err *protocol.Error) Effect {
	return func(context.Context, Call, Act) (any, error) { return nil, err }
}

// Throttled answers that the call came too soon, in the words of its service.
func Throttled(_ context.Context, call Call, _ Act) (any, error) {
	if strings.HasPrefix(call.Operation, "DynamoDB_") {
		return nil, protocol.Refuse("ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.")
	}
	if strings.HasPrefix(call.Operation, "SESv2.") {
		return nil, &protocol.Error{Status: 429, Type: "TooManyRequestsException", Message: "Maximum sending rate exceeded."}
	}
	return nil, protocol.Refuse("ThrottlingException", "Rate exceeded")
}

// Conflict answers that another transaction holds the action at the position, or the item of a single write.
func Conflict(position int) Effect {
	return func(_ context.Context, call Call, _ Act) (any, error) {
		if !strings.HasSuffix(call.Operation, ".TransactWriteItems") && !strings.HasSuffix(call.Operation, ".TransactGetItems") {
			return nil, protocol.Refuse("TransactionConflictException", "Transaction is ongoing for the item")
		}
		var request struct{ TransactItems []json.RawMessage }
		if err := json.Unmarshal(call.Body, &request); err != nil || position >= len(request.TransactItems) {
			return nil, fmt.Errorf("a transaction of %d actions has no action %d to conflict: %v", len(request.TransactItems), position, err)
		}
		type reason struct {
			Code    string
			Message string `json:",omitempty"`
		}
		reasons := slices.Repeat([]reason{{Code: "None"}}, len(request.TransactItems))
		reasons[position] = reason{"TransactionConflict", "Transaction is ongoing for the item"}
		var codes []string
		for _, r := range reasons {
			codes = append(codes, r.Code)
		}
		err := protocol.Refuse("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
		err.Fields = map[string]any{"CancellationReasons": reasons}
		return nil, err
	}
}

// Slow waits before the service acts. A caller that gives up meanwhile ends the wait, and nothing is done.
func Slow(clock protocol.Clock, d time.Duration) Effect {
	return func(ctx context.Context, _ Call, act Act) (any, error) {
		over := make(chan struct{})
		stop := clock.AfterFunc(d, func() { close(over) })
		defer stop()
		select {
		case <-over:
			return act(ctx)
		case <-ctx.Done():
			return nil, ErrCut
		}
	}
}

// Before runs f before the service acts, After once it has acted and before its answer. A test races or kills there.
func Before(f func()) Effect {
	return func(ctx context.Context, _ Call, act Act) (any, error) {
		f()
		return act(ctx)
	}
}

// After runs f once the service has acted.
func After(f func()) Effect {
	return func(ctx context.Context, _ Call, act Act) (any, error) {
		defer f()
		return act(ctx)
	}
}
