package edge

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/limit"
)

// class is what the route's requests count in. Callbacks count in none: a decision makes two calls to the database, and a
// third one would be for the sake of a co-signer that has proven itself. Those that don't are counted as Unauthenticated.
func (s Spec) class() limit.Class {
	read := s.Method == http.MethodGet
	switch {
	case s.Class != "" || s.Guard.Kind == CallbackGuard:
		return s.Class
	case s.Guard.Kind == PublicGuard && read:
		return limit.Public
	case s.Guard.Kind == PublicGuard:
		return limit.Auth
	case read:
		return limit.Read
	}
	return limit.Write
}

// limitEarly counts what is counted before anything else is looked at: a request of a public route, by the client's
// address. At other routes a good credential is never refused for what a neighbour sent: it can't be guessed.
func (e Edge) limitEarly(ctx context.Context, s Spec, r Request, record *record) error {
	if s.Guard.Kind != PublicGuard {
		return nil
	}
	left, err := e.Limits.Take(ctx, s.class(), clientip.Key(r.Client))
	return record.refused(left, err) // what is left is not told: of an address that others may share, and the same to all
}

// limitFailure counts a failed authentication against the client's address. Beyond its rate the answer is that there were
// too many, whatever was wrong; trouble of the table changes nothing, since the client gets nothing either way.
func (e Edge) limitFailure(ctx context.Context, r Request, record *record, err error) error {
	if fault.From(err).Kind != fault.Unauthenticated {
		return err
	}
	left, tooMany := e.Limits.Take(ctx, limit.Unauthenticated, clientip.Key(r.Client))
	if tooMany := record.refused(left, tooMany); tooMany != nil && fault.From(tooMany).Kind == fault.TooMany {
		return tooMany
	}
	return err
}

// limitCaller counts a request of who has proven to be an admin, or a workspace's program: all keys of a workspace count
// together, and no other caller with them.
func (e Edge) limitCaller(ctx context.Context, s Spec, who caller.Caller, record *record) error {
	subject := who.ID
	switch {
	case s.Guard.Kind != AdminGuard && s.Guard.Kind != KeyGuard:
		return nil
	case who.Kind == caller.APIKey:
		subject = who.Workspace.String()
	}
	left, err := e.Limits.Take(ctx, s.class(), subject)
	if err == nil {
		record.left = left
	}
	return record.refused(left, err)
}

// refused keeps what a refusal says of the limit, and gives the error.
func (r *record) refused(left limit.Allowance, err error) error {
	if err != nil && left.Class != "" {
		r.left = left
	}
	return err
}

// tell adds the fields that say what is left (draft-ietf-httpapi-ratelimit-headers-11).
func tell(left limit.Allowance, header http.Header) {
	if left.Class == "" {
		return
	}
	header.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", left.Class, left.Rate.Count, left.Rate.Period/time.Second))
	header.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", left.Class, left.Remaining, retryAfter(left.Reset)))
}
