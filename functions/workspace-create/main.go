// Command workspace-create is the Lambda function of POST /v1/admin/workspaces.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := workspace.Service{Ledger: ledger, Region: w.Env.Region}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), workspace.RouteCreate, service))
}
