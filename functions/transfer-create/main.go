// Command transfer-create is the Lambda function of POST /v1/transfers.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bykey"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	connections := connection.Service{Ledger: ledger, Local: w.Env.ProviderURL}
	service := transfer.Service{Ledger: ledger, Connections: connections, Queue: queues.Transfers(w), Log: w.Log}
	function.ServeHTTP(edge.Bind(bykey.Edge(w, ledger, keys.Ring(w)), transfer.RouteCreate, service))
}
