// Command cosigner-update is the Lambda function of PATCH /v1/admin/cosigners/{cosigner}.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/workspace"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := cosign.Service{Ledger: ledger, ValidKey: keyref.Valid, Workspaces: workspace.Service{Ledger: ledger}.Exists}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), cosign.RouteUpdate, service))
}
