// Command factor-resetof is the Lambda function of POST /v1/admin/admins/{admin}/factor/reset.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), admin.RouteResetFactor, admin.Service{Ledger: ledger}))
}
