package expression

import (
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// KeyCondition is a parsed KeyConditionExpression: one partition, and a range of it unless Operator is empty.
type KeyCondition struct {
	Partition attribute.Value
	// Operator is =, <, <=, >, >=, BETWEEN or begins_with; High is for BETWEEN alone.
	Operator  string
	Low, High attribute.Value
}

var errKeyCondition = protocol.Invalid("Query key condition not supported")

// KeyCondition parses a KeyConditionExpression on the partition key and the sort key; sort is empty if there is none.
func (s *Scope) KeyCondition(text, partition, sort string) (k KeyCondition, err error) {
	var c Condition
	err = s.parse("KeyConditionExpression", text, func(p *parser) { c = p.disjunction() })
	if err != nil {
		return k, err
	}
	for _, clause := range clauses(c) {
		if err := k.take(clause, partition, sort); err != nil {
			return k, err
		}
	}
	if k.Partition == nil {
		return k, protocol.Invalid("Query condition missed key schema element: %s", partition)
	}
	return k, nil
}

func clauses(c Condition) []Condition {
	if and, ok := c.(both); ok {
		return append(clauses(and.left), clauses(and.right)...)
	}
	return []Condition{c}
}

func (k *KeyCondition) take(c Condition, partition, sort string) error {
	name, clause, err := keyClause(c)
	if err != nil {
		return err
	}
	switch {
	case name == partition && k.Partition != nil, name == sort && k.Operator != "":
		return protocol.Invalid("KeyConditionExpressions must only contain one condition per key")
	case name == partition && clause.Operator != "=":
		return errKeyCondition
	case name == partition:
		k.Partition = clause.Low
	case name == sort && sort != "":
		k.Operator, k.Low, k.High = clause.Operator, clause.Low, clause.High
	case sort == "" || k.Partition == nil:
		return protocol.Invalid("Query condition missed key schema element: %s", partition)
	default:
		return protocol.Invalid("Query condition missed key schema element: %s", sort)
	}
	return nil
}

// keyClause reads one comparison of a top-level attribute with values.
func keyClause(c Condition) (name string, k KeyCondition, err error) {
	var of operand
	var bounds []operand
	switch c := c.(type) {
	case comparison:
		of, bounds, k.Operator = c.left, []operand{c.right}, c.operator
		if _, ok := c.left.(literal); ok {
			of, bounds, k.Operator = c.right, []operand{c.left}, mirrored[c.operator]
		}
	case between:
		of, bounds, k.Operator = c.of, []operand{c.low, c.high}, "BETWEEN"
	case beginsWith:
		of, bounds, k.Operator = c.of, []operand{c.prefix}, "begins_with"
	case either:
		return "", k, protocol.Invalid("Invalid operator used in KeyConditionExpression: OR")
	case negated:
		return "", k, protocol.Invalid("Invalid operator used in KeyConditionExpression: NOT")
	case oneOf:
		return "", k, protocol.Invalid("Invalid operator used in KeyConditionExpression: IN")
	case exists:
		return "", k, protocol.Invalid("Invalid operator used in KeyConditionExpression: attribute_exists")
	default:
		return "", k, errKeyCondition
	}
	if k.Operator == "<>" {
		return "", k, protocol.Invalid("Invalid operator used in KeyConditionExpression: <>")
	}
	path, ok := of.(Path)
	if !ok || len(path) != 1 {
		return "", k, protocol.Invalid("Invalid KeyConditionExpression: Key condition on something other than a key attribute")
	}
	for i, bound := range bounds {
		l, ok := bound.(literal)
		if !ok {
			return "", k, protocol.Invalid("Invalid KeyConditionExpression: Key condition with something other than a value")
		}
		if i == 0 {
			k.Low = l.Value
		} else {
			k.High = l.Value
		}
	}
	return path.Root(), k, nil
}

var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
