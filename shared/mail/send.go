package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// maxAge is how old a request by address may be. Nobody waits for its letter any longer, and one that comes out of the
// dead letters days later would be news of an attempt that was not made now.
const maxAge = time.Hour

// Send writes the letter that the message asks for and hands it over. A message about nobody is done with; so is a letter
// that can't ever be sent, once somebody was told. Any other trouble leaves the message in the queue.
func (s Service) Send(ctx context.Context, who caller.Caller, m edge.Message) error {
	asked, err := parse(m.Body)
	if err != nil {
		return err
	}
	if asked.Event != "" {
		return s.tell(ctx, who, asked.Event)
	}
	at := time.UnixMilli(asked.At).UTC()
	if s.Ledger.Now().Sub(at) > maxAge {
		return nil
	}
	var to string
	var token secret.Text
	switch asked.Kind {
	case Reset:
		to, token, err = s.Accounts.ResetToken(ctx, who, asked.Address)
	case Locked:
		to, err = s.Accounts.Known(ctx, asked.Address)
	}
	if err != nil {
		return fmt.Errorf("looking up who gets the letter: %w", err)
	}
	return s.hand(ctx, asked.Kind, to, facts{at: at, link: s.link(asked.Kind, token)})
}

// tell writes about an event, from what it says of itself: who did it ("by", an admin's id), and from where ("ip",
// "user_agent").
func (s Service) tell(ctx context.Context, who caller.Caller, eventID string) error {
	item, err := s.Ledger.GetOne(ctx, ledger.EventKey(eventID))
	if err != nil {
		return err
	}
	if item == nil {
		return errNoEvent
	}
	event, err := ledger.ParseEvent(item)
	if err != nil || event.Admin == "" {
		return err
	}
	data, err := audit.ParseFields(event.DataJSON)
	if err != nil {
		return fmt.Errorf("reading the event %s: %w", event.ID, err)
	}
	var to string
	var token secret.Text
	if event.Type == invited {
		to, token, err = s.Accounts.InvitationToken(ctx, who, event.Admin)
	} else {
		to, err = s.Accounts.AddressOf(ctx, event.Admin)
	}
	if err != nil {
		return fmt.Errorf("looking up who gets the letter: %w", err)
	}
	return s.hand(ctx, event.Type, to, facts{at: event.Time, about: event, data: data, link: s.link(event.Type, token)})
}

func (s Service) hand(ctx context.Context, kind, to string, f facts) error {
	if to == "" {
		return nil
	}
	f.stack = s.Stack
	subject, text := write(kind, f)
	err := s.Courier.Send(ctx, to, subject, text)
	if err != nil && fault.From(err).Kind == fault.Unprocessable {
		s.Dropped(kind, err)
		return nil
	}
	return err
}
