// Command transfer-sweep is the Lambda function that has transfers looked at which are due.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	service := transfer.Service{Ledger: w.Ledger(nil), Queue: queues.Transfers(w), Log: w.Log}
	function.ServeTask(edge.BindTask(w.Log, transfer.TaskSweep, service))
}
