package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type dynamoItem = map[string]types.AttributeValue

func dynamoKey(pk string, sk int) dynamoItem {
	return dynamoItem{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": dynamoNumber(sk)}
}

func dynamoNumber(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

func dynamoInt(v types.AttributeValue) int {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	i, _ := strconv.Atoi(n.Value) // the tests store whole numbers only
	return i
}

// DynamoDBConcurrency checks that calls which race have the effect of some order of them.
func DynamoDBConcurrency(t *testing.T, e DynamoDBEndpoint, client *dynamodb.Client) {
	t.Run("swaps", func(t *testing.T) { dynamoSwaps(t, newDynamoTable(t, e), client) })
	t.Run("transfers", func(t *testing.T) { dynamoTransfers(t, newDynamoTable(t, e), client) })
	t.Run("token", func(t *testing.T) { dynamoToken(t, newDynamoTable(t, e), client) })
}

// 64 writers add to one item, each by compare and swap: no addition is lost, and each version has one writer.
func dynamoSwaps(t *testing.T, table string, client *dynamodb.Client) {
	const writers, each = 64, 1
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				for !dynamoSwap(t, table, client) {
				}
			}
		})
	}
	all.Wait()
	if got := dynamoInt(dynamoGet(t, table, client, "counter", 0)["version"]); got != writers*each {
		t.Errorf("version = %d, want %d", got, writers*each)
	}
	out, err := client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :p"), Select: types.SelectCount,
		ExpressionAttributeValues: dynamoItem{":p": &types.AttributeValueMemberS{Value: "entry"}},
	})
	if err != nil || out.Count != writers*each {
		t.Errorf("entries = %d, %v, want %d", out.Count, err, writers*each)
	}
}

// dynamoSwap makes version n+1 of the counter and its entry, and answers false if another was faster.
func dynamoSwap(t *testing.T, table string, client *dynamodb.Client) bool {
	version := dynamoInt(dynamoGet(t, table, client, "counter", 0)["version"])
	_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: &table, Key: dynamoKey("counter", 0), UpdateExpression: aws.String("SET version = :next"),
			ConditionExpression:       aws.String("version = :now OR attribute_not_exists(version) AND :now = :zero"),
			ExpressionAttributeValues: dynamoItem{":next": dynamoNumber(version + 1), ":now": dynamoNumber(version), ":zero": dynamoNumber(0)},
		}},
		{Put: &types.Put{TableName: &table, Item: dynamoKey("entry", version+1), ConditionExpression: aws.String("attribute_not_exists(pk)")}},
	}})
	var lost *types.TransactionCanceledException
	if err != nil && !errors.As(err, &lost) {
		t.Errorf("swap: %v", err)
		return true
	}
	return err == nil
}

func dynamoGet(t *testing.T, table string, client *dynamodb.Client, pk string, sk int) dynamoItem {
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: dynamoKey(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Errorf("get: %v", err)
		return nil
	}
	return out.Item
}

// Money moves between accounts while readers add it up in one transaction: the sum never changes.
func dynamoTransfers(t *testing.T, table string, client *dynamodb.Client) {
	const accounts, movers, each = 4, 8, 25
	for i := range accounts {
		item := dynamoKey("account", i)
		item["balance"] = dynamoNumber(100)
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	moving, done := context.WithCancel(t.Context())
	var reader, all sync.WaitGroup
	reader.Go(func() {
		for moving.Err() == nil {
			if sum := dynamoSum(t, table, client, accounts); sum != accounts*100 {
				t.Errorf("sum = %d, want %d", sum, accounts*100)
				return
			}
		}
	})
	for m := range movers {
		all.Go(func() {
			for i := range each {
				if err := dynamoTransfer(t.Context(), table, client, (m+i)%accounts, (m+i+1+i%(accounts-1))%accounts); err != nil {
					t.Errorf("transfer: %v", err)
				}
			}
		})
	}
	all.Wait()
	done()
	reader.Wait()
	if sum := dynamoSum(t, table, client, accounts); sum != accounts*100 {
		t.Errorf("sum at the end = %d, want %d", sum, accounts*100)
	}
}

// dynamoTransfer moves 7, unless the first account has less; a conflict is tried again.
func dynamoTransfer(ctx context.Context, table string, client *dynamodb.Client, from, to int) error {
	for {
		_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Update: &types.Update{
				TableName: &table, Key: dynamoKey("account", from), UpdateExpression: aws.String("SET balance = balance - :n"),
				ConditionExpression: aws.String("balance >= :n"), ExpressionAttributeValues: dynamoItem{":n": dynamoNumber(7)},
			}},
			{Update: &types.Update{
				TableName: &table, Key: dynamoKey("account", to), UpdateExpression: aws.String("SET balance = balance + :n"),
				ExpressionAttributeValues: dynamoItem{":n": dynamoNumber(7)},
			}},
		}})
		var refused *types.TransactionCanceledException
		if !errors.As(err, &refused) || aws.ToString(refused.CancellationReasons[0].Code) == "ConditionalCheckFailed" {
			if refused != nil {
				err = nil
			}
			return err
		}
	}
}

func dynamoSum(t *testing.T, table string, client *dynamodb.Client, accounts int) (sum int) {
	var gets []types.TransactGetItem
	for i := range accounts {
		gets = append(gets, types.TransactGetItem{Get: &types.Get{TableName: &table, Key: dynamoKey("account", i)}})
	}
	out, err := client.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: gets})
	if err != nil {
		t.Errorf("sum: %v", err)
		return 0
	}
	for _, r := range out.Responses {
		sum += dynamoInt(r.Item["balance"])
	}
	return sum
}

// The same request with the same token at once from many sides acts once.
func dynamoToken(t *testing.T, table string, client *dynamodb.Client) {
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
				ClientRequestToken: aws.String(fmt.Sprint("token-", table[len(table)-8:])),
				TransactItems: []types.TransactWriteItem{{Update: &types.Update{
					TableName: &table, Key: dynamoKey("once", 0), UpdateExpression: aws.String("ADD n :n"), ExpressionAttributeValues: dynamoItem{":n": dynamoNumber(1)},
				}}},
			})
			if err != nil {
				t.Errorf("transact: %v", err)
			}
		})
	}
	all.Wait()
	if got := dynamoInt(dynamoGet(t, table, client, "once", 0)["n"]); got != 1 {
		t.Errorf("n = %d, want 1", got)
	}
}
