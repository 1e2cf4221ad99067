package dynamo

import (
	"context"

	"github.com/zenvault/zenvault/shared/ledger"
)

// Mark sets attributes of one record under a condition, as Update does.
func (l *Limits) Mark(ctx context.Context, key string, set ledger.Item, when ledger.Condition) error {
	_, err := l.Update(ctx, key, set, nil, when)
	return err
}

// Get reads up to 100 records in one BatchGetItem, eventually consistent, in the order of the keys; nil where none is. No
// key may be given twice.
func (l *Limits) Get(ctx context.Context, keys ...string) ([]ledger.Item, error) {
	wanted := make([]attributes, len(keys))
	for i, key := range keys {
		wanted[i] = attributes{"pk": text(key)}
	}
	found, err := batch(ctx, l.Client, l.Table, wanted, nil)
	if err != nil {
		return nil, err
	}
	items := make([]ledger.Item, len(keys))
	for i, key := range keys {
		items[i] = found[ledger.Key{PK: key}]
	}
	return items, nil
}
