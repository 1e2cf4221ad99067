package apikey

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

const (
	collection = "/v1/admin/workspaces/{workspace}/keys"
	single     = collection + "/{key}"
)

// RouteCreate makes a key and shows its token once.
var RouteCreate = edge.Route[Service, CreateInput, Created]{Spec: edge.Spec{
	Name: "apikey-create", Summary: "Create an API key for a workspace. The token is shown once.",
	Method: http.MethodPost, Path: collection, Status: http.StatusCreated,
	Guard: edge.Admin(caller.KeyWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}, MasterKey: true},
}, Do: Service.Create}

// RouteList lists a workspace's keys.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "apikey-list", Summary: "List a workspace's API keys, the oldest first, without their secrets.",
	Method: http.MethodGet, Path: collection,
	Guard: edge.Admin(caller.KeyRead),
	Needs: edge.Needs{Reads: []string{"workspace#", "apikeys#"}, Uses: true},
}, Do: Service.List}

// RouteGet reads a key.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "apikey-get", Summary: "Read an API key, without its secrets.",
	Method: http.MethodGet, Path: single,
	Guard: edge.Admin(caller.KeyRead),
	Needs: edge.Needs{Reads: []string{"workspace#", Keys}, Uses: true},
}, Do: Service.Get}

// RouteUpdate changes what a key may change.
var RouteUpdate = edge.Route[Service, UpdateInput, View]{Spec: edge.Spec{
	Name: "apikey-update", Summary: "Change an API key's name, allowed sources or signatures. Its scopes stay.",
	Method: http.MethodPatch, Path: single,
	Guard: edge.Admin(caller.KeyWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
}, Do: Service.Update}

// RouteRotate gives a key a new secret and shows the token once.
var RouteRotate = edge.Route[Service, RotateInput, Created]{Spec: edge.Spec{
	Name: "apikey-rotate", Summary: "Give an API key a new secret, shown once. The one before works until the overlap ends.",
	Method: http.MethodPost, Path: single + "/rotate",
	Guard: edge.Admin(caller.KeyWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}, MasterKey: true},
}, Do: Service.Rotate}

// RouteRevoke ends a key.
var RouteRevoke = edge.Route[Service, RevokeInput, View]{Spec: edge.Spec{
	Name: "apikey-revoke", Summary: "Revoke an API key. Its next call fails; revoking it again changes nothing.",
	Method: http.MethodDelete, Path: single,
	Guard: edge.Admin(caller.KeyWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
}, Do: Service.Revoke}
