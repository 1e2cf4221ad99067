package dynamodb

import (
	"time"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxItem is the size of an item in bytes (Amazon DynamoDB Developer Guide, "Service quotas").
const maxItem = 400 << 10

// table is one table; the service's lock guards it.
type table struct {
	definition tableDefinition
	created    time.Time
	timeToLive timeToLiveSpecification
	key        schema
	indexes    []*index
	rows       keyspace
	count      int
	bytes      int
}

func newTable(d tableDefinition) *table {
	t := &table{definition: d, key: d.schema(d.KeySchema), rows: keyspace{}}
	for _, g := range d.GlobalSecondaryIndexes {
		t.indexes = append(t.indexes, &index{g.IndexName, d.schema(g.KeySchema), g.Projection, keyspace{}})
	}
	return t
}

func (t *table) index(name string) (*index, error) {
	for _, x := range t.indexes {
		if x.name == name {
			return x, nil
		}
	}
	return nil, protocol.Invalid("The table does not have the specified index: %s", name)
}

// check refuses an item that the table or an index cannot hold.
func (t *table) check(item attribute.Item) error {
	if err := t.key.checkItem(item); err != nil {
		return err
	}
	for _, x := range t.indexes {
		if err := x.checkItem(item); err != nil {
			return err
		}
	}
	return nil
}

// replace puts a row in place of another at the same key; nil is none.
func (t *table) replace(at place, before, after *row) {
	for _, x := range t.indexes {
		x.update(t.key, before, after, true)
	}
	if before != nil {
		t.count--
		t.bytes -= before.size
	}
	if after == nil {
		t.rows.remove(at)
		return
	}
	t.count++
	t.bytes += after.size
	t.rows.put(at, after)
}
