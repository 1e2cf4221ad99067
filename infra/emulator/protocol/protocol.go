// Package protocol is what the emulated services share: the JSON protocol of AWS (one POST, the operation in
// X-Amz-Target), its errors, and strict decoding that refuses every member it does not know.
package protocol

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Service is one emulated AWS service. It is safe for concurrent use, and what Call has answered is durable if the
// service was opened on a directory.
type Service interface {
	// Target is the prefix of X-Amz-Target that the service answers, such as "DynamoDB_20120810".
	Target() string
	// ContentType is that of its answers, such as "application/x-amz-json-1.0".
	ContentType() string
	// Call runs one operation on the request's JSON and returns the value to encode. Its errors are *Error; any
	// other error is a defect of the emulator and is answered as 500.
	Call(ctx context.Context, operation string, body []byte) (any, error)
	// Close ends waiting calls and closes the journal.
	Close() error
}

// Journal makes a service's changes durable. Append returns when the record would survive a kill of the process.
type Journal interface {
	Append(record []byte) error
	Close() error
}

// Clock is the time a service goes by. AfterFunc's stop reports whether it prevented f.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Error is an AWS error as the SDK reads it: Type becomes "__type", Fields further members beside "message".
type Error struct {
	Status  int
	Type    string
	Message string
	Fields  map[string]any
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Refuse makes a 400 of the named type.
func Refuse(kind, format string, args ...any) *Error {
	return &Error{Status: 400, Type: kind, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes the ValidationException that DynamoDB answers to most of what it refuses.
func Invalid(format string, args ...any) *Error {
	return Refuse("ValidationException", format, args...)
}

// Unsupported is the emulator's own refusal: AWS knows this, the emulator does not. It is loud, so that code never
// leans on a silent no-op.
func Unsupported(what string) *Error {
	return Refuse("EmulatorUnsupported", "the embedded emulator does not implement %s", what)
}

// Decode reads a request strictly: a member that v does not have is Unsupported, a wrong type is a SerializationException,
// and an *Error from a member's UnmarshalJSON comes back as it is.
func Decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		// A member's own UnmarshalJSON may know better what is wrong with it.
		if refused, ok := errors.AsType[*Error](err); ok {
			return refused
		}
		if member, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
			return Unsupported("request member " + member)
		}
		return Refuse("SerializationException", "%v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Refuse("SerializationException", "data after the request")
	}
	return nil
}
