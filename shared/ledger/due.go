package ledger

import (
	"context"
	"fmt"
	"hash/fnv"
)

// DueShards spread the due-time index, so that no partition of it is hot.
const DueShards = 4

// DueShard is the partition of the due-time index that an id belongs to.
func DueShard(of string) string { return DueShardName(Shard(of, DueShards)) }

// DueShardName is the nth partition of the due-time index.
func DueShardName(n int) string { return fmt.Sprintf("due#%d", n) }

// Shard is the one of so many that an id belongs to.
func Shard(of string, shards uint32) int {
	h := fnv.New32a()
	h.Write([]byte(of))
	return int(h.Sum32() % shards)
}

const (
	duePage  = 100 // as many items as one read takes
	duePages = 50  // in one walk; the oldest come first, the rest has its turn in the next one
)

// WalkDue gives what is due in one partition of the due-time index to take, page by page, until that fails. What it gives is
// the index's keys, which may be behind the items themselves.
func (l *Ledger) WalkDue(ctx context.Context, shard string, take func([]Item) error) error {
	q := Query{Index: DueIndex, Partition: shard, UpTo: l.Now().UnixMilli(), Limit: duePage}
	for range duePages {
		page, err := l.Query(ctx, q)
		if err != nil {
			return err
		}
		if err := take(page.Items); err != nil || !page.More {
			return err
		}
		q.Start = page.Last
	}
	return nil
}
