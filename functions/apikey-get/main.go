// Command apikey-get is the Lambda function of GET /v1/admin/workspaces/{workspace}/keys/{key}.
package main

import (
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	workspaces := workspace.Service{Ledger: ledger}
	service := apikey.Service{Ledger: ledger, Workspaces: workspaces.Exists, Marks: w.Limits(), Issuer: w.Env.Issuer, Log: w.Log}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), apikey.RouteGet, service))
}
