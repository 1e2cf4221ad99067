package dynamodb

import (
	"errors"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// cancellationReason is why one action of a transaction cannot be done; the zero value is none.
type cancellationReason struct {
	Code    string
	Message string         `json:",omitempty"`
	Item    attribute.Item `json:",omitempty"`
}

// cancelled is the answer if at least one action has a reason; the others are None.
func cancelled(reasons []cancellationReason) error {
	codes, failed := make([]string, len(reasons)), false
	for i := range reasons {
		if reasons[i].Code == "" {
			reasons[i].Code = "None"
		} else {
			failed = true
		}
		codes[i] = reasons[i].Code
	}
	if !failed {
		return nil
	}
	err := protocol.Refuse("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	err.Fields = map[string]any{"CancellationReasons": reasons}
	return err
}

// reason is what the error of a write is in the list of reasons.
func (w *write) reason(err error, before *row) cancellationReason {
	if err == errCondition {
		r := cancellationReason{Code: "ConditionalCheckFailed", Message: "The conditional request failed"}
		if w.returnOld && before != nil {
			r.Item = before.item
		}
		return r
	}
	var refused *protocol.Error
	if errors.As(err, &refused) {
		return cancellationReason{Code: "ValidationError", Message: refused.Message}
	}
	return cancellationReason{Code: "ValidationError", Message: err.Error()}
}
