// Command factor-confirm is the Lambda function of POST /v1/auth/factor/confirm.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/factors"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	accounts := admin.Service{Ledger: ledger, Attempts: w.Attempts(), Sessions: session.Service{}}
	service := factors.Service(w, accounts, keys.Ring(w))
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), admin.RouteConfirmFactor, service))
}
