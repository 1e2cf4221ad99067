// Command delivery-sweep is the Lambda function that sends deliveries which are due and were not taken up.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	service := delivery.Service{Ledger: w.Ledger(nil), Queue: queues.Sender(w)}
	function.ServeTask(edge.BindTask(w.Log, delivery.TaskSweep, service))
}
