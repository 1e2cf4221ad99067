// Command connection-list is the Lambda function of GET /v1/admin/workspaces/{workspace}/connections.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := connection.Service{Ledger: ledger, Workspaces: workspace.Service{Ledger: ledger}.Exists}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), connection.RouteList, service))
}
