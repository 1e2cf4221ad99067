package dynamodb

import (
	"errors"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

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
