// Command health-check is the Lambda function of GET /healthz.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/health"
	"github.com/zenvault/zenvault/shared/wire"
)

func main() {
	w := wire.Open()
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), health.RouteCheck, health.Service{Ledger: w.Ledger(nil)}))
}
