// Package function runs handlers as AWS Lambda functions: it turns the events of API Gateway (HTTP API, payload 2.0)
// and SQS into the edge's own types, and back.
package function

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
)

// Event is what API Gateway sends, as far as it is read (AWS, "Working with AWS Lambda proxy integrations for HTTP
// APIs", payload format 2.0).
type Event struct {
	RawPath         string            `json:"rawPath"`
	RawQuery        string            `json:"rawQueryString"`
	Headers         map[string]string `json:"headers"`
	PathParameters  map[string]string `json:"pathParameters"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  struct {
		RequestID string `json:"requestId"`
		TimeEpoch int64  `json:"timeEpoch"`
		HTTP      struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
}

// Reply is what API Gateway takes. Every body of ours is text.
type Reply struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// ServeHTTP runs a route as the Lambda function of this process. It does not return.
func ServeHTTP(h edge.Handler) {
	lambda.Start(func(ctx context.Context, e Event) (Reply, error) { return Answer(ctx, h, e), nil })
}

// Answer passes one event through a route.
func Answer(ctx context.Context, h edge.Handler, e Event) Reply {
	request, err := e.request()
	if err != nil {
		return reply(edge.ProblemResponse(fault.From(err), e.RequestContext.RequestID))
	}
	return reply(h(ctx, request))
}

// request decodes the body once: from here on the bytes are those that the client sent.
func (e Event) request() (edge.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return edge.Request{}, edge.ErrMalformed.Saying("The body can't be decoded.").Because(err)
		}
	}
	query, err := url.ParseQuery(e.RawQuery)
	if err != nil {
		return edge.Request{}, edge.ErrMalformed.Saying("The query can't be read.").Because(err)
	}
	source, _ := netip.ParseAddr(e.RequestContext.HTTP.SourceIP) // an invalid one stays the zero address
	return edge.Request{
		ID: e.RequestContext.RequestID, Method: e.RequestContext.HTTP.Method, Path: e.RawPath,
		Params: e.params(), Query: query, Asked: e.RawQuery, Header: e.header(), Body: body, Source: source,
		Time: time.UnixMilli(e.RequestContext.TimeEpoch).UTC(),
	}, nil
}

// params undoes what API Gateway leaves of percent-encoding.
func (e Event) params() map[string]string {
	params := make(map[string]string, len(e.PathParameters))
	for name, value := range e.PathParameters {
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		params[name] = value
	}
	return params
}

// header undoes the joining of repeated headers for the two that must not be repeated: neither has a comma in any valid
// value, so that a joined one can't pass as one. (API Gateway joins all lines of a name with commas.)
func (e Event) header() http.Header {
	header := make(http.Header, len(e.Headers))
	for name, value := range e.Headers {
		name = http.CanonicalHeaderKey(name)
		if name == "Authorization" || name == "Idempotency-Key" {
			for part := range strings.SplitSeq(value, ",") {
				header.Add(name, strings.TrimSpace(part))
			}
			continue
		}
		header.Add(name, value)
	}
	return header
}

func reply(r edge.Response) Reply {
	headers := make(map[string]string, len(r.Header))
	for name, values := range r.Header {
		headers[name] = strings.Join(values, ", ")
	}
	return Reply{r.Status, headers, string(r.Body)}
}
