package local

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/id"
)

// maxBody is what API Gateway takes (HTTP API quotas: payload 10 MB); a route's own limit is far below.
const maxBody = 10 << 20

// mux serves routes the way API Gateway's HTTP API does: paths are matched as sent, never cleaned or redirected.
type mux struct{ routes []served }

type served struct {
	method   string
	segments []string // of the path; "{name}" matches one
	handler  edge.Handler
}

func (m *mux) add(s edge.Spec, h edge.Handler) {
	m.routes = append(m.routes, served{s.Method, strings.Split(s.Path, "/"), h})
}

// ServeHTTP is the second transport: what a Lambda function gets from an event, this gets from a connection.
func (m *mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := "req_" + id.ULID(time.Now(), rand.Reader)
	w.Header().Set("X-Request-Id", requestID)
	handler, params, err := m.find(r.Method, r.URL.EscapedPath())
	if err != nil {
		send(w, edge.ProblemResponse(fault.From(err), requestID))
		return
	}
	request, err := read(r, requestID, params)
	if err != nil {
		send(w, edge.ProblemResponse(fault.From(err), requestID))
		return
	}
	send(w, handler(r.Context(), request))
}

// find prefers a literal segment to a parameter.
func (m *mux) find(method, path string) (edge.Handler, map[string]string, error) {
	known := false
	var best edge.Handler
	var bestParams map[string]string
	for _, route := range m.routes {
		params, ok := match(route.segments, strings.Split(path, "/"))
		if !ok {
			continue
		}
		known = true
		if route.method == method && (best == nil || len(params) < len(bestParams)) {
			best, bestParams = route.handler, params
		}
	}
	switch {
	case best != nil:
		return best, bestParams, nil
	case known:
		return nil, nil, edge.ErrNoMethod
	}
	return nil, nil, edge.ErrNoRoute
}

func match(pattern, path []string) (map[string]string, bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range pattern {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			value, err := url.PathUnescape(path[i])
			if err != nil || value == "" {
				return nil, false
			}
			params[strings.TrimSuffix(name, "}")] = value
		} else if segment != path[i] {
			return nil, false
		}
	}
	return params, true
}

func read(r *http.Request, requestID string, params map[string]string) (edge.Request, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return edge.Request{}, edge.ErrBodyTooLarge
	case err != nil:
		return edge.Request{}, edge.ErrMalformed.Saying("The body ended early.").Because(err)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return edge.Request{}, edge.ErrMalformed.Saying("The query can't be read.").Because(err)
	}
	source, _ := netip.ParseAddrPort(r.RemoteAddr)
	return edge.Request{ID: requestID, Method: r.Method, Path: r.URL.EscapedPath(), Params: params, Query: query, Asked: r.URL.RawQuery,
		Header: r.Header, Body: body, Source: source.Addr(), Time: time.Now().UTC()}, nil
}

func send(w http.ResponseWriter, answer edge.Response) {
	for name, values := range answer.Header {
		w.Header()[name] = slices.Clone(values)
	}
	w.WriteHeader(answer.Status)
	w.Write(answer.Body)
}
