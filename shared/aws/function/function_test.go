package function_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
)

// An event reaches the route with the bytes that the client sent, decoded once, and with its parameters.
func TestEvent(t *testing.T) {
	var got edge.Request
	handler := func(_ context.Context, r edge.Request) edge.Response {
		got = r
		return edge.Response{Status: 201, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{}`)}
	}
	event := function.Event{RawPath: "/v1/x%2Fy", RawQuery: "limit=1&limit=%32", Body: "eyJhIjoxfQ==", IsBase64Encoded: true,
		Headers:        map[string]string{"authorization": "Bearer a,Bearer b", "user-agent": "x, y"},
		PathParameters: map[string]string{"id": "x%2Fy"}}
	event.RequestContext.RequestID, event.RequestContext.HTTP.Method, event.RequestContext.HTTP.SourceIP = "r1", "POST", "192.0.2.1"
	reply := function.Answer(t.Context(), handler, event)
	if reply.StatusCode != 201 || reply.Body != `{}` || reply.Headers["Content-Type"] != "application/json" {
		t.Errorf("got %+v", reply)
	}
	if string(got.Body) != `{"a":1}` || got.Method != "POST" || got.ID != "r1" || got.Params["id"] != "x/y" || got.Path != "/v1/x%2Fy" || got.Asked != "limit=1&limit=%32" || got.Source.String() != "192.0.2.1" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"1", "2"}, got.Query["limit"]); diff != "" {
		t.Error(diff)
	}
	// Two Authorization lines arrive joined; neither may pass for the one.
	if got.Bearer() != "" || got.Header.Get("User-Agent") != "x, y" {
		t.Errorf("bearer %q, agent %q", got.Bearer(), got.Header.Get("User-Agent"))
	}
}

// What can't be decoded is a problem, and no route sees it.
func TestMalformedEvent(t *testing.T) {
	handler := func(context.Context, edge.Request) edge.Response {
		t.Error("the route ran")
		return edge.Response{}
	}
	for name, event := range map[string]function.Event{"body": {Body: "%%%", IsBase64Encoded: true}, "query": {RawQuery: "a=%zz"}} {
		if reply := function.Answer(t.Context(), handler, event); reply.StatusCode != 400 {
			t.Errorf("%s: got %+v", name, reply)
		}
	}
}

// Only the messages that failed stay in the queue.
func TestPartialBatch(t *testing.T) {
	var event function.QueueEvent
	for _, id := range []string{"a", "b", "c"} {
		event.Records = append(event.Records, struct {
			MessageID  string            `json:"messageId"`
			Body       string            `json:"body"`
			Attributes map[string]string `json:"attributes"`
		}{id, "body " + id, map[string]string{"ApproximateReceiveCount": "2"}})
	}
	reply := function.Work(t.Context(), func(_ context.Context, m edge.Message) error {
		if m.Receives != 2 || string(m.Body) != "body "+m.ID {
			t.Errorf("got %+v", m)
		}
		if m.ID == "b" {
			return errors.New("not today")
		}
		return nil
	}, event)
	if diff := cmp.Diff([]function.Failure{{MessageID: "b"}}, reply.Failures); diff != "" {
		t.Error(diff)
	}
}
