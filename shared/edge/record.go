package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/strict"
)

// record is the one log line of a request, filled on the way. It has named fields only, never a body or a header.
type record struct {
	route   string
	request Request
	start   time.Time
	who     caller.Caller
	left    limit.Allowance // of the limit that the request counted in, if the client is told
	err     error
	unnoted error // why the audit trail lacks what it should say of the request
	crash   string
	more    []slog.Attr
}

// note keeps the trouble of recording something beside the answer, which stays what it is.
func (r *record) note(err error) {
	if err != nil {
		r.unnoted = err
	}
}

func (r *record) panicked(value any) {
	r.err = fmt.Errorf("panic: %v", value)
	r.crash = string(debug.Stack())
}

// cause is why somebody was not believed or not let through, which the client is not told; "" is of any other fault, whose
// cause may be made of what the request said. A reader of documents names members as the client wrote them, so only what is
// wrong with one is taken.
func cause(f *fault.Fault) string {
	why := f.Unwrap()
	if why == nil || f.Kind != fault.Unauthenticated && f.Kind != fault.Forbidden {
		return ""
	}
	if unread, ok := errors.AsType[*strict.Error](why); ok {
		return "a member " + unread.Problem
	}
	return why.Error()
}

func (r *record) write(log *slog.Logger, answer Response) {
	level := slog.LevelInfo
	attrs := []any{
		"route", r.route, "request_id", r.request.ID, "status", answer.Status,
		"duration_ms", float64(time.Since(r.start).Microseconds()) / 1000,
		"caller", string(r.who.Kind), "caller_id", r.who.ID,
	}
	if !r.who.Workspace.IsZero() {
		attrs = append(attrs, "workspace", r.who.Workspace.String())
	}
	for _, attr := range r.more {
		attrs = append(attrs, attr)
	}
	if r.err != nil {
		f := fault.From(r.err)
		attrs = append(attrs, "code", f.Code)
		if why := cause(f); why != "" {
			attrs = append(attrs, "cause", why)
		}
		if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
			level = slog.LevelError
			attrs = append(attrs, "error", r.err.Error())
		}
	}
	if r.unnoted != nil {
		level = slog.LevelError
		attrs = append(attrs, "not_noted", r.unnoted.Error())
	}
	if r.crash != "" {
		attrs = append(attrs, "stack", r.crash)
	}
	log.Log(context.Background(), level, "request", attrs...)
}
