// Command policy-usage is the Lambda function of GET /v1/admin/workspaces/{workspace}/policy/usage.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := policy.Service{Ledger: ledger, Workspaces: workspace.Service{Ledger: ledger}.Exists}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), policy.RouteUsage, service))
}
