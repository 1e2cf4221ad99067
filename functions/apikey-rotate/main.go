// Command apikey-rotate is the Lambda function of POST /v1/admin/workspaces/{workspace}/keys/{key}/rotate.
package main

import (
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	workspaces := workspace.Service{Ledger: ledger}
	service := apikey.Service{Ledger: ledger, Peppers: keys.Ring(w), Workspaces: workspaces.Exists, Issuer: w.Env.Issuer}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), apikey.RouteRotate, service))
}
