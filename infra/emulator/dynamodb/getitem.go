package dynamodb

import (
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type getItemInput struct {
	TableName                string
	Key                      attribute.Item
	ConsistentRead           bool
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	ReturnConsumedCapacity   returnConsumedCapacity
}

type getItemOutput struct {
	Item             attribute.Item    `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

func (s *Service) getItem(trace *protocol.Trace, in getItemInput) (out getItemOutput, err error) {
	if err := checkTableName(in.TableName); err != nil {
		return out, err
	}
	view, err := parseView(in.ExpressionAttributeNames, in.ProjectionExpression)
	if err != nil {
		return out, err
	}
	r, err := s.read(trace, in.TableName, in.Key)
	if err != nil {
		return out, err
	}
	var units meter
	units.of(in.TableName).read = readUnits(r.bytes(), in.ConsistentRead)
	units.trace(trace)
	return getItemOutput{view.of(r), units.reportOf(in.TableName, in.ReturnConsumedCapacity)}, nil
}

// read finds one row, nil if there is none.
func (s *Service) read(trace *protocol.Trace, name string, key attribute.Item) (*row, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.readLocked(trace, name, key)
}

func (s *Service) readLocked(trace *protocol.Trace, name string, key attribute.Item) (*row, error) {
	t, err := s.table(name)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, errNoKey
	}
	if err := t.key.checkKey(key); err != nil {
		return nil, err
	}
	trace.Touched = append(trace.Touched, touched(name, key))
	return t.rows.get(t.key.place(key)), nil
}

// bytes is what reading the row counts.
func (r *row) bytes() int {
	if r == nil {
		return 0
	}
	return r.size
}

// view is what a read shows of an item: all of it if paths is nil.
type view struct{ paths expression.Projection }

// parseView is for the reads whose only expression is the projection.
func parseView(names map[string]string, text *string) (v view, err error) {
	scope, err := placeholders{ExpressionAttributeNames: names}.scope(member{"ProjectionExpression", text})
	if err != nil {
		return v, err
	}
	if err := v.parse(scope, text); err != nil {
		return v, err
	}
	return v, scope.Unused()
}

func (v *view) parse(scope *expression.Scope, text *string) (err error) {
	if text != nil {
		v.paths, err = scope.Projection(*text)
	}
	return err
}

func (v view) of(r *row) attribute.Item {
	if r == nil {
		return nil
	}
	if v.paths == nil {
		return r.item
	}
	return v.paths.Of(r.item)
}
