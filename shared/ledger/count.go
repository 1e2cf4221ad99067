package ledger

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/fault"
)

// Limit is how many there may be of something, counted in an item of its own.
type Limit struct {
	Key  Key
	Most int64
	Full *fault.Fault // what it means when there are so many
}

// errCounted says that another one was made in between. It is never told: what is counted is counted again.
var errCounted = fault.New(fault.Conflict, "counted", "Another one was made in this moment. Try again.")

// CommitOneMore is Commit of a change that makes one more of what a limit is about, and counts it in the same transaction. It
// ends: each lost race is another one made, and there are not more than the limit. It fails as Commit does, and with the
// limit's own fault.
func (l *Ledger) CommitOneMore(ctx context.Context, c Change, limit Limit) (Receipt, error) {
	also := c.Also
	for {
		counted, err := l.oneMore(ctx, limit)
		if err != nil {
			return Receipt{}, err
		}
		c.Also = append(also[:len(also):len(also)], counted)
		receipt, err := l.Commit(ctx, c)
		if !errors.Is(err, errCounted) {
			return receipt, err
		}
	}
}

func (l *Ledger) oneMore(ctx context.Context, limit Limit) (Write, error) {
	item, err := l.GetOne(ctx, limit.Key)
	if err != nil {
		return Write{}, err
	}
	count, unchanged := int64(0), Absent()
	if item != nil {
		r := item.Read()
		if count = r.Int("count"); r.Err() != nil {
			return Write{}, r.Err()
		}
		unchanged = Is("count", count)
	}
	if count >= limit.Most {
		return Write{}, limit.Full
	}
	return Write{Key: limit.Key, Put: Item{"count": count + 1}, If: unchanged, Else: errCounted}, nil
}
