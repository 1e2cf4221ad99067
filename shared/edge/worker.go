package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/strict"
)

// Message is one of a queue's.
type Message struct {
	ID       string
	Body     []byte
	Receives int // how often it has been received, this time included
}

// Job is a Spec and the method that takes one message of its queue. An error leaves the message in the queue.
type Job[S any] struct {
	Spec
	Do func(S, context.Context, caller.Caller, Message) error
}

// Task is a Spec and the method that a clock or an operator starts: without HTTP, guarded by the right to invoke the
// function.
type Task[S, In, Out any] struct {
	Spec
	Do func(S, context.Context, caller.Caller, In) (Out, error)
}

// Worker takes messages; Runner takes an invocation's input as JSON and answers as JSON.
type (
	Worker func(context.Context, Message) error
	Runner func(ctx context.Context, requestID string, input []byte) ([]byte, error)
)

// Describe gives the spec.
func (j Job[S]) Describe() Spec { return j.Spec }

// Describe gives the spec.
func (t Task[S, In, Out]) Describe() Spec { return t.Spec }

// BindJob joins a job to its service.
func BindJob[S any](log *slog.Logger, job Job[S], service S) Worker {
	return func(ctx context.Context, m Message) (err error) {
		start := time.Now()
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			logWork(log, job.Spec, m.ID, start, err)
		}()
		return job.Do(service, ctx, caller.Worker(job.Name, m.ID), m)
	}
}

// BindTask joins a task to its service. An empty input is an empty object; a clock's own event is not looked at.
func BindTask[S, In, Out any](log *slog.Logger, task Task[S, In, Out], service S) Runner {
	return func(ctx context.Context, requestID string, raw []byte) (answer []byte, err error) {
		start := time.Now()
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			logWork(log, task.Spec, requestID, start, err)
		}()
		var input In
		if len(raw) > 0 && task.Every == 0 {
			if err := strict.Decode(raw, &input); err != nil {
				return nil, ErrMalformed.Saying(err.Error())
			}
		}
		output, err := task.Do(service, ctx, caller.Worker(task.Name, requestID), input)
		if err != nil {
			return nil, err
		}
		return json.Marshal(output)
	}
}

func logWork(log *slog.Logger, s Spec, requestID string, start time.Time, err error) {
	level := slog.LevelInfo
	attrs := []any{"function", s.Name, "request_id", requestID,
		"duration_ms", float64(time.Since(start).Microseconds()) / 1000}
	if err != nil {
		level = slog.LevelError
		attrs = append(attrs, "code", fault.From(err).Code, "error", err.Error())
	}
	log.Log(context.Background(), level, "work", attrs...)
}
