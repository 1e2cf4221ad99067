// Command key-rewrap is the Lambda function that moves everything under the newest master key. It has no route: an
// operator invokes it.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/rewrapping"
)

func main() {
	w := wire.Open()
	service := rewrapping.Service(w.Ledger(nil), keys.Ring(w))
	function.ServeTask(edge.BindTask(w.Log, rewrap.TaskRewrap, service))
}
