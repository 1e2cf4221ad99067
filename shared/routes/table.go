// Package routes is the whole table: every function, and how it is joined to its service when all of them run in one
// process. It is imported by infra only; a deployed function knows its own route and no other.
package routes

import (
	"context"

	"github.com/zenvault/zenvault/shared/aws/queue"
	"github.com/zenvault/zenvault/shared/dialguard"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/provider/safeheron"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/bykey"
	"github.com/zenvault/zenvault/shared/wire/bysession"
	"github.com/zenvault/zenvault/shared/wire/keys"
	"github.com/zenvault/zenvault/shared/wire/mailing"
	"github.com/zenvault/zenvault/shared/wire/providers"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
	"github.com/zenvault/zenvault/shared/wire/tokens"
	"github.com/zenvault/zenvault/shared/wire/wrapping"
)

// Row is one function: exactly one of Route, Job and Task joins it to its service.
type Row struct {
	Spec  edge.Spec
	Types edge.Described // of a route
	Route func(*Opened) edge.Handler
	Job   func(*Opened) edge.Worker
	Task  func(*Opened) edge.Runner
}

// Opened is all that the functions open, once for the process.
type Opened struct {
	World      *wire.World
	Ledger     *ledger.Ledger
	Ring       *keyset.Ring
	Wrapper    wrapping.Wrapper // that makes new master keys
	Issuer     access.Issuer
	Tokens     access.Keys
	Admins     edge.Edge // admits admins' sessions
	APIs       edge.Edge // admits API keys
	Public     edge.Edge
	Queue      queue.Sender
	Postbox    mail.Postbox                 // that asks for letters
	Mail       mail.Service                 // that writes them
	Client     *dialguard.Client            // that webhooks are sent with
	Keys       secrets.Keys                 // that providers are answered with
	SaltedKeys secrets.Keys                 // likewise, by RSA-PSS
	Providers  map[string]transfer.Provider // whose APIs are called
}

// Open opens it. It fails with the first thing that does not open.
func Open(ctx context.Context, w *wire.World) (*Opened, error) {
	announcer, err := queues.OpenAnnouncer(w)
	if err != nil {
		return nil, err
	}
	o := &Opened{World: w, Ledger: w.Ledger(announcer), Public: w.Edge(nil, nil)}
	if o.Ring, err = keys.OpenRing(ctx, w); err != nil {
		return nil, err
	}
	if o.Wrapper, err = wrapping.OpenWrapper(w); err != nil {
		return nil, err
	}
	if o.Issuer, err = tokens.OpenIssuer(ctx, w); err != nil {
		return nil, err
	}
	if o.Tokens, err = tokens.OpenKeys(ctx, w); err != nil {
		return nil, err
	}
	if o.Admins, err = bysession.Open(ctx, w, o.Ledger); err != nil {
		return nil, err
	}
	if o.Queue, err = queues.OpenSender(w); err != nil {
		return nil, err
	}
	if o.Postbox, err = queues.OpenLetters(w); err != nil {
		return nil, err
	}
	if o.Mail, err = mailing.OpenService(w, o.Ledger); err != nil {
		return nil, err
	}
	if o.Keys, err = secrets.OpenRSA(w, fireblocks.KeyBits); err != nil {
		return nil, err
	}
	if o.SaltedKeys, err = secrets.OpenPSS(w, safeheron.KeyBits); err != nil {
		return nil, err
	}
	if o.Providers, err = providers.OpenAll(w); err != nil {
		return nil, err
	}
	o.Client = dialguard.New(dialguard.Options{Loopback: w.Env.AllowPlainDelivery})
	o.APIs = bykey.Edge(w, o.Ledger, o.Ring)
	return o, nil
}

// route is a row of the table.
func route[S, In, Out any](r edge.Route[S, In, Out], guard func(*Opened) edge.Edge, service func(*Opened) S) Row {
	return Row{Spec: r.Spec, Types: r, Route: func(o *Opened) edge.Handler { return edge.Bind(guard(o), r, service(o)) }}
}

func job[S any](j edge.Job[S], service func(*Opened) S) Row {
	return Row{Spec: j.Spec, Job: func(o *Opened) edge.Worker { return edge.BindJob(o.World.Log, j, service(o)) }}
}

func task[S, In, Out any](t edge.Task[S, In, Out], service func(*Opened) S) Row {
	return Row{Spec: t.Spec, Task: func(o *Opened) edge.Runner { return edge.BindTask(o.World.Log, t, service(o)) }}
}

func admins(o *Opened) edge.Edge { return o.Admins }
func apis(o *Opened) edge.Edge   { return o.APIs }
func public(o *Opened) edge.Edge { return o.Public }
