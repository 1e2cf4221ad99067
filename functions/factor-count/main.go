// Command factor-count is the Lambda function of GET /v1/auth/recovery-codes.
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
	service := admin.Factors{Service: admin.Service{Ledger: ledger}}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), admin.RouteCountCodes, service))
}
