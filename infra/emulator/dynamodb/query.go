package dynamodb

import (
	"iter"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type queryInput struct {
	IndexName              *string
	KeyConditionExpression *string
	ScanIndexForward       *bool
	pageInput
}

func (s *Service) query(trace *protocol.Trace, in queryInput) (out pageOutput, err error) {
	if in.KeyConditionExpression == nil {
		return out, protocol.Invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	scope, err := in.open(member{"KeyConditionExpression", in.KeyConditionExpression})
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.table(in.TableName)
	if err != nil {
		return out, err
	}
	source, err := t.source(in.IndexName)
	if err != nil {
		return out, err
	}
	if source.index != nil && in.ConsistentRead {
		return out, protocol.Invalid("Consistent reads are not supported on global secondary indexes")
	}
	condition, err := scope.KeyCondition(*in.KeyConditionExpression, source.key.partition.name, source.key.sort.name)
	if err != nil {
		return out, err
	}
	if err := in.parse(scope, source); err != nil {
		return out, err
	}
	rows, err := in.rows(source, condition)
	if err != nil {
		return out, err
	}
	trace.Touched = append(trace.Touched, touched(source.label, attribute.Item{source.key.partition.name: condition.Partition}))
	return in.page(trace, source, rows), nil
}

// source is what a Query or Scan reads: a table or one of its indexes.
type source struct {
	table *table
	index *index // nil for the table itself
	label string // for the trace
	key   schema
	rows  keyspace
}

func (t *table) source(indexName *string) (source, error) {
	name := t.definition.TableName
	if indexName == nil {
		return source{t, nil, name, t.key, t.rows}, nil
	}
	x, err := t.index(*indexName)
	if err != nil {
		return source{}, err
	}
	return source{t, x, name + "/" + x.name, x.key, x.rows}, nil
}

// startKey is the LastEvaluatedKey that points behind an item.
func (s source) startKey(item attribute.Item) attribute.Item {
	key := s.table.key.keyOf(item)
	for _, part := range s.key.parts() {
		key[part.name] = item[part.name]
	}
	return key
}

// behind checks an ExclusiveStartKey and is the place that it names.
func (s source) behind(key attribute.Item) (place, error) {
	needed := s.startKey(key)
	for name, v := range key {
		if needed[name] == nil || v == nil {
			return place{}, errStartKey
		}
	}
	for _, part := range append(s.table.key.parts(), s.key.parts()...) {
		if v := key[part.name]; v == nil || v.Type() != part.kind || empty(v) {
			return place{}, errStartKey
		}
	}
	if s.index == nil {
		return s.key.place(key), nil
	}
	return s.index.place(s.table.key, key), nil
}

var errStartKey = protocol.Invalid("The provided starting key is invalid")

// rows are those that the key condition selects, from behind ExclusiveStartKey.
func (in *queryInput) rows(source source, c expression.KeyCondition) (iter.Seq2[place, *row], error) {
	from, to, err := bounds(source.key, c)
	if err != nil {
		return nil, err
	}
	backwards := in.ScanIndexForward != nil && !*in.ScanIndexForward
	partition := string(attribute.AppendKey(nil, c.Partition))
	if in.ExclusiveStartKey != nil {
		at, err := source.behind(in.ExclusiveStartKey)
		if err != nil {
			return nil, err
		}
		if at.partition != partition || at.sort < from || to != "" && at.sort >= to {
			return nil, protocol.Invalid("The provided starting key is outside query boundaries based on provided conditions")
		}
		if backwards {
			to = at.sort
		} else {
			from = at.sort + "\x00"
		}
		if to == "" && backwards {
			return func(func(place, *row) bool) {}, nil
		}
	}
	return source.rows.span(partition, from, to, backwards), nil
}

// bounds is the range of the condition in the order of the source: from <= sort < to, empty to being open.
func bounds(key schema, c expression.KeyCondition) (from, to string, err error) {
	checks := []struct {
		v    attribute.Value
		part keyPart
	}{{c.Partition, key.partition}, {c.Low, key.sort}, {c.High, key.sort}}
	for _, check := range checks {
		if check.v != nil && check.v.Type() != check.part.kind {
			return "", "", protocol.Invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
	}
	if empty(c.Partition) {
		return "", "", protocol.Invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", typeNames[key.partition.kind], key.partition.name)
	}
	if c.Operator == "" {
		return "", "", nil
	}
	if c.Operator == "begins_with" {
		prefix := attribute.AppendKeyPrefix(nil, c.Low)
		return string(prefix), successor(prefix), nil
	}
	low := attribute.AppendKey(nil, c.Low)
	switch c.Operator {
	case "=":
		return string(low), successor(low), nil
	case "<":
		return "", string(low), nil
	case "<=":
		return "", successor(low), nil
	case ">":
		return successor(low), "", nil
	case ">=":
		return string(low), "", nil
	}
	return string(low), successor(attribute.AppendKey(nil, c.High)), nil
}
