package dynamodb

import (
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// returns are the members about what a single write answers.
type returns struct {
	ReturnValues                        returnValues
	ReturnConsumedCapacity              returnConsumedCapacity
	ReturnValuesOnConditionCheckFailure returnOnFailure
}

type writeItemOutput struct {
	Attributes       attribute.Item    `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

type putItemInput struct {
	TableName           string
	Item                attribute.Item
	ConditionExpression *string
	placeholders
	returns
}

func (s *Service) putItem(trace *protocol.Trace, in putItemInput) (out writeItemOutput, err error) {
	w, err := putAction{in.TableName, in.Item, in.ConditionExpression, in.placeholders, in.ReturnValuesOnConditionCheckFailure}.write()
	if err != nil {
		return out, err
	}
	return s.writeItem(trace, w, in.returns)
}

type deleteItemInput struct {
	TableName           string
	Key                 attribute.Item
	ConditionExpression *string
	placeholders
	returns
}

func (s *Service) deleteItem(trace *protocol.Trace, in deleteItemInput) (out writeItemOutput, err error) {
	w, err := deleteAction{in.TableName, in.Key, in.ConditionExpression, in.placeholders, in.ReturnValuesOnConditionCheckFailure}.write()
	if err != nil {
		return out, err
	}
	return s.writeItem(trace, w, in.returns)
}

type updateItemInput struct {
	TableName           string
	Key                 attribute.Item
	UpdateExpression    *string
	ConditionExpression *string
	placeholders
	returns
}

func (s *Service) updateItem(trace *protocol.Trace, in updateItemInput) (out writeItemOutput, err error) {
	w, err := updateAction{in.TableName, in.Key, in.UpdateExpression, in.ConditionExpression, in.placeholders, in.ReturnValuesOnConditionCheckFailure}.write()
	if err != nil {
		return out, err
	}
	return s.writeItem(trace, w, in.returns)
}

// writeItem runs one write by itself.
func (s *Service) writeItem(trace *protocol.Trace, w *write, r returns) (out writeItemOutput, err error) {
	if r.ReturnValues != "" && r.ReturnValues != "NONE" && r.ReturnValues != "ALL_OLD" && (w.put != nil || w.remove) {
		return out, protocol.Invalid("Return values set to invalid value")
	}
	var o outcome
	var units meter
	err = s.change(func() (*record, error) {
		if o, err = s.locate(w); err != nil {
			return nil, err
		}
		trace.Touched = append(trace.Touched, o.touch(w))
		err := w.run(&o)
		if err == errCondition {
			o.after = o.before
			o.meter(&units, 1)
			return nil, w.failed(o.before)
		}
		if err != nil {
			return nil, err
		}
		o.meter(&units, 1)
		if e := o.effect(); e != nil {
			return &record{Effects: []effect{*e}}, nil
		}
		return nil, nil
	}, nil)
	units.trace(trace)
	if err != nil {
		return out, err
	}
	return writeItemOutput{o.returned(w, r.ReturnValues), units.reportOf(w.table, r.ReturnConsumedCapacity)}, nil
}

// failed is the answer to a write whose condition does not hold.
func (w *write) failed(before *row) error {
	if !w.returnOld || before == nil {
		return errCondition
	}
	withItem := *errCondition
	withItem.Fields = map[string]any{"Item": before.item}
	return &withItem
}

func (o *outcome) returned(w *write, values returnValues) attribute.Item {
	var before, after attribute.Item
	if o.before != nil {
		before = o.before.item
	}
	if o.after != nil {
		after = o.after.item
	}
	switch values {
	case "ALL_OLD":
		return before
	case "ALL_NEW":
		return after
	case "UPDATED_OLD":
		return w.updated(before)
	case "UPDATED_NEW":
		return w.updated(after)
	}
	return nil
}
