package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/zenvault/zenvault/shared/ledger"
)

// keys names the partition and sort key of a table or index.
var keys = map[string][2]string{
	"":                   {"pk", "sk"},
	ledger.IndexByTime:   {"time_shard", "id"},
	ledger.IndexByAction: {"action_shard", "id"},
	ledger.Directory:     {"dir", "dir_sk"},
	ledger.DueIndex:      {"due_shard", "due_at"},
}

// last is above every sort key that has a given prefix: all of ours are ASCII.
const last = "\x7f"

// Query reads one page. A table's own key is read strongly consistent; an index can't be.
func (s *Store) Query(ctx context.Context, q ledger.Query) (ledger.Page, error) {
	var e expression
	condition, err := e.keyCondition(q)
	if err != nil {
		return ledger.Page{}, err
	}
	input := &dynamodb.QueryInput{
		TableName: s.table(q.Table), KeyConditionExpression: &condition, ScanIndexForward: aws.Bool(!q.Newest),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ConsistentRead: aws.Bool(q.Index == ""),
	}
	if q.Index != "" {
		input.IndexName = &q.Index
	}
	if q.Start != nil {
		if input.ExclusiveStartKey, err = encodeMap(q.Start, len(q.Start)); err != nil {
			return ledger.Page{}, fmt.Errorf("querying %s: %w", q.Partition, err)
		}
	}
	if q.Limit > 0 {
		input.Limit = aws.Int32(int32(q.Limit))
	}
	out, err := s.Client.Query(ctx, input)
	if err != nil {
		return ledger.Page{}, unread(fmt.Errorf("querying %s: %w", q.Partition, err))
	}
	page := ledger.Page{More: len(out.LastEvaluatedKey) > 0, Last: decodeItem(out.LastEvaluatedKey)}
	for _, stored := range out.Items {
		page.Items = append(page.Items, decodeItem(stored))
	}
	return page, nil
}

func (e *expression) keyCondition(q ledger.Query) (string, error) {
	names, known := keys[q.Index]
	if !known {
		return "", fmt.Errorf("no such index: %q", q.Index)
	}
	partition, err := e.value(q.Partition)
	if err != nil {
		return "", err
	}
	condition := e.name(names[0]) + " = " + partition
	sort, bounds := e.name(names[1]), ""
	switch {
	case q.Index == ledger.DueIndex:
		until, _ := e.value(q.UpTo)
		bounds = fmt.Sprintf(" AND %s <= %s", sort, until)
	case q.Prefix != "" && q.After != "" && q.Newest:
		return "", fmt.Errorf("a query can't have a prefix, a start and be newest first")
	case q.Prefix != "" && q.After != "":
		from, _ := e.value(q.After + " ") // the next possible key: ours have no blanks
		to, _ := e.value(q.Prefix + last)
		bounds = fmt.Sprintf(" AND %s BETWEEN %s AND %s", sort, from, to)
	case q.Prefix != "":
		prefix, _ := e.value(q.Prefix)
		bounds = fmt.Sprintf(" AND begins_with(%s, %s)", sort, prefix)
	case q.After != "" && q.Newest:
		after, _ := e.value(q.After)
		bounds = fmt.Sprintf(" AND %s < %s", sort, after)
	case q.After != "":
		after, _ := e.value(q.After)
		bounds = fmt.Sprintf(" AND %s > %s", sort, after)
	default:
		delete(e.names, sort) // DynamoDB refuses a name that is not used
	}
	return condition + bounds, nil
}
