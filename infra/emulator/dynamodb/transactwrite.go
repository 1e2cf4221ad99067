package dynamodb

import (
	"errors"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

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

type cancellationReason struct {
	Code    string
	Message string         `json:",omitempty"`
	Item    attribute.Item `json:",omitempty"`
}

// cancelled is the answer if at least one action has a reason; the others are None.
func cancelled(reasons []cancellationReason) error {
	codes, failed := make([]string, len(reasons)), false
	for i := range reasons {
		if reasons[i].Code == "" {
			reasons[i].Code = "None"
		} else {
			failed = true
		}
		codes[i] = reasons[i].Code
	}
	if !failed {
		return nil
	}
	err := protocol.Refuse("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	err.Fields = map[string]any{"CancellationReasons": reasons}
	return err
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

// transact decides a transaction; s.mu is held.
func (s *Service) transact(trace *protocol.Trace, units *meter, writes []*write, used token) (*record, error) {
	outcomes, reasons, err := s.locateAll(trace, writes)
	if err != nil {
		return nil, err
	}
	if used.ID != "" {
		now := s.clock.Now()
		repeated, err := s.tokens.seen(used.ID, used.Request, now)
		if err != nil {
			return nil, err
		}
		if repeated {
			for _, o := range outcomes {
				o.meterRepeat(units)
			}
			return nil, nil
		}
		used.At = now.UnixMilli()
	}
	r := &record{}
	for i, w := range writes {
		if reasons[i].Code != "" {
			continue
		}
		o := &outcomes[i]
		err := w.run(o)
		if err != nil {
			o.after = o.before
			reasons[i] = w.reason(err, o.before)
		} else if e := o.effect(); e != nil {
			r.Effects = append(r.Effects, *e)
		}
		o.meter(units, 2)
	}
	if err := cancelled(reasons); err != nil {
		return nil, err
	}
	if total(outcomes) > maxTransactionBytes {
		return nil, protocol.Invalid("Transaction size has exceeded the maximum allowed size of 4 MB")
	}
	if used.ID != "" {
		r.Token = &used
	}
	return r, nil
}

// total is the size of the items after a transaction.
func total(outcomes []outcome) (bytes int) {
	for _, o := range outcomes {
		if o.after != nil {
			bytes += o.after.size
		}
	}
	return bytes
}

// locateAll finds every action's item. What the table's schema refuses is the action's reason to cancel.
func (s *Service) locateAll(trace *protocol.Trace, writes []*write) ([]outcome, []cancellationReason, error) {
	type target struct {
		table string
		at    place
	}
	outcomes, reasons := make([]outcome, len(writes)), make([]cancellationReason, len(writes))
	targets := map[target]bool{}
	for i, w := range writes {
		o, err := s.locate(w)
		var refused *protocol.Error
		switch {
		case err == nil:
			outcomes[i] = o
		case errors.As(err, &refused) && refused.Type == "ValidationException":
			reasons[i] = cancellationReason{Code: "ValidationError", Message: refused.Message}
			continue
		default:
			return nil, nil, err
		}
		if targets[target{w.table, o.at}] {
			return nil, nil, protocol.Invalid("Transaction request cannot include multiple operations on one item")
		}
		targets[target{w.table, o.at}] = true
		trace.Touched = append(trace.Touched, o.touch(w))
	}
	return outcomes, reasons, nil
}

func (w *write) reason(err error, before *row) cancellationReason {
	if err == errCondition {
		r := cancellationReason{Code: "ConditionalCheckFailed", Message: "The conditional request failed"}
		if w.returnOld && before != nil {
			r.Item = before.item
		}
		return r
	}
	var refused *protocol.Error
	if errors.As(err, &refused) {
		return cancellationReason{Code: "ValidationError", Message: refused.Message}
	}
	return cancellationReason{Code: "ValidationError", Message: err.Error()}
}

// meterRepeat counts a repeated request's action: it costs a transactional read of the item.
func (o *outcome) meterRepeat(m *meter) {
	if o.table == nil {
		return
	}
	size := 0
	if o.before != nil {
		size = o.before.size
	}
	m.of(o.table.definition.TableName).read += 2 * readUnits(size, true)
}
