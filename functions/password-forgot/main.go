// Command password-forgot is the Lambda function of POST /v1/auth/forgot.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
)

func main() {
	w := wire.Open()
	service := admin.Service{Ledger: w.Ledger(nil), Attempts: w.Attempts(), Letters: queues.Letters(w)}
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), admin.RouteForgot, service))
}
