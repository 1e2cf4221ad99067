package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/secret"
)

// Route is a Spec and the method of a domain's service that answers it.
type Route[S, In, Out any] struct {
	Spec
	Do func(S, context.Context, caller.Caller, In) (Out, error)
}

// Described is a route as data, without its types' parameters.
type Described interface {
	Describe() Spec
	Input() reflect.Type
	Output() reflect.Type
}

// Describe gives the spec.
func (r Route[S, In, Out]) Describe() Spec { return r.Spec }

// Input is the type that a request is decoded into.
func (r Route[S, In, Out]) Input() reflect.Type { return reflect.TypeFor[In]() }

// Output is the type of the answer.
func (r Route[S, In, Out]) Output() reflect.Type { return reflect.TypeFor[Out]() }

// Gate turns a request's credentials into a caller. It fails with ErrUnauthenticated, or a fault of kind Unauthenticated,
// Unavailable or TooMany; whether the caller may use the route is not its business.
type Gate interface {
	Admit(ctx context.Context, r Request) (caller.Caller, error)
}

// Replayer looks up the reply of an earlier request with the same Idempotency-Key; *ledger.Ledger is one.
type Replayer interface {
	Replay(ctx context.Context, by caller.Caller) error
}

// Edge is what every route of a process shares.
type Edge struct {
	Gate     Gate     // nil for public routes and callbacks
	Replayer Replayer // nil where no route writes
	Limits   *limit.Requests
	Proxies  clientip.Proxies
	Notes    *Notes
	Log      *slog.Logger
}

// Handler serves one route.
type Handler func(context.Context, Request) Response

// Bind joins a route to its service. It panics on a route without a guard, without limits, or with a guard that can let
// nobody in: such a route must not start.
func Bind[S, In, Out any](e Edge, route Route[S, In, Out], service S) Handler {
	mustBeGuarded(e, route.Spec)
	if TakesOnce(route.Spec) && hidesSecret(reflect.TypeFor[In]()) {
		panic("edge: the route " + route.Name + " takes a secret and an Idempotency-Key")
	}
	do := func(ctx context.Context, who caller.Caller, r Request) (any, error) {
		var input In
		if err := decode(r, &input); err != nil {
			return nil, err
		}
		return route.Do(service, ctx, who, input)
	}
	return func(ctx context.Context, r Request) Response { return e.serve(ctx, route.Spec, r, do) }
}

func mustBeGuarded(e Edge, s Spec) {
	g := s.Guard
	switch {
	case g.Kind == Closed, g.Kind == AdminGuard && g.Permission == "", g.Kind == KeyGuard && len(g.Scopes) == 0:
		panic("edge: the route " + s.Name + " has no guard")
	case (g.Kind == AdminGuard || g.Kind == KeyGuard) && e.Gate == nil:
		panic("edge: the route " + s.Name + " has no gate")
	case e.Limits == nil || e.Notes == nil:
		panic("edge: the route " + s.Name + " has no limits, or nowhere to note what it refuses")
	case g.Kind != CallbackGuard && e.Limits.Rates[s.class()].Count == 0:
		panic("edge: the route " + s.Name + " is of a class without a rate")
	}
}

// TakesOnce tells where the edge looks at an Idempotency-Key: a known caller may change something, by a body without a
// secret. (What was asked is kept as a hash for a day, and answered without a look at the secret.) Callbacks have their own
// way to tell a repeat, and an anonymous caller has no key space of its own.
func TakesOnce(s Spec) bool {
	return s.HTTP() && s.Method != http.MethodGet && !s.Secret && (s.Guard.Kind == AdminGuard || s.Guard.Kind == KeyGuard)
}

