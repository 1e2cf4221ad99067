package dynamodb

import (
	"maps"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Limits of BatchGetItem (its API reference).
const (
	maxBatchKeys  = 100
	maxBatchBytes = 16 << 20
)

type batchGetInput struct {
	RequestItems           map[string]keysAndAttributes
	ReturnConsumedCapacity returnConsumedCapacity
}

type keysAndAttributes struct {
	Keys                     []attribute.Item
	ConsistentRead           bool              `json:",omitempty"`
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
}

type batchGetOutput struct {
	Responses        map[string][]attribute.Item
	UnprocessedKeys  map[string]keysAndAttributes
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

func (in batchGetInput) check() error {
	if len(in.RequestItems) == 0 {
		return protocol.Invalid("The requestItems parameter is required for BatchGetItem")
	}
	count := 0
	for name, request := range in.RequestItems {
		if err := checkTableName(name); err != nil {
			return err
		}
		if len(request.Keys) == 0 {
			return protocol.Invalid("1 validation error detected: Value at 'RequestItems.%s.member.Keys' failed to satisfy constraint: Member must have length greater than or equal to 1", name)
		}
		if len(request.Keys) > maxBatchKeys {
			return protocol.Invalid("1 validation error detected: Value at 'RequestItems.%s.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100", name)
		}
		count += len(request.Keys)
	}
	if count > maxBatchKeys {
		return protocol.Invalid("Too many items requested for the BatchGetItem call")
	}
	return nil
}

// batchGetItem answers all keys at once. Where DynamoDB would leave keys unprocessed, beyond 16 MB, it refuses: no
// batch of zenvault's comes near, and silence would hide one that does.
func (s *Service) batchGetItem(trace *protocol.Trace, in batchGetInput) (out batchGetOutput, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	out.Responses = map[string][]attribute.Item{}
	out.UnprocessedKeys = map[string]keysAndAttributes{}
	var units meter
	bytes := 0
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		rows, err := s.readKeys(trace, name, in.RequestItems[name])
		if err != nil {
			return out, err
		}
		view, err := parseView(in.RequestItems[name].ExpressionAttributeNames, in.RequestItems[name].ProjectionExpression)
		if err != nil {
			return out, err
		}
		out.Responses[name] = []attribute.Item{}
		for _, r := range rows {
			units.of(name).read += readUnits(r.bytes(), in.RequestItems[name].ConsistentRead)
			bytes += r.bytes()
			if r != nil {
				out.Responses[name] = append(out.Responses[name], view.of(r))
			}
		}
	}
	if bytes > maxBatchBytes {
		return out, protocol.Unsupported("UnprocessedKeys of a batch beyond 16 MB")
	}
	units.trace(trace)
	out.ConsumedCapacity = units.report(in.ReturnConsumedCapacity)
	return out, nil
}

func (s *Service) readKeys(trace *protocol.Trace, name string, request keysAndAttributes) (rows []*row, err error) {
	seen := map[string]bool{}
	for _, key := range request.Keys {
		r, err := s.readLocked(trace, name, key)
		if err != nil {
			return nil, err
		}
		if id := touched(name, key); seen[id] {
			return nil, protocol.Invalid("Provided list of item keys contains duplicates")
		} else {
			seen[id] = true
		}
		rows = append(rows, r)
	}
	return rows, nil
}
