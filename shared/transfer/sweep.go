package transfer

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Swept says what a run found.
type Swept struct {
	Transfers int `json:"transfers"`
}

// Sweep sends a message for every transfer that is due: those whose message was lost, whose worker died, and those that
// are with the provider and are to be asked about. It changes nothing itself; the worker looks whether there is anything to
// do.
func (s Service) Sweep(ctx context.Context, _ caller.Caller, _ struct{}) (Swept, error) {
	var found [dueShards]int
	var errs [dueShards]error
	var all sync.WaitGroup
	for n := range dueShards {
		all.Go(func() { found[n], errs[n] = s.sweepShard(ctx, dueShard(n)) })
	}
	all.Wait()
	sum := 0
	for _, n := range found {
		sum += n
	}
	return Swept{sum}, errors.Join(errs[:]...)
}

func (s Service) sweepShard(ctx context.Context, shard string) (sent int, err error) {
	err = s.Ledger.WalkDue(ctx, shard, func(found []ledger.Item) error {
		var bodies [][]byte
		for _, item := range found {
			pk, _ := item["pk"].(string)
			bodies = append(bodies, message(strings.TrimPrefix(pk, Keys)))
		}
		sent += len(bodies)
		return s.Queue.Send(ctx, edge.TransferQueue, 0, bodies...)
	})
	return sent, err
}
