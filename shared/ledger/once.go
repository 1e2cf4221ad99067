package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
)

// ReplayWindow is how long a reply is kept for an Idempotency-Key.
const ReplayWindow = 24 * time.Hour

// ErrKeyReused is told when an Idempotency-Key comes back with another request.
var ErrKeyReused = fault.New(fault.Conflict, "idempotency_key_reused",
	"This Idempotency-Key was used with another request in the last 24 hours.").At("Idempotency-Key")

// Replayed is returned instead of doing the same thing twice: the reply of the first time, as JSON.
type Replayed struct{ Reply []byte }

func (*Replayed) Error() string { return "done before under the same Idempotency-Key" }

// Replay looks whether the caller's Idempotency-Key was used before: *Replayed with the reply if it was, ErrKeyReused if
// with another request, nil if it is new or none was sent. Commit closes the race between two first uses.
func (l *Ledger) Replay(ctx context.Context, by caller.Caller) error {
	if by.Once.Key == "" {
		return nil
	}
	item, err := l.GetOne(ctx, onceKey(by))
	if err != nil || item == nil || item.Read().Time("until").Before(l.Now()) {
		return err
	}
	return replay(item, by.Once)
}

// onceKey binds the key to who sent it and to the route, so that no caller can meet another's.
func onceKey(by caller.Caller) Key {
	sum := sha256.Sum256([]byte(by.Once.Route + "\x00" + by.Once.Key))
	return Key{"once#" + string(by.Kind) + "#" + by.ID, hex.EncodeToString(sum[:])}
}

func onceWrite(c Change, now time.Time) ([]Write, error) {
	if c.By.Once.Key == "" {
		return nil, nil
	}
	reply, err := encodeReply(c.Reply)
	if err != nil {
		return nil, fmt.Errorf("keeping the reply of %s: %w", c.Action, err)
	}
	until := now.Add(ReplayWindow)
	item := Item{
		"input": c.By.Once.Input, "reply": reply, "until": until.UnixMilli(),
		"expires_at": until.Add(time.Hour).Unix(), // TTL, in seconds as DynamoDB wants it; it may come days late
	}
	// An expired token that TTL has not removed yet is overwritten.
	free := MissingOrAtMost("until", now.UnixMilli())
	return []Write{{Key: onceKey(c.By), Put: item, If: free, Else: ErrKeyReused}}, nil
}

// encodeReply is JSON without HTML escapes, which would make six bytes of one and an item too large for the table.
func encodeReply(reply any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(reply)
	return strings.TrimSuffix(text.String(), "\n"), err
}

func replay(stored Item, once caller.Once) error {
	r := stored.Read()
	input, reply := r.Text("input"), r.Text("reply")
	if err := r.Err(); err != nil {
		return err
	}
	if input != once.Input {
		return ErrKeyReused
	}
	return &Replayed{[]byte(reply)}
}
