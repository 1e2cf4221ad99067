package expression

import (
	"cmp"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// term is the right side of a SET.
type term interface {
	compute(item attribute.Item) (attribute.Value, error)
}

type (
	// read is a path or a literal.
	read        struct{ from operand }
	ifNotExists struct {
		path      Path
		otherwise term
	}
	listAppend struct{ first, second term }
	// sum is left + right, or left - right if minus.
	sum struct {
		left, right term
		minus       bool
	}
)

func (t read) compute(item attribute.Item) (attribute.Value, error) {
	v, ok := t.from.value(item)
	if !ok {
		return nil, errMissing
	}
	return v, nil
}

func (t ifNotExists) compute(item attribute.Item) (attribute.Value, error) {
	if v, ok := t.path.value(item); ok {
		return v, nil
	}
	return t.otherwise.compute(item)
}

func (t listAppend) compute(item attribute.Item) (attribute.Value, error) {
	first, err := t.first.compute(item)
	if err != nil {
		return nil, err
	}
	second, err := t.second.compute(item)
	if err != nil {
		return nil, err
	}
	a, okA := first.(attribute.List)
	b, okB := second.(attribute.List)
	if !okA || !okB {
		return nil, errOperandType
	}
	return slices.Concat(a, b), nil
}

func (t sum) compute(item attribute.Item) (attribute.Value, error) {
	left, err := t.left.compute(item)
	if err != nil {
		return nil, err
	}
	right, err := t.right.compute(item)
	if err != nil {
		return nil, err
	}
	a, okA := left.(attribute.Number)
	b, okB := right.(attribute.Number)
	if !okA || !okB {
		return nil, errOperandType
	}
	if t.minus {
		b = b.Negate()
	}
	return a.Add(b)
}

// add is ADD: a number to a number, a set to a set, either to nothing.
func add(before, by attribute.Value) (attribute.Value, error) {
	switch by := by.(type) {
	case attribute.Number:
		n, ok := before.(attribute.Number)
		if before != nil && !ok {
			return nil, errOperandType
		}
		return n.Add(by)
	case attribute.StringSet:
		return union(before, by, cmp.Compare)
	case attribute.NumberSet:
		return union(before, by, attribute.Number.Compare)
	case attribute.BinarySet:
		return union(before, by, cmp.Compare)
	}
	return nil, errOperandType
}
