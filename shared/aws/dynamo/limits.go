package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/zenvault/zenvault/shared/ledger"
)

// Limits is the table of counters: one record for each key, changed one at a time.
type Limits struct {
	Client *dynamodb.Client
	Table  string
}

// Update sets attributes of one record, and adds to attributes that are there, under a condition, and gives what it wrote.
// It asks for the record in the way should the condition fail, and gives it in *ledger.Refused. The SDK repeats a call whose
// answer was lost: what is added can be added twice.
func (l *Limits) Update(ctx context.Context, key string, set, add ledger.Item, when ledger.Condition) (ledger.Item, error) {
	var e expression
	condition, err := e.condition(when)
	if err != nil {
		return nil, fmt.Errorf("counting: %w", err)
	}
	update, err := e.assignments(set)
	if err != nil {
		return nil, fmt.Errorf("counting: %w", err)
	}
	for _, attribute := range sortedNames(add) {
		step, err := e.value(add[attribute])
		if err != nil {
			return nil, fmt.Errorf("counting %q: %w", attribute, err)
		}
		update += fmt.Sprintf(", %[1]s = %[1]s + %s", e.name(attribute), step)
	}
	out, err := l.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.Table, Key: attributes{"pk": text(key)}, UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		ReturnValues:                        types.ReturnValueUpdatedNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &failed):
		return nil, &ledger.Refused{Old: decodeItem(failed.Item)}
	case err != nil:
		return nil, ledger.ErrUnavailable.Because(fmt.Errorf("counting %s: %w", kindOf(key), err))
	}
	return decodeItem(out.Attributes), nil
}

// kindOf is what a key counts, without whom.
func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, "#")
	return kind
}
