package session

import (
	"context"
	"net/http"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session/access"
)

// maxBody is enough for a password of 1,024 bytes with every character escaped.
const maxBody = 8 << 10

// RouteLogin begins a session. A full core makes the hash take a tenth of a second.
var RouteLogin = edge.Route[Service, LoginInput, Tokens]{Spec: edge.Spec{
	Name: "session-login", Summary: "Log in with an e-mail address and a password.",
	Method: http.MethodPost, Path: "/v1/auth/login",
	Guard:   edge.Public(),
	Needs:   edge.Needs{Reads: []string{emailSpace}, Writes: []string{Keyspace}, MasterKey: true, Signs: true, Tokens: true},
	Timeout: 20 * time.Second, Memory: 1769, MaxBody: maxBody,
}, Do: Service.Login}

// RouteRefresh replaces a refresh token.
var RouteRefresh = edge.Route[Service, RefreshInput, Tokens]{Spec: edge.Spec{
	Name: "session-refresh", Summary: "Replace a refresh token and get a new access token.",
	Method: http.MethodPost, Path: "/v1/auth/refresh",
	Guard: edge.Public(),
	Needs: edge.Needs{Writes: []string{Keyspace}, Events: true, MasterKey: true, Signs: true, Tokens: true}, MaxBody: maxBody,
}, Do: Service.Refresh}

// RouteJWKS publishes the keys that access tokens are verified with.
var RouteJWKS = edge.Route[access.Keys, struct{}, edge.RawReply]{Spec: edge.Spec{
	Name: "session-jwks", Summary: "Read the public keys of access tokens (RFC 7517).",
	Method: http.MethodGet, Path: "/.well-known/jwks.json",
	Guard: edge.Public(),
	Needs: edge.Needs{Tokens: true},
}, Do: publish}

func publish(keys access.Keys, _ context.Context, _ caller.Caller, _ struct{}) (edge.RawReply, error) {
	return edge.RawReply{
		ContentType: "application/jwk-set+json", CacheControl: "public, max-age=300", Body: keys.JWKS()}, nil
}
