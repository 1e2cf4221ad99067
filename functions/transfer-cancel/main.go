// Command transfer-cancel is the Lambda function of POST /v1/transfers/{transfer}/cancel.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
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
	service := transfer.Service{Ledger: ledger, Queue: queues.Transfers(w), Log: w.Log}
	function.ServeHTTP(edge.Bind(bykey.Edge(w, ledger, keys.Ring(w)), transfer.RouteCancel, service))
}
