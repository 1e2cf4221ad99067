// Command session-refresh is the Lambda function of POST /v1/auth/refresh.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	accounts := admin.Service{Ledger: ledger}
	service := session.Service{Ledger: ledger, Accounts: accounts, Keys: keys.Ring(w), Tokens: tokens.Issuer(w)}
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), session.RouteRefresh, service))
}
