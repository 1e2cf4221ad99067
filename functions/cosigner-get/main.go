// Command cosigner-get is the Lambda function of GET /v1/admin/cosigners/{cosigner}.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := cosign.Service{Ledger: ledger}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), cosign.RouteGet, service))
}
