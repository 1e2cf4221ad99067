package policy

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// RouteDraft saves a draft.
var RouteDraft = edge.Route[Service, DraftInput, DraftSummary]{Spec: edge.Spec{
	Name: "policy-draft", Summary: "Save a draft of a workspace's policy, as a whole document.",
	Method: http.MethodPut, Path: "/v1/admin/workspaces/{workspace}/policy/draft",
	Guard:   edge.Admin(caller.PolicyDraft),
	Needs:   edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
	MaxBody: 4 << 20, // white space is free: what counts is the stored form
}, Do: Service.Draft}

// RoutePublish puts a draft in force.
var RoutePublish = edge.Route[Service, PublishInput, VersionSummary]{Spec: edge.Spec{
	Name: "policy-publish", Summary: "Publish the draft of a workspace's policy as its next version.",
	Method: http.MethodPost, Path: "/v1/admin/workspaces/{workspace}/policy/publish",
	Guard: edge.Admin(caller.PolicyPublish),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}, Announces: true},
}, Do: Service.Publish}

// RouteGet reads a policy.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "policy-get", Summary: "Read a workspace's policy: the version in force and the draft.",
	Method: http.MethodGet, Path: "/v1/admin/workspaces/{workspace}/policy",
	Guard: edge.Admin(caller.PolicyRead),
	Needs: edge.Needs{Reads: []string{"workspace#", Keys}},
}, Do: Service.Get}

// RouteUsage reads how far caps are used up.
var RouteUsage = edge.Route[Service, GetInput, UsageView]{Spec: edge.Spec{
	Name: "policy-usage", Summary: "Read how far the caps over time of a workspace's policy are used up, and when they free something.",
	Method: http.MethodGet, Path: "/v1/admin/workspaces/{workspace}/policy/usage",
	Guard: edge.Admin(caller.PolicyRead),
	Needs: edge.Needs{Reads: []string{"workspace#", Keys, UsageKeys}},
}, Do: Service.Usage}

// RouteOwnUsage reads how far the caps of the caller's workspace are used up.
var RouteOwnUsage = edge.Route[Service, struct{}, UsageView]{Spec: edge.Spec{
	Name: "policy-ownusage", Summary: "Read how far the caps over time of the own workspace's policy are used up, and when they free something.",
	Method: http.MethodGet, Path: "/v1/policy/usage",
	Guard: edge.APIKey(caller.PoliciesRead),
	Needs: edge.Needs{Reads: []string{Keys, UsageKeys}},
}, Do: Service.OwnUsage}
