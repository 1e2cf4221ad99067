// Command factor-enrol is the Lambda function of POST /v1/auth/factor.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/qr"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/factors"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := factors.Service(w, admin.Service{Ledger: ledger, Passwords: password.Argon2id{}, Attempts: w.Attempts()}, keys.Ring(w))
	service.Picture = qr.Picture
	function.ServeHTTP(edge.Bind(bysession.Edge(w, ledger), admin.RouteEnrolFactor, service))
}
