// Command delivery-fan is the Lambda function that fans events out to deliveries.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	service := delivery.Service{Ledger: ledger, Queue: queues.Sender(w), Endpoints: endpoint.Service{Ledger: ledger}}
	function.ServeQueue(edge.BindJob(w.Log, delivery.JobFan, service))
}
