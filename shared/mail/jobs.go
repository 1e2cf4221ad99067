package mail

import (
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// JobSend writes and sends letters.
var JobSend = edge.Job[Service]{Spec: edge.Spec{
	Name: "mail-send", Summary: "Write and send a letter to an admin.", Queue: edge.MailQueue,
	Needs:   edge.Needs{Reads: []string{"email#", "event#"}, Writes: []string{"admin#"}, Mails: true},
	Timeout: 30 * time.Second,
}, Do: Service.Send}
