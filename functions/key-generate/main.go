// Command key-generate is the Lambda function that makes a new master key. It has no route: an operator invokes it.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/wrapping"
)

func main() {
	w := wire.Open()
	service := rewrap.Generator{Ledger: w.Ledger(nil), Wrapper: wrapping.Open(w)}
	function.ServeTask(edge.BindTask(w.Log, rewrap.TaskGenerate, service))
}
