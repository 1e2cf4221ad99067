// Command session-endof is the Lambda function of DELETE /v1/admin/admins/{admin}/sessions.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), session.RouteEndOf, session.Service{Ledger: ledger, Epochs: admin.Service{Ledger: ledger}}))
}
