package edge

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Request is what both transports, Lambda and the local gateway, reduce theirs to.
type Request struct {
	ID     string
	Method string
	Path   string
	Params map[string]string // of the path
	Query  url.Values
	Asked  string // the query exactly as sent, undecoded and without its question mark
	Header http.Header
	Body   []byte     // exactly as sent
	Source netip.Addr // of the connection, as the transport saw it
	Client netip.Addr // of who asks: set by the edge, from Source and what trusted proxies say
	Time   time.Time
}

// Response is what goes back.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Raw is the input of a route whose handler needs the exact bytes: Bind passes the request on undecoded.
type Raw struct {
	Params map[string]string
	Header http.Header
	Body   []byte
}

// RawReply is an output that is not JSON.
type RawReply struct {
	ContentType  string
	CacheControl string // "" is "no-store"
	Body         []byte

	Err error       // trouble that the answer does not show, for the log alone
	Log []slog.Attr // what the request's log record says besides
}

// Page is the output of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // the cursor of the next page, absent on the last
}
