// Package mailing opens what letters to admins are written and sent with. Only the worker that sends them is linked with
// it: to ask for a letter is a message on a queue, which shared/wire/queues opens.
package mailing

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/aws/mailer"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/metric"
	"github.com/zenvault/zenvault/shared/wire"
)

// Service writes to admins. It ends the process if there is no address to write from.
func Service(w *wire.World, l *ledger.Ledger) mail.Service {
	s, err := OpenService(w, l)
	if err != nil {
		wire.Fatal(err)
	}
	return s
}

// OpenService is Service for a process that serves more than one function.
func OpenService(w *wire.World, l *ledger.Ledger) (mail.Service, error) {
	if w.Env.MailFrom == "" {
		return mail.Service{}, errors.New("the environment variable ZENVAULT_MAIL_FROM is not set, so no letter can be sent: " +
			"give the stack's parameter MailFrom an address that Amazon SES has verified in this region")
	}
	return mail.Service{
		Ledger: l, Accounts: admin.Service{Ledger: l}, Stack: w.Env.Stack, BaseURL: console(w.Env),
		Courier: mailer.Mailer{Client: sesv2.NewFromConfig(w.Config), From: w.Env.MailFrom, ConfigurationSet: w.Env.MailConfigurationSet},
		Dropped: func(kind string, why error) {
			w.Log.Error("letter dropped", "kind", kind, "error", why.Error())
			w.Metrics.Count(metric.LettersRejected, kind)
		},
	}, nil
}

// console is where links lead: what was configured, or else the issuer if that is a place.
func console(e wire.Env) string {
	if e.ConsoleURL == "" && strings.HasPrefix(e.Issuer, "https://") {
		return e.Issuer
	}
	return e.ConsoleURL
}
