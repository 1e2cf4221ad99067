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
var RouteLogin = edge.Route[Service, LoginInput, LoginOutput]{Spec: edge.Spec{
	Name: "session-login", Summary: "Log in with an e-mail address and a password. Answers tokens, or a challenge where a second factor is enrolled.",
	Method: http.MethodPost, Path: "/v1/auth/login",
	Guard:   edge.Public(),
	Needs:   edge.Needs{Attempts: true, Reads: []string{emailSpace}, Writes: []string{Keyspace}, Posts: true, MasterKey: true, Signs: true, Tokens: true},
	Timeout: 20 * time.Second, Memory: 1769, Hashes: true, MaxBody: maxBody,
}, Do: Service.Login}

// RouteSecond completes a login.
var RouteSecond = edge.Route[Service, SecondInput, LoggedIn]{Spec: edge.Spec{
	Name: "session-second", Summary: "Complete a login with the challenge and a code of the authenticator app, or a recovery code.",
	Method: http.MethodPost, Path: "/v1/auth/login/second",
	Guard: edge.Public(),
	Needs: edge.Needs{Attempts: true, Writes: []string{Keyspace}, Events: true, Posts: true, MasterKey: true, Signs: true, Tokens: true}, MaxBody: maxBody,
}, Do: Service.Second}

// RouteRefresh replaces a refresh token.
var RouteRefresh = edge.Route[Service, RefreshInput, Tokens]{Spec: edge.Spec{
	Name: "session-refresh", Summary: "Replace a refresh token and get a new access token.",
	Method: http.MethodPost, Path: "/v1/auth/refresh",
	Guard: edge.Public(),
	Needs: edge.Needs{Writes: []string{Keyspace}, Events: true, MasterKey: true, Signs: true, Tokens: true}, MaxBody: maxBody,
}, Do: Service.Refresh}

// RouteLogout ends the session that asks.
var RouteLogout = edge.Route[Service, struct{}, View]{Spec: edge.Spec{
	Name: "session-logout", Summary: "Log out: end the session that asks.",
	Method: http.MethodPost, Path: "/v1/auth/logout",
	Guard: edge.Admin(caller.Enrol),
	Needs: edge.Needs{Writes: []string{Keyspace}},
}, Do: Service.Logout}

// RouteLogoutAll ends all of the caller.
var RouteLogoutAll = edge.Route[Service, struct{}, Status]{Spec: edge.Spec{
	Name: "session-logoutall", Summary: "Log out everywhere: end all sessions of the admin who asks.",
	Method: http.MethodPost, Path: "/v1/auth/logout-all",
	Guard: edge.Admin(caller.Enrol),
	Needs: edge.Needs{Writes: []string{Keyspace}},
}, Do: Service.LogoutAll}

// RouteList shows the caller's.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "session-list", Summary: "List the own live sessions, the newest first.",
	Method: http.MethodGet, Path: "/v1/auth/sessions",
	Guard: edge.Admin(caller.Self),
	Needs: edge.Needs{Reads: []string{Keyspace}},
}, Do: Service.List}

// RouteEnd ends one of the caller.
var RouteEnd = edge.Route[Service, EndInput, View]{Spec: edge.Spec{
	Name: "session-end", Summary: "End one of the own sessions. One that is over stays so.",
	Method: http.MethodDelete, Path: "/v1/auth/sessions/{session}",
	Guard: edge.Admin(caller.Self),
	Needs: edge.Needs{Writes: []string{Keyspace}},
}, Do: Service.End}

// RouteListOf shows another admin's.
var RouteListOf = edge.Route[Service, ListOfInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "session-listof", Summary: "List an admin's live sessions, the newest first.",
	Method: http.MethodGet, Path: "/v1/admin/admins/{admin}/sessions",
	Guard: edge.Admin(caller.AdminRead),
	Needs: edge.Needs{Reads: []string{Keyspace}},
}, Do: Service.ListOf}

// RouteEndOf ends all of another admin.
var RouteEndOf = edge.Route[Service, OfInput, Status]{Spec: edge.Spec{
	Name: "session-endof", Summary: "End all sessions of another admin. Only an owner ends an owner's.",
	Method: http.MethodDelete, Path: "/v1/admin/admins/{admin}/sessions",
	Guard: edge.Admin(caller.SessionEnd),
	Needs: edge.Needs{Writes: []string{Keyspace}, Events: true},
}, Do: Service.EndOf}

// RouteJWKS publishes the keys that access tokens are verified with.
var RouteJWKS = edge.Route[access.Keys, struct{}, edge.RawReply]{Spec: edge.Spec{
	Name: "session-jwks", Summary: "Read the public keys of access tokens (RFC 7517).",
	Method: http.MethodGet, Path: "/.well-known/jwks.json",
	Guard: edge.Public(),
	Needs: edge.Needs{Tokens: true},
	Gives: keySet,
}, Do: publish}

// keySet is the media type of keys (RFC 7517 §8.5.2).
const keySet = "application/jwk-set+json"

func publish(keys access.Keys, _ context.Context, _ caller.Caller, _ struct{}) (edge.RawReply, error) {
	return edge.RawReply{
		ContentType: keySet, CacheControl: "public, max-age=300", Body: keys.JWKS()}, nil
}
