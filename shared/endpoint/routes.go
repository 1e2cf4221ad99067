package endpoint

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// RouteCreate makes an endpoint and shows its secret once.
var RouteCreate = edge.Route[Service, CreateInput, Created]{Spec: edge.Spec{
	Name: "endpoint-create", Summary: "Create a webhook endpoint. Its signing secret is shown once.",
	Method: http.MethodPost, Path: "/v1/webhook-endpoints", Status: http.StatusCreated,
	Guard: edge.APIKey(caller.EndpointsWrite),
	Needs: edge.Needs{Writes: []string{Keys}, MasterKey: true},
}, Do: Service.Create}

// RouteRotate gives an endpoint a new secret and shows it once.
var RouteRotate = edge.Route[Service, RotateInput, Created]{Spec: edge.Spec{
	Name: "endpoint-rotate", Summary: "Give a webhook endpoint a new signing secret, shown once. Messages are signed with the one before, too, until the overlap ends.",
	Method: http.MethodPost, Path: "/v1/webhook-endpoints/{endpoint}/rotate",
	Guard: edge.APIKey(caller.EndpointsWrite),
	Needs: edge.Needs{Writes: []string{Keys}, MasterKey: true},
}, Do: Service.Rotate}

// RouteGet reads an endpoint.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "endpoint-get", Summary: "Read a webhook endpoint, without its secret.",
	Method: http.MethodGet, Path: "/v1/webhook-endpoints/{endpoint}",
	Guard: edge.APIKey(caller.EndpointsRead),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Service.Get}

// RouteList lists the endpoints.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "endpoint-list", Summary: "List the workspace's webhook endpoints, the oldest first, without their secrets.",
	Method: http.MethodGet, Path: "/v1/webhook-endpoints",
	Guard: edge.APIKey(caller.EndpointsRead),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Service.List}
