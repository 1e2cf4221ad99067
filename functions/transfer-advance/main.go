// Command transfer-advance is the Lambda function that orders transfers at their providers and sees what became of them.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/providers"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	connections := connection.Service{Ledger: ledger, Local: w.Env.ProviderURL}
	service := transfer.Service{Ledger: ledger, Connections: connections, Queue: queues.Transfers(w), Providers: providers.All(w), Log: w.Log,
		Released: policy.Service{Ledger: ledger}.Release}
	function.ServeQueue(edge.BindJob(w.Log, transfer.JobAdvance, service))
}
