// Command admin-appoint is the Lambda function of PUT /v1/admin/admins/{admin}/role.
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
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), admin.RouteAppoint, admin.Service{Ledger: ledger}))
}
