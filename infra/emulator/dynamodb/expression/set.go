package expression

import (
	"cmp"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// union merges the sorted sets.
func union[S interface {
	~[]E
	attribute.Value
}, E any](before attribute.Value, by S, order func(a, b E) int) (attribute.Value, error) {
	set, ok := before.(S)
	if before != nil && !ok {
		return nil, errOperandType
	}
	merged := slices.Concat(set, by)
	slices.SortFunc(merged, order)
	return slices.CompactFunc(merged, func(a, b E) bool { return order(a, b) == 0 }), nil
}

// subtract is DELETE: the set without the elements, nil if none is left.
func subtract(before, by attribute.Value) (attribute.Value, error) {
	switch by := by.(type) {
	case attribute.StringSet:
		return difference(before, by, cmp.Compare)
	case attribute.NumberSet:
		return difference(before, by, attribute.Number.Compare)
	case attribute.BinarySet:
		return difference(before, by, cmp.Compare)
	}
	return nil, errOperandType
}

func difference[S interface {
	~[]E
	attribute.Value
}, E any](before attribute.Value, by S, order func(a, b E) int) (attribute.Value, error) {
	set, ok := before.(S)
	if !ok {
		return nil, errOperandType
	}
	left := slices.DeleteFunc(slices.Clone(set), func(element E) bool {
		_, found := slices.BinarySearchFunc(by, element, order)
		return found
	})
	if len(left) == 0 {
		return nil, nil
	}
	return left, nil
}
