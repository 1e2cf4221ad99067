package dynamodb

import (
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// index is a global secondary index. It is up to date with its table at any time, unlike DynamoDB's, which follow.
type index struct {
	name       string
	key        schema
	projection projectionDefinition
	rows       keyspace
}

// checkItem refuses an item whose attribute cannot be the index's key. An item without it is just not indexed.
func (x *index) checkItem(item attribute.Item) error {
	for _, part := range x.key.parts() {
		v, ok := item[part.name]
		switch {
		case !ok:
		case v.Type() != part.kind:
			return protocol.Invalid("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", part.name, part.kind, v.Type(), x.name)
		case empty(v):
			return protocol.Invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", typeNames[part.kind], x.name, part.name)
		}
	}
	return nil
}

// entry is where and as what a table's row appears in the index; the row is nil if it does not.
func (x *index) entry(table schema, r *row) (place, *row) {
	if r == nil {
		return place{}, nil
	}
	for _, part := range x.key.parts() {
		if _, ok := r.item[part.name]; !ok {
			return place{}, nil
		}
	}
	return x.place(table, r.item), x.project(table, r)
}

// place orders items of equal index keys by the table's key.
func (x *index) place(table schema, item attribute.Item) place {
	p, at := x.key.place(item), table.place(item)
	p.sort += at.partition + at.sort
	return p
}

func (x *index) project(table schema, r *row) *row {
	if x.projection.ProjectionType == "ALL" {
		return r
	}
	item := attribute.Item{}
	for name, v := range r.item {
		if table.has(name) || x.key.has(name) || slices.Contains(x.projection.NonKeyAttributes, name) {
			item[name] = v
		}
	}
	return newRow(item)
}

// update moves the index from one row of the table to the next and answers the write units: none if the index does not
// see the change, two writes if the item moves (Amazon DynamoDB Developer Guide, "Using Global Secondary Indexes").
func (x *index) update(table schema, before, after *row, apply bool) (units float64) {
	from, old := x.entry(table, before)
	to, new := x.entry(table, after)
	moved := old == nil || new == nil || from != to
	switch {
	case old == nil && new == nil:
		return 0
	case !moved && attribute.Equal(old.item, new.item):
		// The rows are equal, but the index must not keep the old one alive.
	case !moved:
		units = writeUnits(max(old.size, new.size))
	default:
		if old != nil {
			units += writeUnits(old.size)
		}
		if new != nil {
			units += writeUnits(new.size)
		}
	}
	if !apply {
		return units
	}
	if old != nil && moved {
		x.rows.remove(from)
	}
	if new != nil {
		x.rows.put(to, new)
	}
	return units
}
