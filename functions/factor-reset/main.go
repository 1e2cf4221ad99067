// Command factor-reset is the Lambda function that takes away an admin's second factor. It has no route: an operator invokes
// it.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/wire"
)

func main() {
	w := wire.Open()
	function.ServeTask(edge.BindTask(w.Log, admin.TaskReleaseFactor, admin.Service{Ledger: w.Ledger(nil)}))
}
