package trail

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// RouteList reads the trail.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "trail-list", Summary: "Read the audit trail over every workspace, newest first, by action or target.",
	Method: http.MethodGet, Path: "/v1/admin/audit",
	Guard: edge.Admin(caller.AuditRead),
	Needs: edge.Needs{Notes: true, Trail: true},
}, Do: Service.List}
