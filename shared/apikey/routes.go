package apikey

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// RouteCreate makes a key and shows its token once.
var RouteCreate = edge.Route[Service, CreateInput, Created]{Spec: edge.Spec{
	Name: "apikey-create", Summary: "Create an API key for a workspace. The token is shown once.",
	Method: http.MethodPost, Path: "/v1/admin/workspaces/{workspace}/keys", Status: http.StatusCreated,
	Guard: edge.Admin(caller.KeyWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}, MasterKey: true},
}, Do: Service.Create}

// RouteList lists a workspace's keys.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "apikey-list", Summary: "List a workspace's API keys, the oldest first, without their secrets.",
	Method: http.MethodGet, Path: "/v1/admin/workspaces/{workspace}/keys",
	Guard: edge.Admin(caller.KeyRead),
	Needs: edge.Needs{Reads: []string{"workspace#", "apikeys#"}},
}, Do: Service.List}

// RouteRevoke ends a key.
var RouteRevoke = edge.Route[Service, RevokeInput, View]{Spec: edge.Spec{
	Name: "apikey-revoke", Summary: "Revoke an API key. Its next call fails; revoking it again changes nothing.",
	Method: http.MethodDelete, Path: "/v1/admin/workspaces/{workspace}/keys/{key}",
	Guard: edge.Admin(caller.KeyWrite),
	Needs: edge.Needs{Writes: []string{Keys}},
}, Do: Service.Revoke}
