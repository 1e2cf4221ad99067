package expression

import (
	"cmp"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// Update is a parsed UpdateExpression.
type Update struct {
	sets    []assignment
	removes []Path
	adds    []change
	deletes []change
}

type assignment struct {
	path Path
	to   term
}

// change is an ADD or DELETE of a number or a set.
type change struct {
	path Path
	by   attribute.Value
}

// Paths are all that the update writes to, in the order of their sections SET, REMOVE, ADD, DELETE.
func (u *Update) Paths() []Path {
	var paths []Path
	for _, s := range u.sets {
		paths = append(paths, s.path)
	}
	paths = append(paths, u.removes...)
	for _, c := range slices.Concat(u.adds, u.deletes) {
		paths = append(paths, c.path)
	}
	return paths
}

// write is one computed step of an update; a nil value removes.
type write struct {
	path Path
	to   attribute.Value
}

// Apply makes the updated item. Every operand is read from the item as it was; the item itself is not changed.
func (u *Update) Apply(item attribute.Item) (attribute.Item, error) {
	writes, err := u.compute(item)
	if err != nil {
		return nil, err
	}
	// Indexes mean the list as it was: writes behind its end append in ascending order, and removals start at the end.
	slices.SortStableFunc(writes, func(a, b write) int {
		if (a.to == nil) != (b.to == nil) {
			return cmp.Compare(truth(a.to == nil), truth(b.to == nil))
		}
		if a.to == nil {
			return comparePaths(b.path, a.path)
		}
		return comparePaths(a.path, b.path)
	})
	var updated attribute.Value = item
	for _, w := range writes {
		if updated, err = edit(updated, w.path, w.to); err != nil {
			return nil, err
		}
	}
	return updated.(attribute.Map), nil
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (u *Update) compute(item attribute.Item) (writes []write, err error) {
	for _, s := range u.sets {
		to, err := s.to.compute(item)
		if err != nil {
			return nil, err
		}
		writes = append(writes, write{s.path, to})
	}
	for _, path := range u.removes {
		writes = append(writes, write{path: path})
	}
	for _, c := range u.adds {
		before, _ := c.path.value(item)
		to, err := add(before, c.by)
		if err != nil {
			return nil, err
		}
		writes = append(writes, write{c.path, to})
	}
	for _, c := range u.deletes {
		before, ok := c.path.value(item)
		if !ok {
			continue
		}
		to, err := subtract(before, c.by)
		if err != nil {
			return nil, err
		}
		writes = append(writes, write{c.path, to})
	}
	return writes, nil
}

func comparePaths(a, b Path) int {
	return slices.CompareFunc(a, b, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.index, b.index))
	})
}
