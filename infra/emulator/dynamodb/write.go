package dynamodb

import (
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// write is one action on one item, its expressions parsed. Exactly one of put and key is set.
type write struct {
	table     string
	put       attribute.Item // the whole item of a Put
	key       attribute.Item // of an Update, Delete or ConditionCheck
	update    *expression.Update
	remove    bool
	check     bool
	condition expression.Condition // nil if there is none
	returnOld bool                 // with a failed condition
}

// outcome is what a write would do to the stored state.
type outcome struct {
	table  *table
	at     place
	before *row
	after  *row
}

var errCondition = protocol.Refuse("ConditionalCheckFailedException", "The conditional request failed")

// locate finds the write's table and item; s.mu is held.
func (s *Service) locate(w *write) (o outcome, err error) {
	if o.table, err = s.table(w.table); err != nil {
		return o, err
	}
	key := w.key
	if w.put != nil {
		key = w.put
		err = o.table.check(w.put)
	} else {
		err = o.table.key.checkKey(w.key)
	}
	if err == nil && w.update != nil {
		err = w.checkUpdate(o.table.key)
	}
	if err != nil {
		return o, err
	}
	o.at = o.table.key.place(key)
	o.before = o.table.rows.get(o.at)
	return o, nil
}

func (w *write) checkUpdate(key schema) error {
	for _, path := range w.update.Paths() {
		if key.has(path.Root()) {
			return protocol.Invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", path.Root())
		}
	}
	return nil
}

// run decides the located write: its condition, and the item after it.
func (w *write) run(o *outcome) error {
	var item attribute.Item
	if o.before != nil {
		item = o.before.item
	}
	if w.condition != nil && !w.condition.Holds(item) {
		return errCondition
	}
	switch {
	case w.check:
		o.after = o.before
	case w.remove:
	case w.put != nil:
		o.after = newRow(w.put)
		if o.after.size > maxItem {
			return protocol.Invalid("Item size has exceeded the maximum allowed size")
		}
	default:
		return w.runUpdate(o, item)
	}
	return nil
}

func (w *write) runUpdate(o *outcome, item attribute.Item) error {
	if item == nil {
		item = w.key
	}
	if w.update != nil {
		updated, err := w.update.Apply(item)
		if err != nil {
			return err
		}
		item = updated
	}
	for _, x := range o.table.indexes {
		if err := x.checkItem(item); err != nil {
			return err
		}
	}
	o.after = newRow(item)
	if o.after.size > maxItem {
		return protocol.Invalid("Item size to update has exceeded the maximum allowed size")
	}
	return nil
}

// effect is the journal's form, nil if nothing changes.
func (o *outcome) effect() *effect {
	switch {
	case o.after == o.before:
		return nil
	case o.after == nil:
		return &effect{Table: o.table.definition.TableName, Delete: o.table.key.keyOf(o.before.item)}
	}
	return &effect{Table: o.table.definition.TableName, Put: o.after.item}
}

// meter counts the write: for the table factor times, by the larger of the item before and after it.
func (o *outcome) meter(m *meter, factor float64) {
	u := m.of(o.table.definition.TableName)
	size := 0
	for _, r := range []*row{o.before, o.after} {
		if r != nil {
			size = max(size, r.size)
		}
	}
	u.write += factor * writeUnits(size)
	if o.before == o.after {
		return
	}
	for _, x := range o.table.indexes {
		u.writeIndex(x.name, x.update(o.table.key, o.before, o.after, false))
	}
}

// touch is the item's line in the trace.
func (o *outcome) touch(w *write) string {
	key := w.key
	if key == nil {
		key = o.table.key.keyOf(w.put)
	}
	return touched(w.table, key)
}

func touched(table string, key attribute.Item) string {
	data, _ := key.MarshalJSON() // never fails
	return table + " " + string(data)
}
