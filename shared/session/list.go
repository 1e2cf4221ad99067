package session

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
)

// ID is a session's: "ses_<ulid>".
type ID string

// UnmarshalText parses an id from outside.
func (s *ID) UnmarshalText(text []byte) error {
	if !id.Valid(idPrefix, string(text)) {
		return errors.New("malformed session id")
	}
	*s = ID(text)
	return nil
}

// View is a session as clients see it.
type View struct {
	ID          string `json:"id"`
	State       State  `json:"state"`
	CreatedAt   int64  `json:"created_at"`   // Unix ms
	RefreshedAt int64  `json:"refreshed_at"` // Unix ms, the last time; of the login if there was none
	ExpiresAt   int64  `json:"expires_at"`   // Unix ms, whatever happens
	IP          string `json:"ip"`           // of the last refresh
	UserAgent   string `json:"user_agent"`
	Current     bool   `json:"current"` // it is the one that asks
}

func (s Session) view(who caller.Caller) View {
	return View{s.ID, s.State, s.CreatedAt.UnixMilli(), s.RotatedAt.UnixMilli(), s.Until.UnixMilli(), s.client.ip, s.client.userAgent,
		s.ID == who.Via}
}

// List gives the caller's live sessions, the newest first.
func (s Service) List(ctx context.Context, who caller.Caller, _ struct{}) (edge.Page[View], error) {
	return s.live(ctx, who, who.ID)
}

// ListOf gives another admin's. It fails with the accounts' fault of kind NotFound.
func (s Service) ListOf(ctx context.Context, who caller.Caller, in OfInput) (edge.Page[View], error) {
	return s.live(ctx, who, in.Admin)
}

// pageSize is how many sessions one read takes.
const pageSize = 100

// live reads all sessions that began so lately that they can be live: whoever looks for a stranger among them must see
// them all.
func (s Service) live(ctx context.Context, who caller.Caller, adminID string) (edge.Page[View], error) {
	epoch, err := s.Epochs.Epoch(ctx, adminID)
	if err != nil {
		return edge.Page[View]{}, err
	}
	now, views := s.Ledger.Now(), []View{}
	q := ledger.Query{Partition: Keyspace + adminID, After: sortPrefix + id.Floor(idPrefix, now.Add(-absolute)), Limit: pageSize}
	for {
		page, err := s.Ledger.Query(ctx, q)
		if err != nil {
			return edge.Page[View]{}, err
		}
		for _, item := range page.Items {
			if q.After = item.Read().Text("sk"); !strings.HasPrefix(q.After, sortPrefix) {
				continue
			}
			found, err := Parse(item)
			if err != nil {
				return edge.Page[View]{}, err
			}
			if found.Live(now) && found.Epoch == epoch {
				views = append(views, found.view(who))
			}
		}
		if !page.More {
			slices.Reverse(views)
			return edge.Page[View]{Items: views}, nil
		}
	}
}
