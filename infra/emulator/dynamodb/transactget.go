package dynamodb

import (
	"errors"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type transactGetInput struct {
	TransactItems          []transactGetItem
	ReturnConsumedCapacity returnConsumedCapacity
}

type transactGetItem struct{ Get *getAction }

type getAction struct {
	TableName                string
	Key                      attribute.Item
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

type transactGetOutput struct {
	Responses        []itemResponse
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

type itemResponse struct {
	Item attribute.Item `json:",omitzero"`
}

func (in transactGetInput) views() (views []view, err error) {
	if n := len(in.TransactItems); n == 0 || n > maxActions {
		return nil, protocol.Invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length between 1 and 100")
	}
	for _, item := range in.TransactItems {
		if item.Get == nil {
			return nil, protocol.Invalid("1 validation error detected: Value null at 'transactItems.1.member.get' failed to satisfy constraint: Member must not be null")
		}
		if err := checkTableName(item.Get.TableName); err != nil {
			return nil, err
		}
		v, err := parseView(item.Get.ExpressionAttributeNames, item.Get.ProjectionExpression)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// transactGetItems reads one moment's state.
func (s *Service) transactGetItems(trace *protocol.Trace, in transactGetInput) (out transactGetOutput, err error) {
	views, err := in.views()
	if err != nil {
		return out, err
	}
	rows, err := s.readAll(trace, in)
	if err != nil {
		return out, err
	}
	var units meter
	for i, r := range rows {
		units.of(in.TransactItems[i].Get.TableName).read += 2 * readUnits(r.bytes(), true)
		out.Responses = append(out.Responses, itemResponse{views[i].of(r)})
	}
	units.trace(trace)
	out.ConsumedCapacity = units.reportTransaction(in.ReturnConsumedCapacity)
	return out, nil
}

func (s *Service) readAll(trace *protocol.Trace, in transactGetInput) ([]*row, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows, reasons := make([]*row, len(in.TransactItems)), make([]cancellationReason, len(in.TransactItems))
	seen, bytes := map[string]bool{}, 0
	for i, item := range in.TransactItems {
		r, err := s.readLocked(trace, item.Get.TableName, item.Get.Key)
		var refused *protocol.Error
		switch {
		case err == nil:
			rows[i] = r
			bytes += r.bytes()
		case errors.As(err, &refused) && refused.Type == "ValidationException":
			reasons[i] = cancellationReason{Code: "ValidationError", Message: refused.Message}
			continue
		default:
			return nil, err
		}
		if id := touched(item.Get.TableName, item.Get.Key); seen[id] {
			return nil, protocol.Invalid("Transaction request cannot include multiple operations on one item")
		} else {
			seen[id] = true
		}
	}
	if err := cancelled(reasons); err != nil {
		return nil, err
	}
	if bytes > maxTransactionBytes {
		return nil, protocol.Invalid("Transaction size has exceeded the maximum allowed size of 4 MB")
	}
	return rows, nil
}
