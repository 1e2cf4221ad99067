// Command mail-send is the Lambda function that writes letters to admins and sends them through SES.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/mailing"
)

func main() {
	w := wire.Open()
	function.ServeQueue(edge.BindJob(w.Log, mail.JobSend, mailing.Service(w, w.Ledger(nil))))
}
