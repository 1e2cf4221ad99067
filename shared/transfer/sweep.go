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

const (
	sweepPage  = 100 // as many items as one read takes
	sweepPages = 50  // of a shard in one run; the oldest come first, the rest has its turn within the next minutes
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
	q := ledger.Query{Index: ledger.DueIndex, Partition: shard, UpTo: s.Ledger.Now().UnixMilli(), Limit: sweepPage}
	for range sweepPages {
		page, err := s.Ledger.Query(ctx, q)
		if err != nil {
			return sent, err
		}
		var bodies [][]byte
		for _, item := range page.Items {
			pk, _ := item["pk"].(string)
			bodies = append(bodies, message(strings.TrimPrefix(pk, Keys)))
		}
		if len(bodies) > 0 {
			if err := s.Queue.Send(ctx, edge.TransferQueue, 0, bodies...); err != nil {
				return sent, err
			}
		}
		if sent += len(bodies); !page.More {
			return sent, nil
		}
		q.Start = page.Last
	}
	return sent, nil
}
