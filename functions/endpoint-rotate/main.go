// Command endpoint-rotate is the Lambda function of POST /v1/webhook-endpoints/{endpoint}/rotate.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bykey"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/sealing"
)

func main() {
	w := wire.Open()
	ledger, ring := w.Ledger(nil), keys.Ring(w)
	service := endpoint.Service{Ledger: ledger, Sealer: sealing.Endpoints{Ring: ring}}
	function.ServeHTTP(edge.Bind(bykey.Edge(w, ledger, ring), endpoint.RouteRotate, service))
}
