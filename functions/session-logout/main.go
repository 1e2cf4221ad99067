// Command session-logout is the Lambda function of POST /v1/auth/logout.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), session.RouteLogout, session.Service{Ledger: ledger}))
}
