// Command admin-accept is the Lambda function of POST /v1/auth/accept.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/wire"
)

func main() {
	w := wire.Open()
	service := admin.Service{Ledger: w.Ledger(nil), Passwords: password.Argon2id{Blocklist: blocklist.Common{}}}
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), admin.RouteAccept, service))
}
