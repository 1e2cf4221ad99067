// Package dynamo is the ledger's store on Amazon DynamoDB.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/zenvault/zenvault/shared/ledger"
)

// Store implements ledger.Store.
type Store struct {
	Client *dynamodb.Client
	Vault  string // table names
	Audit  string
}

func (s *Store) table(t ledger.Table) *string {
	if t == ledger.Audit {
		return &s.Audit
	}
	return &s.Vault
}

// Get reads vault items in one BatchGetItem, or one GetItem for a single key, strongly consistent.
func (s *Store) Get(ctx context.Context, keys ...ledger.Key) ([]ledger.Item, error) {
	if len(keys) == 1 {
		out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &s.Vault, Key: encodeKey(keys[0]), ConsistentRead: aws.Bool(true)})
		if err != nil {
			return nil, unread(fmt.Errorf("reading an item: %w", err))
		}
		return []ledger.Item{decodeItem(out.Item)}, nil
	}
	wanted := make([]attributes, len(keys))
	for i, key := range keys {
		wanted[i] = encodeKey(key)
	}
	found, err := batch(ctx, s.Client, s.Vault, wanted, aws.Bool(true))
	if err != nil {
		return nil, err
	}
	items := make([]ledger.Item, len(keys))
	for i, key := range keys {
		items[i] = found[key]
	}
	return items, nil
}

// batch reads all that is there of up to 100 keys, under their keys; in a table without a sort key that is empty.
func batch(ctx context.Context, client *dynamodb.Client, table string, wanted []attributes, consistent *bool) (map[ledger.Key]ledger.Item, error) {
	found := make(map[ledger.Key]ledger.Item, len(wanted))
	for pending := wanted; len(pending) > 0; {
		out, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			table: {Keys: pending, ConsistentRead: consistent}}})
		if err != nil {
			return nil, unread(fmt.Errorf("reading %d items: %w", len(wanted), err))
		}
		for _, stored := range out.Responses[table] {
			item := decodeItem(stored)
			pk, _ := item["pk"].(string)
			sk, _ := item["sk"].(string)
			found[ledger.Key{PK: pk, SK: sk}] = item
		}
		pending = out.UnprocessedKeys[table].Keys
	}
	return found, nil
}

// The bounds of retrying a transaction that met another one: about a quarter of a second in all.
const (
	conflictTries = 8
	conflictPause = 4 * time.Millisecond
)

// Transact applies all writes or none. Conflicts with other transactions are retried with jitter a bounded number of
// times; the SDK repeats lost calls under the same token, which DynamoDB applies once.
func (s *Store) Transact(ctx context.Context, token string, writes []ledger.Write) error {
	input := &dynamodb.TransactWriteItemsInput{ClientRequestToken: &token, TransactItems: make([]types.TransactWriteItem, len(writes))}
	for i, w := range writes {
		var err error
		if input.TransactItems[i], err = s.transactItem(w); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		_, err := s.Client.TransactWriteItems(ctx, input)
		if err == nil {
			return nil
		}
		refused, conflict := cancelled(err)
		switch {
		case refused != nil:
			return refused
		case conflict && try == conflictTries:
			return ledger.ErrUnavailable.Because(fmt.Errorf("conflicts with other writers: %w", err))
		case conflict:
			if err := pause(ctx, try); err != nil {
				return ledger.ErrUnavailable.Because(err)
			}
		default:
			return outcome(err)
		}
	}
}

// cancelled reads the reasons of a cancelled transaction: a failed condition outweighs a conflict, since it won't change.
func cancelled(err error) (refused *ledger.Refused, conflict bool) {
	var c *types.TransactionCanceledException
	if !errors.As(err, &c) {
		return nil, false
	}
	for i, reason := range c.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed":
			return &ledger.Refused{Index: i, Old: decodeItem(reason.Item)}, false
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			conflict = true
		}
	}
	return nil, conflict
}

func pause(ctx context.Context, try int) error {
	wait := time.NewTimer(time.Duration(rand.Int64N(int64(conflictPause) << try)))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}

// ours reports whether DynamoDB refused the call itself: a defect of ours or of the deployment, which no repeat cures.
func ours(err error) bool {
	var refused interface{ ErrorCode() string }
	return errors.As(err, &refused) && slices.Contains(
		[]string{"ValidationException", "AccessDeniedException", "ResourceNotFoundException"}, refused.ErrorCode())
}

// unread is the error of a read that failed.
func unread(err error) error {
	if ours(err) {
		return err
	}
	return ledger.ErrUnavailable.Because(err)
}

// outcome tells "not done" from "not known": only an answer of DynamoDB itself says that nothing was written.
func outcome(err error) error {
	if ours(err) {
		return fmt.Errorf("writing: %w", err)
	}
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) && answered.HTTPStatusCode() >= 400 && answered.HTTPStatusCode() < 500 {
		return ledger.ErrUnavailable.Because(fmt.Errorf("writing: %w", err))
	}
	return ledger.ErrOutcomeUnknown.Because(fmt.Errorf("writing: %w", err))
}

func sortedNames(item ledger.Item) []string { return slices.Sorted(maps.Keys(item)) }
