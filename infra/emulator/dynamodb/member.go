package dynamodb

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

var tableNamePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)

// checkTableName refuses what is no table's name. A table's ARN, which DynamoDB takes too, is among that.
func checkTableName(name string) error {
	switch {
	case name == "":
		return protocol.Invalid("1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null")
	case len(name) > 255:
		return protocol.Invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255", name)
	case !tableNamePattern.MatchString(name):
		return protocol.Invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", name)
	}
	return nil
}

// Members with few values refuse all others when they are decoded.
type (
	returnConsumedCapacity string
	returnValues           string
	returnOnFailure        string
	selection              string
)

func (v *returnConsumedCapacity) UnmarshalJSON(data []byte) error {
	return enum(data, (*string)(v), "returnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
}

func (v *returnValues) UnmarshalJSON(data []byte) error {
	return enum(data, (*string)(v), "returnValues", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
}

func (v *returnOnFailure) UnmarshalJSON(data []byte) error {
	return enum(data, (*string)(v), "returnValuesOnConditionCheckFailure", "ALL_OLD", "NONE")
}

func (v *selection) UnmarshalJSON(data []byte) error {
	return enum(data, (*string)(v), "select", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
}

func enum(data []byte, to *string, member string, values ...string) error {
	if err := json.Unmarshal(data, to); err != nil {
		return protocol.Refuse("SerializationException", "%s is not a string", member)
	}
	if string(data) != "null" && !slices.Contains(values, *to) {
		return protocol.Invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", *to, member, strings.Join(values, ", "))
	}
	return nil
}

// placeholders are the members that the expressions of a request refer to.
type placeholders struct {
	ExpressionAttributeNames  map[string]string `json:",omitempty"`
	ExpressionAttributeValues attribute.Map     `json:",omitempty"`
}

// member is an expression of a request; nil if it is absent.
type member struct {
	name string
	text *string
}

// scope refuses placeholders without an expression, given those that the operation takes.
func (p placeholders) scope(members ...member) (*expression.Scope, error) {
	s, err := expression.NewScope(p.ExpressionAttributeNames, p.ExpressionAttributeValues)
	if err != nil {
		return nil, err
	}
	var absent []string
	for _, m := range members {
		if m.text != nil {
			return s, nil
		}
		absent = append(absent, m.name)
	}
	null := "is null"
	if len(absent) > 1 {
		null = "are null"
	}
	for _, given := range []struct {
		name  string
		count int
	}{
		{"ExpressionAttributeNames", len(p.ExpressionAttributeNames)},
		{"ExpressionAttributeValues", len(p.ExpressionAttributeValues)},
	} {
		if given.count > 0 {
			return nil, protocol.Invalid("%s can only be specified when using expressions: %s %s", given.name, strings.Join(absent, " and "), null)
		}
	}
	return s, nil
}
