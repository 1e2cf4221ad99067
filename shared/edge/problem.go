package edge

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/zenvault/zenvault/shared/fault"
)

// The edge's own faults.
var (
	ErrMalformed       = fault.New(fault.Invalid, "malformed_request", "The request can't be read.")
	ErrBodyTooLarge    = fault.New(fault.TooLarge, "body_too_large", "The body is larger than this route takes.")
	ErrUnexpectedBody  = fault.New(fault.Invalid, "unexpected_body", "This route takes no body.")
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated", "A valid credential is required.")
	ErrForbidden       = fault.New(fault.Forbidden, "forbidden", "This credential may not do this.")
	ErrNoFactor        = fault.New(fault.Forbidden, "second_factor_required",
		"This stack asks every admin for a second factor. Enrol one: POST /v1/auth/factor.")
	ErrNoRoute  = fault.New(fault.NotFound, "no_route", "There is no such route.")
	ErrNoMethod = fault.New(fault.WrongMethod, "method_not_allowed", "This path does not take this method.")
)

// Problem is the body of every error (RFC 9457).
type Problem struct {
	Type      string `json:"type"` // "urn:zenvault:problem:<code>"
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
	Field     string `json:"field,omitempty"`       // JSON pointer of the member, or the name of the parameter or header
	Retry     int64  `json:"retry_after,omitempty"` // seconds to wait, as in the header Retry-After
	RequestID string `json:"request_id"`
}

// ProblemResponse tells a fault. Nothing of its cause is in it.
func ProblemResponse(f *fault.Fault, requestID string) Response {
	status, wait := f.Kind.Status(), retryAfter(f.Retry)
	body, _ := json.Marshal(Problem{
		Type: "urn:zenvault:problem:" + f.Code, Title: http.StatusText(status), Status: status,
		Code: f.Code, Detail: f.Message, Field: f.Field, Retry: wait, RequestID: requestID,
	})
	r := reply(status, "application/problem+json", body)
	if status == http.StatusUnauthorized {
		r.Header.Set("WWW-Authenticate", "Bearer")
	}
	if wait > 0 {
		r.Header.Set("Retry-After", strconv.FormatInt(wait, 10))
	}
	return r
}

// retryAfter is a wait in whole seconds, rounded up, so that who waits for so long has waited long enough (RFC 9110
// §10.2.3); 0 where there is nothing to wait for.
func retryAfter(wait time.Duration) int64 {
	return max(0, int64((wait+time.Second-1)/time.Second))
}

func reply(status int, contentType string, body []byte) Response {
	return Response{status, http.Header{
		"Content-Type":           {contentType},
		"Cache-Control":          {"no-store"},
		"X-Content-Type-Options": {"nosniff"},
	}, body}
}
