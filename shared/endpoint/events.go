package endpoint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/fault"
)

// EventTypes is what a workspace can hear of, a closed set: each is told by at least one change.
func EventTypes() []string {
	return []string{"decision.approved", "decision.rejected", "delivery.exhausted", "endpoint.disabled", "policy.published",
		"transfer.cancelled", "transfer.completed", "transfer.created", "transfer.failed", "transfer.rejected", "transfer.submitted", "transfer.submitting"}
}

// The faults of subscriptions.
var (
	ErrNoEvents = fault.New(fault.Unprocessable, "events_required",
		`An endpoint needs at least one event type; "*" is all of them.`).At("/events")
	ErrEvent = fault.New(fault.Unprocessable, "event_type_unknown",
		`This is not an event type, nor "<family>.*", nor "*". The types are: `+strings.Join(EventTypes(), ", ")+".")
	ErrEventTwice = fault.New(fault.Unprocessable, "event_type_repeated", "This event type is given twice.")
)

// checkEvents takes exact types, "family.*" and "*".
func checkEvents(patterns []string) error {
	if len(patterns) == 0 {
		return ErrNoEvents
	}
	for i, pattern := range patterns {
		at := "/events/" + strconv.Itoa(i)
		known := func(kind string) bool { return matches(pattern, kind) }
		if !slices.ContainsFunc(EventTypes(), known) {
			return ErrEvent.At(at)
		}
		if slices.Contains(patterns[:i], pattern) {
			return ErrEventTwice.At(at)
		}
	}
	return nil
}

func matches(pattern, kind string) bool {
	if pattern == "*" || pattern == kind {
		return true
	}
	family, _, _ := strings.Cut(kind, ".")
	return pattern == family+".*"
}

// wants reports whether the endpoint is to hear of events of this type.
func (e Endpoint) wants(kind string) bool {
	return e.State == Enabled && slices.ContainsFunc(e.Events, func(pattern string) bool { return matches(pattern, kind) })
}
