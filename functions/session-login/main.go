// Command session-login is the Lambda function of POST /v1/auth/login.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

func main() {
	w := wire.Open()
	ledger, ring := w.Ledger(nil), keys.Ring(w)
	accounts := admin.Service{Ledger: ledger, Passwords: password.Argon2id{}, Attempts: w.Attempts(), Letters: queues.Letters(w), Keys: ring}
	service := session.Service{Ledger: ledger, Accounts: accounts, Devices: accounts, Keys: ring, Tokens: tokens.Issuer(w)}
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), session.RouteLogin, service))
}
