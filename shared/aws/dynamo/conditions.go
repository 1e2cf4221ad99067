package dynamo

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/zenvault/zenvault/shared/ledger"
)

// expression is DynamoDB's text with the names and values that it refers to.
type expression struct {
	names  map[string]string
	values attributes
}

func (e *expression) name(attribute string) string {
	if e.names == nil {
		e.names = map[string]string{}
	}
	placeholder := fmt.Sprintf("#n%d", len(e.names))
	for known, of := range e.names {
		if of == attribute {
			return known
		}
	}
	e.names[placeholder] = attribute
	return placeholder
}

func (e *expression) value(value any) (string, error) {
	if e.values == nil {
		e.values = attributes{}
	}
	encoded, err := encode(value)
	if err != nil {
		return "", err
	}
	placeholder := fmt.Sprintf(":v%d", len(e.values))
	e.values[placeholder] = encoded
	return placeholder, nil
}

// condition writes the clauses, all required.
func (e *expression) condition(c ledger.Condition) (string, error) {
	var parts []string
	for _, clause := range c.Clauses() {
		part, err := e.clause(clause)
		if err != nil {
			return "", fmt.Errorf("condition on %q: %w", clause.Attribute, err)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " AND "), nil
}

func (e *expression) clause(c ledger.Clause) (string, error) {
	name := e.name(c.Attribute)
	switch c.Operator {
	case ledger.Missing:
		return "attribute_not_exists(" + name + ")", nil
	case ledger.Present:
		return "attribute_exists(" + name + ")", nil
	}
	value, err := e.value(c.Value)
	if err != nil {
		return "", err
	}
	switch c.Operator {
	case ledger.Equal:
		return name + " = " + value, nil
	case ledger.NotAfter:
		return name + " <= " + value, nil
	case ledger.After:
		return name + " > " + value, nil
	case ledger.NoneAfter:
		return "(attribute_not_exists(" + name + ") OR " + name + " <= " + value + ")", nil
	}
	return "", fmt.Errorf("unknown operator %d", c.Operator)
}

// assignments writes a SET of every attribute.
func (e *expression) assignments(set ledger.Item) (string, error) {
	var parts []string
	for _, attribute := range sortedNames(set) {
		value, err := e.value(set[attribute])
		if err != nil {
			return "", fmt.Errorf("setting %q: %w", attribute, err)
		}
		parts = append(parts, e.name(attribute)+" = "+value)
	}
	return "SET " + strings.Join(parts, ", "), nil
}

// transactItem writes one write of a transaction, asking for the old item should its condition fail.
func (s *Store) transactItem(w ledger.Write) (types.TransactWriteItem, error) {
	var e expression
	condition, err := e.condition(w.If)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	table, old := s.table(w.Table), types.ReturnValuesOnConditionCheckFailureAllOld
	switch {
	case w.Put != nil:
		item, err := encodeItem(w.Key, w.Put)
		return types.TransactWriteItem{Put: &types.Put{TableName: table, Item: item, ConditionExpression: &condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old}}, err
	case w.Set != nil:
		update, err := e.assignments(w.Set)
		return types.TransactWriteItem{Update: &types.Update{TableName: table, Key: encodeKey(w.Key), UpdateExpression: &update,
			ConditionExpression: &condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: old}}, err
	case w.Delete:
		return types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: encodeKey(w.Key), ConditionExpression: &condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: old}}, nil
	case w.Check:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: encodeKey(w.Key),
			ConditionExpression: &condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			ReturnValuesOnConditionCheckFailure: old}}, nil
	}
	return types.TransactWriteItem{}, fmt.Errorf("the write of %s/%s does nothing", w.Key.PK, w.Key.SK)
}