// hidesSecret finds a secret among the members of an input.
func hidesSecret(in reflect.Type) bool {
	if in == reflect.TypeFor[secret.Text]() || in == reflect.TypeFor[secret.Bytes]() {
		return true
	}
	switch in.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return hidesSecret(in.Elem())
	case reflect.Struct:
		for i := range in.NumField() {
			if in.Field(i).IsExported() && hidesSecret(in.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

type doing func(context.Context, caller.Caller, Request) (any, error)

// serve is the one way through: client, size, limits, caller, right, replay, input, domain, answer, one log record.
func (e Edge) serve(ctx context.Context, s Spec, r Request, do doing) (answer Response) {
	record := &record{route: s.Name, request: r, start: time.Now()}
	defer func() {
		if p := recover(); p != nil {
			record.panicked(p)
			answer = ProblemResponse(fault.ErrInternal, r.ID)
		}
		record.write(e.Log, answer)
	}()
	output, err := e.answer(ctx, s, r, do, record)
	answer = respond(s, r, output, err, record)
	tell(record.left, answer.Header)
	return answer
}

// respond puts an output or an error into bytes.
func respond(s Spec, r Request, output any, err error, record *record) Response {
	var replayed *ledger.Replayed
	switch {
	case errors.As(err, &replayed):
		answer := reply(s.status(), "application/json", replayed.Reply)
		answer.Header.Set("Idempotency-Replayed", "true")
		return answer
	case err != nil:
		record.err = err
		return ProblemResponse(fault.From(err), r.ID)
	}
	if raw, ok := output.(RawReply); ok {
		record.err, record.more = raw.Err, raw.Log
	}
	return success(s.status(), output)
}

func (e Edge) answer(ctx context.Context, s Spec, r Request, do doing, record *record) (any, error) {
	r.Client = e.client(ctx, r, record)
	if len(r.Body) > s.maxBody() {
		return nil, ErrBodyTooLarge
	}
	who, err := e.identify(ctx, s, r, record)
	if err != nil {
		return nil, err
	}
	if err := e.authorise(ctx, s, who, record); err != nil {
		return nil, err
	}
	if who.Once, err = once(s, r); err != nil {
		return nil, err
	}
	if e.Replayer != nil && who.Once.Key != "" {
		if err := e.Replayer.Replay(ctx, who); err != nil {
			return nil, err
		}
	}
	output, err := do(ctx, who, r)
	if s.Guard.Kind == CallbackGuard && err != nil { // the handler was the gate
		err = e.limitFailure(ctx, r, record, err)
	}
	return output, err
}

// identify tells who asks, and counts it.
func (e Edge) identify(ctx context.Context, s Spec, r Request, record *record) (caller.Caller, error) {
	if err := e.limitEarly(ctx, s, r, record); err != nil {
		return caller.Caller{}, err
	}
	who, err := e.admit(ctx, s.Guard, r)
	if err != nil {
		return caller.Caller{}, e.limitFailure(ctx, r, record, err)
	}
	record.who, who.Origin = who, r.Origin()
	return who, e.limitCaller(ctx, s, who, record)
}

// authorise tells whether who asks may, and records it if not.
func (e Edge) authorise(ctx context.Context, s Spec, who caller.Caller, record *record) error {
	switch {
	case s.Guard.allows(who):
		return nil
	case who.Bare:
		return e.forbidden(ctx, s, who, ErrNoFactor, record)
	}
	return e.forbidden(ctx, s, who, ErrForbidden, record)
}

func (e Edge) admit(ctx context.Context, g Guard, r Request) (caller.Caller, error) {
	switch g.Kind {
	case PublicGuard:
		return caller.Caller{Kind: caller.Anonymous}, nil
	case CallbackGuard:
		return caller.Caller{Kind: caller.Provider}, nil
	case AdminGuard, KeyGuard:
		return e.Gate.Admit(ctx, r)
	}
	return caller.Caller{}, ErrUnauthenticated
}

// maxUserAgent is how much of a User-Agent an audit entry keeps, in bytes.
const maxUserAgent = 256

// Origin is where the request came from, as an audit entry records it. The edge gives it to every caller that a gate lets
// in; a gate needs it for an attempt that it denies and records.
func (r Request) Origin() caller.Origin {
	agent := r.Header.Get("User-Agent")
	if len(agent) > maxUserAgent {
		agent = agent[:maxUserAgent]
	}
	ip := ""
	if r.Client.IsValid() {
		ip = r.Client.String()
	}
	return caller.Origin{IP: ip, UserAgent: strings.ToValidUTF8(agent, ""), RequestID: r.ID}
}

// maxIdempotencyKey is the longest key, in bytes.
const maxIdempotencyKey = 255

// once reads the Idempotency-Key, where one is taken; elsewhere it changes nothing.
func once(s Spec, r Request) (caller.Once, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 || !TakesOnce(s) {
		return caller.Once{}, nil
	}
	// A comma is refused since API Gateway joins repeated headers with one: two keys must not pass for another one.
	unfit := func(c rune) bool { return c <= ' ' || c >= 0x7f || c == ',' }
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxIdempotencyKey || strings.ContainsFunc(keys[0], unfit) {
		return caller.Once{}, ErrMalformed.
			Saying("The Idempotency-Key must be one value of 1 to 255 visible ASCII characters without a comma.").At("Idempotency-Key")
	}
	// The key is in the hash and not stored: a random one keeps the content of the body from being guessed at.
	h := sha256.New()
	for _, part := range []string{keys[0], s.Name, r.Path, r.Query.Encode()} {
		io.WriteString(h, part+"\x00")
	}
	h.Write(r.Body)
	return caller.Once{Route: s.Name, Key: keys[0], Input: hex.EncodeToString(h.Sum(nil))}, nil
}

func success(status int, output any) Response {
	if raw, ok := output.(RawReply); ok {
		answer := reply(status, raw.ContentType, raw.Body)
		if raw.CacheControl != "" {
			answer.Header.Set("Cache-Control", raw.CacheControl)
		}
		return answer
	}
	body, err := json.Marshal(output)
	if err != nil {
		panic("edge: encoding an answer: " + err.Error())
	}
	return reply(status, "application/json", body)
}

func (s Spec) status() int {
	if s.Status == 0 {
		return http.StatusOK
	}
	return s.Status
}

func (s Spec) maxBody() int {
	if s.MaxBody == 0 {
		return 64 << 10
	}
	return s.MaxBody
}
