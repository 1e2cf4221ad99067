package dynamodb

import (
	"fmt"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// tableDefinition is CreateTable's request and, since it is all that a table is made from, its journal form.
type tableDefinition struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	BillingMode               string
	GlobalSecondaryIndexes    []indexDefinition `json:",omitempty"`
	DeletionProtectionEnabled bool              `json:",omitempty"`
}

type attributeDefinition struct {
	AttributeName string
	AttributeType string
}

type keyElement struct {
	AttributeName string
	KeyType       string
}

type indexDefinition struct {
	IndexName  string
	KeySchema  []keyElement
	Projection projectionDefinition
}

type projectionDefinition struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

// Limits of a table (Amazon DynamoDB Developer Guide, "Service quotas").
const (
	maxIndexes             = 20
	maxProjectedAttributes = 100
)

// schema is the key that the elements describe, once they are checked.
func (d tableDefinition) schema(elements []keyElement) (s schema) {
	for i, element := range elements {
		part := keyPart{element.AttributeName, d.kind(element.AttributeName)}
		if i == 0 {
			s.partition = part
		} else {
			s.sort = part
		}
	}
	return s
}

func (d tableDefinition) kind(name string) string {
	for _, a := range d.AttributeDefinitions {
		if a.AttributeName == name {
			return a.AttributeType
		}
	}
	return ""
}

func (d tableDefinition) check() error {
	if err := checkTableName(d.TableName); err != nil {
		return err
	}
	if len(d.TableName) < 3 {
		return protocol.Invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3", d.TableName)
	}
	if d.BillingMode != "PAY_PER_REQUEST" {
		return protocol.Unsupported("a BillingMode other than PAY_PER_REQUEST")
	}
	if err := d.checkKey(d.KeySchema); err != nil {
		return err
	}
	used := slices.Clone(d.KeySchema)
	for i, x := range d.GlobalSecondaryIndexes {
		if err := d.checkIndex(x, d.GlobalSecondaryIndexes[:i]); err != nil {
			return err
		}
		used = append(used, x.KeySchema...)
	}
	return d.checkAttributes(used)
}

func (d tableDefinition) checkIndex(x indexDefinition, before []indexDefinition) error {
	if len(x.IndexName) < 3 || len(x.IndexName) > 255 || !tableNamePattern.MatchString(x.IndexName) {
		return protocol.Invalid("1 validation error detected: Value '%s' at 'globalSecondaryIndexes.member.indexName' failed to satisfy constraint", x.IndexName)
	}
	if len(before) == maxIndexes {
		return protocol.Invalid("One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxIndexes)
	}
	if slices.ContainsFunc(before, func(y indexDefinition) bool { return y.IndexName == x.IndexName }) {
		return protocol.Invalid("One or more parameter values were invalid: Duplicate index name: %s", x.IndexName)
	}
	if err := d.checkKey(x.KeySchema); err != nil {
		return err
	}
	switch named := len(x.Projection.NonKeyAttributes); x.Projection.ProjectionType {
	case "ALL", "KEYS_ONLY":
		if named > 0 {
			return protocol.Invalid("One or more parameter values were invalid: ProjectionType is %s, but NonKeyAttributes is specified", x.Projection.ProjectionType)
		}
	case "INCLUDE":
		if named == 0 || named > maxProjectedAttributes {
			return protocol.Invalid("One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes has %d names", named)
		}
	default:
		return protocol.Invalid("One or more parameter values were invalid: Unknown ProjectionType: %s", x.Projection.ProjectionType)
	}
	return nil
}

func (d tableDefinition) checkKey(elements []keyElement) error {
	if len(elements) == 0 || len(elements) > 2 {
		return protocol.Invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length between 1 and 2")
	}
	for i, element := range elements {
		if element.KeyType != []string{"HASH", "RANGE"}[i] {
			return protocol.Invalid("Invalid KeySchema: The %s KeySchemaElement is not a %s key type", []string{"first", "second"}[i], []string{"HASH", "RANGE"}[i])
		}
		if d.kind(element.AttributeName) == "" {
			return protocol.Invalid("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: %v", element.AttributeName, d.names())
		}
	}
	if len(elements) == 2 && elements[0].AttributeName == elements[1].AttributeName {
		return protocol.Invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	return nil
}

func (d tableDefinition) names() (names []string) {
	for _, a := range d.AttributeDefinitions {
		names = append(names, a.AttributeName)
	}
	return names
}

func (d tableDefinition) checkAttributes(used []keyElement) error {
	names := d.names()
	for i, a := range d.AttributeDefinitions {
		if !slices.Contains([]string{"B", "N", "S"}, a.AttributeType) {
			return protocol.Invalid("1 validation error detected: Value '%s' at 'attributeDefinitions.%d.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]", a.AttributeType, i+1)
		}
		if slices.Contains(names[:i], a.AttributeName) {
			return protocol.Invalid("One or more parameter values were invalid: Duplicate AttributeName in AttributeDefinitions: %s", a.AttributeName)
		}
		if !slices.ContainsFunc(used, func(e keyElement) bool { return e.AttributeName == a.AttributeName }) {
			return protocol.Invalid("One or more parameter values were invalid: Some AttributeDefinitions are not used. AttributeDefinitions: %v", names)
		}
	}
	return nil
}

func (s *Service) arn(table string) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", s.region, account, table)
}
