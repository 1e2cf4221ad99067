package session

import (
	"context"
	"errors"
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

// ListInput asks for a page of the caller's sessions.
type ListInput struct {
	edge.Paging
}

// ListOfInput asks for a page of an admin's.
type ListOfInput struct {
	Admin string `path:"admin"`
	edge.Paging
}

// List gives a page of the caller's live sessions, the newest first. It fails with edge.ErrLimit.
func (s Service) List(ctx context.Context, who caller.Caller, in ListInput) (edge.Page[View], error) {
	return s.live(ctx, who, who.ID, in.Paging)
}

// ListOf gives another admin's. It fails with edge.ErrLimit, or the accounts' fault of kind NotFound.
func (s Service) ListOf(ctx context.Context, who caller.Caller, in ListOfInput) (edge.Page[View], error) {
	return s.live(ctx, who, in.Admin, in.Paging)
}

// live reads one page of the sessions that began so lately that they can be live, and shows those that are: a page may hold
// fewer than it is asked for, also none. However many logins there were, a call is one read of so many.
func (s Service) live(ctx context.Context, who caller.Caller, adminID string, p edge.Paging) (edge.Page[View], error) {
	size, err := p.Size()
	if err != nil {
		return edge.Page[View]{}, err
	}
	epoch, err := s.Epochs.Epoch(ctx, adminID)
	if err != nil {
		return edge.Page[View]{}, err
	}
	now, views, last := s.Ledger.Now(), []View{}, ""
	oldest := sortPrefix + id.Floor(idPrefix, now.Add(-absolute))
	q := ledger.Query{Partition: Keyspace + adminID, Newest: true, Limit: size, After: p.Cursor.After}
	if q.After == "" {
		q.Prefix = sortPrefix
	}
	page, err := s.Ledger.Query(ctx, q)
	if err != nil {
		return edge.Page[View]{}, err
	}
	for _, item := range page.Items {
		if last = item.Read().Text("sk"); !strings.HasPrefix(last, sortPrefix) || last < oldest {
			return edge.Page[View]{Items: views}, nil
		}
		found, err := Parse(item)
		if err != nil {
			return edge.Page[View]{}, err
		}
		if found.Live(now) && found.Epoch == epoch {
			views = append(views, found.view(who))
		}
	}
	if page.More && last != "" {
		return edge.Page[View]{Items: views, Next: ledger.Cursor{After: last}.String()}, nil
	}
	return edge.Page[View]{Items: views}, nil
}
