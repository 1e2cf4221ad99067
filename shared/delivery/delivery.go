// Package delivery brings events to the endpoints that asked for them: fans each event out into one delivery for each
// endpoint, attempts each until it is taken, at growing intervals for three days, and finds what got lost on the way.
//
// The stored delivery is the only truth. A queue's message says "look at this one"; one that comes twice, late, or about
// an attempt that was made already changes nothing.
package delivery

import (
	"context"
	"net/http"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/webhook"
)

// State is how far a delivery has come. All but Due are ends.
type State string

// The states.
const (
	Due       State = "due"       // an attempt is to be made, or is being made
	Delivered State = "delivered" // the endpoint took it
	Exhausted State = "exhausted" // no attempts or no time left
	Refused   State = "refused"   // the endpoint said that it is gone (410)
	Skipped   State = "skipped"   // the endpoint was disabled before it could be sent
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	Event     string
	Endpoint  string
	Workspace tenant.ID
	State     State
	Attempt   int       // the number of the next attempt from 1; of the last one once it has ended
	NextAt    time.Time // when the next attempt is due; of the last one once it has ended
	Deadline  time.Time // no attempt begins after it
}

// The faults of this domain. No client sees them: they are words for the log.
var (
	errMessage  = fault.New(fault.Invalid, "message_malformed", "The message names no event or delivery.")
	errNoEvent  = fault.New(fault.Internal, "event_missing", "The message names an event that is not there.")
	errMissing  = fault.New(fault.Internal, "delivery_missing", "The message names a delivery that is not there.")
	errExists   = fault.New(fault.Conflict, "delivery_exists", "This delivery exists.")
	errMoved    = fault.New(fault.Conflict, "delivery_moved", "Another worker has moved this on.")
	errRecorded = fault.New(fault.Conflict, "attempt_recorded", "This attempt is recorded already.")
)

// Endpoints knows where messages may go. The endpoint domain does.
type Endpoints interface {
	// Subscribed names at most 20 endpoints that are to hear of events of this type.
	Subscribed(ctx context.Context, workspace tenant.ID, kind string) ([]string, error)
	// Destination is false if nothing may be sent to the endpoint any more.
	Destination(ctx context.Context, workspace tenant.ID, endpoint string) (webhook.Destination, bool, error)
	// Disable stops everything to the endpoint, durably, and tells its owner. Doing it twice does it once.
	Disable(ctx context.Context, who caller.Caller, workspace tenant.ID, endpoint, reason string) error
}

// Sender puts messages into queues, from which each comes out at least once, not before the delay (at most 15 minutes) is
// over.
type Sender interface {
	Send(ctx context.Context, to edge.Queue, after time.Duration, bodies ...[]byte) error
}

// Poster posts to an address that a stranger chose and reads a bounded answer within a bounded time. Its error's text
// is a fixed code.
type Poster interface {
	Post(ctx context.Context, url string, header http.Header, body []byte) (webhook.Answer, error)
}

// Service is what the workers are made of.
type Service struct {
	Ledger    *ledger.Ledger
	Queue     Sender
	Endpoints Endpoints // nil for the sweeper
	Client    Poster    // nil where nothing is posted
}

func (d Delivery) id() string { return d.Event + "/" + d.Endpoint }

func (d Delivery) target() audit.Target { return audit.Target{Type: "delivery", ID: d.id()} }

func (d Delivery) fields() audit.Fields {
	return audit.Fields{
		"event": d.Event, "endpoint": d.Endpoint, "workspace": d.Workspace.String(), "state": string(d.State),
		"attempt": d.Attempt, "next_attempt_at": d.NextAt, "deadline": d.Deadline,
	}
}
