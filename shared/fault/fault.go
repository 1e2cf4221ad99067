// Package fault is the vocabulary of what can go wrong: a kind (which decides the status), a stable code (which a
// program can test), and a sentence (which a person can act on). Faults are declared as variables beside the rule that
// they speak for, and compared with errors.Is.
package fault

import (
	"errors"
	"net/http"
	"time"
)

// Kind says whose turn it is. The zero value is Internal: a forgotten kind never looks like the client's doing.
type Kind uint8

// The kinds, in the order of the status table.
const (
	Internal        Kind = iota // our defect: report the request id
	Invalid                     // the request can't be read: fix it
	Unprocessable               // the request reads well and breaks a rule: fix it
	TooLarge                    // the body is over the route's limit: send less
	Unauthenticated             // no valid credential: authenticate
	Forbidden                   // a valid credential without this right: stop
	NotFound                    // nothing there, or not yours: stop
	WrongMethod                 // the path exists, the method does not: stop
	Conflict                    // the state has moved: read, decide
	TooMany                     // a limit is reached: wait
	Unavailable                 // a dependency failed: retry with the same Idempotency-Key
)

// statuses is the one table from kinds to HTTP statuses (RFC 9110 §15).
var statuses = [...]int{
	Internal:        http.StatusInternalServerError,
	Invalid:         http.StatusBadRequest,
	Unprocessable:   http.StatusUnprocessableEntity,
	TooLarge:        http.StatusRequestEntityTooLarge,
	Unauthenticated: http.StatusUnauthorized,
	Forbidden:       http.StatusForbidden,
	NotFound:        http.StatusNotFound,
	WrongMethod:     http.StatusMethodNotAllowed,
	Conflict:        http.StatusConflict,
	TooMany:         http.StatusTooManyRequests,
	Unavailable:     http.StatusServiceUnavailable,
}

// Status is the HTTP status of a kind; an unknown kind is a 500.
func (k Kind) Status() int {
	if int(k) >= len(statuses) {
		return http.StatusInternalServerError
	}
	return statuses[k]
}

// Fault is an error that may be shown to a client: neither Code, Message nor Field ever holds a secret or anything
// internal. The cause, if there is one, is for the log alone.
type Fault struct {
	Kind    Kind
	Code    string // stable, snake_case
	Message string // a sentence for a person
	Field   string // the offending member as a JSON pointer (RFC 6901), a parameter or header name, or ""

	Retry time.Duration // how long to wait before trying again; 0 says nothing about it

	rule  *Fault // the declared variable that this one is a case of
	cause error
}

// New declares a fault.
func New(kind Kind, code, message string) *Fault {
	return &Fault{Kind: kind, Code: code, Message: message}
}

// ErrInternal is what a client is told of any error that is not a fault.
var ErrInternal = New(Internal, "internal", "Something went wrong on our side. Report the request id.")

// From finds the fault in an error's chain, or makes it ErrInternal with the error as its cause.
func From(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return ErrInternal.Because(err)
}

func (f *Fault) Error() string {
	text := f.Code + ": " + f.Message
	if f.Field != "" {
		text += " (" + f.Field + ")"
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is makes every case of a declared fault equal to it.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && f.declared() == t.declared()
}

func (f *Fault) declared() *Fault {
	if f.rule != nil {
		return f.rule
	}
	return f
}

func (f *Fault) copy() *Fault {
	c := *f
	c.rule = f.declared()
	return &c
}

// At names the offending member.
func (f *Fault) At(field string) *Fault {
	c := f.copy()
	c.Field = field
	return c
}

// Saying replaces the sentence where the case knows more than the rule.
func (f *Fault) Saying(message string) *Fault {
	c := f.copy()
	c.Message = message
	return c
}

// Because attaches the cause, for the log.
func (f *Fault) Because(cause error) *Fault {
	c := f.copy()
	c.cause = cause
	return c
}

// After tells how long to wait before trying again.
func (f *Fault) After(d time.Duration) *Fault {
	c := f.copy()
	c.Retry = d
	return c
}
