// Command admin-found is the Lambda function that makes the first owner. It has no route: an operator invokes it.
package main

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/wire"
)

func main() {
	w := wire.Open()
	service := admin.Service{Ledger: w.Ledger(nil), Passwords: password.Argon2id{Blocklist: blocklist.Common{}}}
	function.ServeTask(edge.BindTask(w.Log, admin.TaskFound, service))
}
