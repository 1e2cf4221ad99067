// Command endpoint-get is the Lambda function of GET /v1/webhook-endpoints/{endpoint}.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bykey"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	function.ServeHTTP(edge.Bind(bykey.Edge(w, ledger, keys.Ring(w)), endpoint.RouteGet, endpoint.Service{Ledger: ledger}))
}
