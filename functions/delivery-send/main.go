// Command delivery-send is the Lambda function that makes first attempts of deliveries.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/dialguard"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/sealing"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	endpoints := endpoint.Service{Ledger: ledger, Sealer: sealing.Endpoints{Ring: keys.Ring(w)}}
	client := dialguard.New(dialguard.Options{Loopback: w.Env.AllowPlainDelivery})
	service := delivery.Service{Ledger: ledger, Queue: queues.Sender(w), Endpoints: endpoints, Client: client}
	function.ServeQueue(edge.BindJob(w.Log, delivery.JobSend, service))
}
