package stack

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tableWait is how long a new table may take until it can be used.
const tableWait = 2 * time.Minute

func ensureTable(ctx context.Context, client *dynamodb.Client, t Table) error {
	described, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		if err := createTable(ctx, client, t); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("describing the table %s: %w", t.Name, err)
	default:
		if err := sameTable(described.Table, t); err != nil {
			return err
		}
	}
	return ensureExpiry(ctx, client, t)
}

func createTable(ctx context.Context, client *dynamodb.Client, t Table) error {
	input := &dynamodb.CreateTableInput{
		TableName: &t.Name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: t.definitions(), KeySchema: t.PrimaryKey.schema(),
	}
	for _, index := range t.Indexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index.Name, KeySchema: index.PrimaryKey.schema(), Projection: index.projection(),
		})
	}
	if t.Stream != "" {
		input.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.Stream)}
	}
	var raced *types.ResourceInUseException
	if _, err := client.CreateTable(ctx, input); err != nil && !errors.As(err, &raced) {
		return fmt.Errorf("creating the table %s: %w", t.Name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 5*time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name}, tableWait); err != nil {
		return fmt.Errorf("waiting for the table %s: %w", t.Name, err)
	}
	return nil
}

// ensureExpiry is apart from the creation in the API as well: a Create that ended between the two is made good here.
func ensureExpiry(ctx context.Context, client *dynamodb.Client, t Table) error {
	if t.TimeToLive == "" {
		return nil
	}
	set, err := sameExpiry(ctx, client, t)
	if set || err != nil {
		return err
	}
	_, refused := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &t.Name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.TimeToLive, Enabled: aws.Bool(true)}})
	if refused == nil {
		return nil
	}
	// Another Create may have been first, for which the API has no error of its own.
	if set, err := sameExpiry(ctx, client, t); set || err != nil {
		return err
	}
	return fmt.Errorf("setting the expiry of %s: %w", t.Name, refused)
}

// sameExpiry reports whether the table's items expire, and refuses that they do by another attribute.
func sameExpiry(ctx context.Context, client *dynamodb.Client, t Table) (bool, error) {
	described, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &t.Name})
	if err != nil {
		return false, fmt.Errorf("describing the expiry of %s: %w", t.Name, err)
	}
	attribute := ""
	if d := described.TimeToLiveDescription; d != nil {
		attribute = aws.ToString(d.AttributeName)
	}
	if attribute != "" && attribute != t.TimeToLive {
		return false, fmt.Errorf("the table %s exists and expires by %s, not by %s", t.Name, attribute, t.TimeToLive)
	}
	return attribute != "", nil
}

// sameTable refuses a table from an older template: on it, queries would fail or, worse, miss items.
func sameTable(has *types.TableDescription, t Table) error {
	attributes := map[string]string{}
	for _, d := range has.AttributeDefinitions {
		attributes[*d.AttributeName] = string(d.AttributeType)
	}
	stream := ""
	if s := has.StreamSpecification; s != nil && aws.ToBool(s.StreamEnabled) {
		stream = string(s.StreamViewType)
	}
	var indexes []Index
	for _, i := range has.GlobalSecondaryIndexes {
		index := Index{Name: *i.IndexName, PrimaryKey: keyOf(i.KeySchema, attributes)}
		if i.Projection != nil {
			index.Projection = string(i.Projection.ProjectionType)
			index.Include = i.Projection.NonKeyAttributes
		}
		indexes = append(indexes, index)
	}
	switch {
	case keyOf(has.KeySchema, attributes) != t.PrimaryKey:
		return fmt.Errorf("the table %s exists with another key than the template's", t.Name)
	case !reflect.DeepEqual(byName(indexes), byName(t.Indexes)):
		return fmt.Errorf("the table %s exists with other indexes than the template's", t.Name)
	case stream != t.Stream:
		return fmt.Errorf("the table %s exists with another stream than the template's: %q, not %q", t.Name, stream, t.Stream)
	}
	return nil
}

// byName gives indexes and what they include in one order, since DescribeTable has its own.
func byName(indexes []Index) []Index {
	indexes = slices.Clone(indexes)
	for i := range indexes {
		indexes[i].Include = slices.Sorted(slices.Values(indexes[i].Include))
	}
	return slices.SortedFunc(slices.Values(indexes), func(a, b Index) int { return strings.Compare(a.Name, b.Name) })
}

func keyOf(schema []types.KeySchemaElement, attributes map[string]string) PrimaryKey {
	var key PrimaryKey
	for _, element := range schema {
		attribute := Attribute{Name: *element.AttributeName, Type: attributes[*element.AttributeName]}
		if element.KeyType == types.KeyTypeHash {
			key.Partition = attribute
		} else {
			key.Sort = attribute
		}
	}
	return key
}

func (k PrimaryKey) schema() []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(k.Partition.Name), KeyType: types.KeyTypeHash}}
	if k.Sort.Name != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(k.Sort.Name), KeyType: types.KeyTypeRange})
	}
	return schema
}

func (i Index) projection() *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionType(i.Projection), NonKeyAttributes: i.Include}
}

// definitions names each attribute of a key once.
func (t Table) definitions() []types.AttributeDefinition {
	attributes := []Attribute{t.PrimaryKey.Partition, t.PrimaryKey.Sort}
	for _, index := range t.Indexes {
		attributes = append(attributes, index.PrimaryKey.Partition, index.PrimaryKey.Sort)
	}
	var definitions []types.AttributeDefinition
	seen := map[string]bool{"": true}
	for _, a := range attributes {
		if !seen[a.Name] {
			definitions = append(definitions, types.AttributeDefinition{
				AttributeName: aws.String(a.Name), AttributeType: types.ScalarAttributeType(a.Type)})
		}
		seen[a.Name] = true
	}
	return definitions
}
