package dynamodb

import (
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/expression"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// The actions are the members of TransactItems; PutItem and its like are one action by itself.
type (
	putAction struct {
		TableName           string
		Item                attribute.Item
		ConditionExpression *string `json:",omitempty"`
		placeholders
		ReturnValuesOnConditionCheckFailure returnOnFailure
	}
	updateAction struct {
		TableName           string
		Key                 attribute.Item
		UpdateExpression    *string `json:",omitempty"`
		ConditionExpression *string `json:",omitempty"`
		placeholders
		ReturnValuesOnConditionCheckFailure returnOnFailure
	}
	deleteAction struct {
		TableName           string
		Key                 attribute.Item
		ConditionExpression *string `json:",omitempty"`
		placeholders
		ReturnValuesOnConditionCheckFailure returnOnFailure
	}
	checkAction deleteAction
)

func (a putAction) write() (*write, error) {
	if a.Item == nil {
		return nil, protocol.Invalid("1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null")
	}
	w := &write{table: a.TableName, put: a.Item, returnOld: a.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	return w, w.parse(a.placeholders, a.ConditionExpression)
}

func (a deleteAction) write() (*write, error) {
	if a.Key == nil {
		return nil, errNoKey
	}
	w := &write{table: a.TableName, key: a.Key, remove: true, returnOld: a.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	return w, w.parse(a.placeholders, a.ConditionExpression)
}

func (a checkAction) write() (*write, error) {
	if a.Key == nil {
		return nil, errNoKey
	}
	if a.ConditionExpression == nil {
		return nil, protocol.Invalid("1 validation error detected: Value null at 'conditionExpression' failed to satisfy constraint: Member must not be null")
	}
	w := &write{table: a.TableName, key: a.Key, check: true, returnOld: a.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	return w, w.parse(a.placeholders, a.ConditionExpression)
}

func (a updateAction) write() (*write, error) {
	if a.Key == nil {
		return nil, errNoKey
	}
	if err := checkTableName(a.TableName); err != nil {
		return nil, err
	}
	w := &write{table: a.TableName, key: a.Key, returnOld: a.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	scope, err := a.scope(member{"UpdateExpression", a.UpdateExpression}, member{"ConditionExpression", a.ConditionExpression})
	if err != nil {
		return nil, err
	}
	if a.UpdateExpression != nil {
		if w.update, err = scope.Update(*a.UpdateExpression); err != nil {
			return nil, err
		}
	}
	return w, w.parseCondition(scope, a.ConditionExpression)
}

var errNoKey = protocol.Invalid("1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null")

func (w *write) parse(p placeholders, condition *string) error {
	if err := checkTableName(w.table); err != nil {
		return err
	}
	scope, err := p.scope(member{"ConditionExpression", condition})
	if err != nil {
		return err
	}
	return w.parseCondition(scope, condition)
}

// parseCondition parses the last expression of an action.
func (w *write) parseCondition(scope *expression.Scope, text *string) (err error) {
	if text != nil {
		if w.condition, err = scope.Condition("ConditionExpression", *text); err != nil {
			return err
		}
	}
	return scope.Unused()
}

// updated is the part of an item that the update writes to, for UPDATED_OLD and UPDATED_NEW.
func (w *write) updated(item attribute.Item) attribute.Item {
	if w.update == nil {
		return nil
	}
	return expression.Projection(w.update.Paths()).Of(item)
}
