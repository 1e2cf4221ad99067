package workspace

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// RouteCreate makes a workspace.
var RouteCreate = edge.Route[Service, CreateInput, View]{Spec: edge.Spec{
	Name: "workspace-create", Summary: "Create a workspace.",
	Method: http.MethodPost, Path: "/v1/admin/workspaces", Status: http.StatusCreated,
	Guard: edge.Admin(caller.WorkspaceWrite),
	Needs: edge.Needs{Writes: []string{Keys}},
}, Do: Service.Create}

// RouteGet reads a workspace.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "workspace-get", Summary: "Read a workspace.",
	Method: http.MethodGet, Path: "/v1/admin/workspaces/{workspace}",
	Guard: edge.Admin(caller.WorkspaceRead),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Service.Get}

// RouteList lists the workspaces.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "workspace-list", Summary: "List the workspaces, the oldest first.",
	Method: http.MethodGet, Path: "/v1/admin/workspaces",
	Guard: edge.Admin(caller.WorkspaceRead),
	Needs: edge.Needs{Reads: []string{directory}},
}, Do: Service.List}
