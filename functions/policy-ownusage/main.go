// Command policy-ownusage is the Lambda function of GET /v1/policy/usage.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bykey"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(nil)
	function.ServeHTTP(edge.Bind(bykey.Edge(w, ledger, keys.Ring(w)), policy.RouteOwnUsage, policy.Service{Ledger: ledger}))
}
