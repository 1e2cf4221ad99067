// Command policy-publish is the Lambda function of POST /v1/admin/workspaces/{workspace}/policy/publish.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	service := policy.Service{Ledger: ledger, Workspaces: workspace.Service{Ledger: ledger}.Exists, OneAdmin: w.Env.OneAdmin}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), policy.RoutePublish, service))
}
