package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// Sender puts messages into queues, from which each comes out at least once.
type Sender interface {
	Send(ctx context.Context, to edge.Queue, after time.Duration, bodies ...[]byte) error
}

// Postbox is how other domains ask for a letter. It is safe for concurrent use.
type Postbox struct {
	Queue Sender
	Now   func() time.Time
}

// Post asks for a letter of a kind (Reset or Locked) to an address, of at most 254 printable ASCII characters, that
// somebody wrote: whether it is an admin's is seen by the worker alone. What goes over the wire is of one size. After an
// error the letter may have been asked for.
func (p Postbox) Post(ctx context.Context, kind, address string) error {
	message, err := newRequest(kind, address, p.Now())
	if err != nil {
		return err
	}
	if err := p.Queue.Send(ctx, edge.MailQueue, 0, message); err != nil {
		return fmt.Errorf("asking for a letter of the kind %s: %w", kind, err)
	}
	return nil
}
