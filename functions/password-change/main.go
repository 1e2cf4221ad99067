// Command password-change is the Lambda function of POST /v1/auth/password.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := admin.Service{
		Ledger: ledger, Passwords: password.Argon2id{Blocklist: blocklist.Common{}}, Attempts: w.Attempts(),
		Letters: queues.Letters(w), Sessions: session.Service{},
	}
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), admin.RouteChangePassword, service))
}
