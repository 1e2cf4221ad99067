package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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
	found := make(map[string]ledger.Item, len(keys))
	for pending := wanted; len(pending) > 0; {
		out, err := l.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{l.Table: {Keys: pending}}})
		if err != nil {
			return nil, unread(fmt.Errorf("reading %d records: %w", len(keys), err))
		}
		for _, stored := range out.Responses[l.Table] {
			item := decodeItem(stored)
			pk, _ := item["pk"].(string)
			found[pk] = item
		}
		pending = out.UnprocessedKeys[l.Table].Keys
	}
	items := make([]ledger.Item, len(keys))
	for i, key := range keys {
		items[i] = found[key]
	}
	return items, nil
}
