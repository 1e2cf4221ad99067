package connection

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

const (
	collection = "/v1/admin/workspaces/{workspace}/connections"
	single     = collection + "/{connection}"
)

// RouteRegister makes a connection known.
var RouteRegister = edge.Route[Service, RegisterInput, View]{Spec: edge.Spec{
	Name: "connection-register", Summary: "Register a workspace's connection to a custody provider's API: its API user and where that one's key is.",
	Method: http.MethodPost, Path: collection, Status: http.StatusCreated,
	Guard: edge.Admin(caller.ConnectionWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
}, Do: Service.Register}

// RouteList lists a workspace's connections.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "connection-list", Summary: "List a workspace's connections to custody providers, the oldest first.",
	Method: http.MethodGet, Path: collection,
	Guard: edge.Admin(caller.ConnectionRead),
	Needs: edge.Needs{Reads: []string{"workspace#", Keys}},
}, Do: Service.List}

// RouteGet reads a connection.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "connection-get", Summary: "Read a connection to a custody provider.",
	Method: http.MethodGet, Path: single,
	Guard: edge.Admin(caller.ConnectionRead),
	Needs: edge.Needs{Reads: []string{"workspace#", Keys}},
}, Do: Service.Get}

// RouteUpdate changes what a connection may change.
var RouteUpdate = edge.Route[Service, UpdateInput, View]{Spec: edge.Spec{
	Name: "connection-update", Summary: "Change a connection's name, API user or key, from its next use on. Where it leads stays.",
	Method: http.MethodPatch, Path: single,
	Guard: edge.Admin(caller.ConnectionWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
}, Do: Service.Update}
