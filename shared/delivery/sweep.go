package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Swept says what a run sent again.
type Swept struct {
	Events   int `json:"events"`
	Attempts int `json:"attempts"`
}

// Sweep sends messages for what is due and should have been taken up: events whose announcement was lost, attempts whose
// message was lost or whose worker died, and waits that are too long for a queue. It changes nothing itself.
func (s Service) Sweep(ctx context.Context, _ caller.Caller, _ struct{}) (Swept, error) {
	var found [ledger.DueShards]Swept
	var errs [ledger.DueShards]error
	var all sync.WaitGroup
	for shard := range ledger.DueShards {
		all.Go(func() { found[shard], errs[shard] = s.sweepShard(ctx, ledger.DueShardName(shard)) })
	}
	all.Wait()
	var sum Swept
	for _, f := range found {
		sum.Events, sum.Attempts = sum.Events+f.Events, sum.Attempts+f.Attempts
	}
	return sum, errors.Join(errs[:]...)
}

func (s Service) sweepShard(ctx context.Context, shard string) (Swept, error) {
	var sum Swept
	var unread []error // items hold up none behind them
	err := s.Ledger.WalkDue(ctx, shard, func(found []ledger.Item) error {
		sent, passed, err := s.resend(ctx, found)
		sum.Events, sum.Attempts = sum.Events+sent.Events, sum.Attempts+sent.Attempts
		unread = append(unread, passed)
		return err
	})
	return sum, errors.Join(append(unread, err)...)
}

// resend sorts a page by what is to be done about each. What it had to pass over is told apart from trouble with the
// database or the queues, which ends the run.
func (s Service) resend(ctx context.Context, found []ledger.Item) (sent Swept, passed, err error) {
	var events [][]byte
	var deliveries []ledger.Key
	for _, item := range found {
		pk, _ := item["pk"].(string)
		sk, _ := item["sk"].(string)
		if event, is := strings.CutPrefix(pk, eventKeys); is {
			events = append(events, announcement(event))
		} else {
			deliveries = append(deliveries, ledger.Key{PK: pk, SK: sk})
		}
	}
	first, later, passed, err := s.overdue(ctx, deliveries)
	return Swept{len(events), len(first) + len(later)}, passed, errors.Join(err,
		s.Queue.Send(ctx, edge.EventQueue, 0, events...),
		s.Queue.Send(ctx, edge.DeliveryQueue, 0, first...),
		s.Queue.Send(ctx, edge.RetryQueue, 0, later...))
}

// eventKeys is the prefix of the keys of events.
const eventKeys = "event#"

// overdue reads the deliveries themselves, since the index may be behind them: which are still due, and at which attempt.
// Those that can't be read are passed over.
func (s Service) overdue(ctx context.Context, keys []ledger.Key) (first, later [][]byte, passed, err error) {
	if len(keys) == 0 {
		return nil, nil, nil, nil
	}
	items, err := s.Ledger.Get(ctx, keys...)
	if err != nil {
		return nil, nil, nil, err
	}
	now, unread := s.Ledger.Now().UnixMilli(), []error{}
	for i, item := range items {
		dueAt, there := item["due_at"].(int64)
		if !there || dueAt > now {
			continue
		}
		d, err := parse(item)
		switch {
		case err != nil:
			unread = append(unread, fmt.Errorf("%s/%s: %w", keys[i].PK, keys[i].SK, err))
		case d.Attempt == 1:
			first = append(first, d.message())
		default:
			later = append(later, d.message())
		}
	}
	return first, later, errors.Join(unread...), nil
}
