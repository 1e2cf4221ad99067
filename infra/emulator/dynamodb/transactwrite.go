package dynamodb

import "github.com/zenvault/zenvault/infra/emulator/protocol"

// Limits of a transaction (API reference of TransactWriteItems).
const (
	maxActions          = 100
	maxTransactionBytes = 4 << 20
)

type transactItem struct {
	ConditionCheck *checkAction  `json:",omitempty"`
	Delete         *deleteAction `json:",omitempty"`
	Put            *putAction    `json:",omitempty"`
	Update         *updateAction `json:",omitempty"`
}

type transactWriteInput struct {
	TransactItems          []transactItem
	ClientRequestToken     *string
	ReturnConsumedCapacity returnConsumedCapacity
}

type transactWriteOutput struct {
	ConsumedCapacity []consumedCapacity `json:",omitempty"`
}

func (i transactItem) write() (w *write, err error) {
	actions := 0
	for _, action := range []struct {
		given bool
		write func() (*write, error)
	}{
		{i.ConditionCheck != nil, func() (*write, error) { return i.ConditionCheck.write() }},
		{i.Delete != nil, func() (*write, error) { return i.Delete.write() }},
		{i.Put != nil, func() (*write, error) { return i.Put.write() }},
		{i.Update != nil, func() (*write, error) { return i.Update.write() }},
	} {
		if !action.given {
			continue
		}
		if actions++; actions > 1 {
			break
		}
		if w, err = action.write(); err != nil {
			return nil, err
		}
	}
	if actions != 1 {
		return nil, protocol.Invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	if i.Update != nil && i.Update.UpdateExpression == nil {
		return nil, protocol.Invalid("1 validation error detected: Value null at 'transactItems.1.member.update.updateExpression' failed to satisfy constraint: Member must not be null")
	}
	return w, nil
}

func (in transactWriteInput) writes() ([]*write, error) {
	if n := len(in.TransactItems); n == 0 || n > maxActions {
		bound := "greater than or equal to 1"
		if n > 0 {
			bound = "less than or equal to 100"
		}
		return nil, protocol.Invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length %s", bound)
	}
	var writes []*write
	for _, item := range in.TransactItems {
		w, err := item.write()
		if err != nil {
			return nil, err
		}
		writes = append(writes, w)
	}
	return writes, nil
}

func (s *Service) transactWriteItems(trace *protocol.Trace, in transactWriteInput) (out transactWriteOutput, err error) {
	writes, err := in.writes()
	if err != nil {
		return out, err
	}
	var used token
	if in.ClientRequestToken != nil {
		if n := len(*in.ClientRequestToken); n < 1 || n > 36 {
			return out, protocol.Invalid("1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy constraint: Member must have length between 1 and 36", *in.ClientRequestToken)
		}
		used.ID = *in.ClientRequestToken
		if used.Request, err = digest(in.TransactItems); err != nil {
			return out, err
		}
	}
	var units meter
	err = s.change(func() (*record, error) { return s.transact(trace, &units, writes, used) }, nil)
	units.trace(trace)
	if err != nil {
		return out, err
	}
	return transactWriteOutput{units.reportTransaction(in.ReturnConsumedCapacity)}, nil
}
