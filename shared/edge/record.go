package edge

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
)

// record is the one log line of a request, filled on the way. It has named fields only, never a body or a header.
type record struct {
	route   string
	request Request
	start   time.Time
	who     caller.Caller
	err     error
	crash   string
	more    []slog.Attr
}

func (r *record) panicked(value any) {
	r.err = fmt.Errorf("panic: %v", value)
	r.crash = string(debug.Stack())
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
		if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
			level = slog.LevelError
			attrs = append(attrs, "error", r.err.Error())
		}
	}
	if r.crash != "" {
		attrs = append(attrs, "stack", r.crash)
	}
	log.Log(context.Background(), level, "request", attrs...)
}
