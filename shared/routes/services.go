package routes

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/health"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/cobo"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/provider/safeheron"
	"github.com/zenvault/zenvault/shared/qr"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/trail"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire/factors"
	"github.com/zenvault/zenvault/shared/wire/rewrapping"
	"github.com/zenvault/zenvault/shared/wire/sealing"
	"github.com/zenvault/zenvault/shared/workspace"
)

func healths(o *Opened) health.Service { return health.Service{Ledger: o.Ledger} }
func jwks(o *Opened) access.Keys       { return o.Tokens }
func trails(o *Opened) trail.Service   { return trail.Service{Ledger: o.Ledger} }

func generators(o *Opened) rewrap.Generator {
	return rewrap.Generator{Ledger: o.Ledger, Wrapper: o.Wrapper}
}

func rewraps(o *Opened) rewrap.Service { return rewrapping.Service(o.Ledger, o.Ring) }

func accounts(o *Opened) admin.Service {
	return admin.Service{Ledger: o.Ledger, Passwords: password.Argon2id{Blocklist: blocklist.Common{}}, Attempts: o.World.Attempts(),
		Letters: o.Postbox, Sessions: session.Service{}, Keys: o.Ring}
}

func secondFactors(o *Opened) admin.Factors {
	service := factors.Service(o.World, accounts(o), o.Ring)
	service.Picture = qr.Picture
	return service
}

func sessions(o *Opened) session.Service {
	accounts := secondFactors(o)
	return session.Service{Ledger: o.Ledger, Accounts: accounts, Factors: accounts, Devices: accounts, Epochs: accounts, Keys: o.Ring, Tokens: o.Issuer}
}

func workspaces(o *Opened) workspace.Service {
	return workspace.Service{Ledger: o.Ledger, Region: o.World.Env.Region}
}

func apikeys(o *Opened) apikey.Service {
	return apikey.Service{Ledger: o.Ledger, Peppers: o.Ring, Workspaces: workspaces(o).Exists,
		Marks: o.World.Limits(), Issuer: o.World.Env.Issuer, Log: o.World.Log}
}

func policies(o *Opened) policy.Service {
	return policy.Service{Ledger: o.Ledger, Workspaces: workspaces(o).Exists, OneAdmin: o.World.Env.OneAdmin}
}

func cosigners(o *Opened) cosign.Service {
	return cosign.Service{Ledger: o.Ledger, ValidKey: keyref.Valid, Workspaces: workspaces(o).Exists}
}

func connections(o *Opened) connection.Service {
	return connection.Service{Ledger: o.Ledger, ValidKey: keyref.Valid, Workspaces: workspaces(o).Exists, Local: o.World.Env.ProviderURL}
}

func transfers(o *Opened) transfer.Service {
	return transfer.Service{Ledger: o.Ledger, Connections: connections(o), Queue: o.Queue, Providers: o.Providers, Log: o.World.Log,
		Released: policies(o).Release}
}

func fireblocksDecider(o *Opened) *cosign.Decider {
	return cosign.NewDecider(cosign.Parts{
		Ledger: o.Ledger, Name: fireblocks.Name, Provider: fireblocks.Codec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(o.Ledger), Intents: transfer.Intents{}, Keys: o.Keys,
	})
}

func fireblocksConfigDecider(o *Opened) *cosign.Decider {
	return cosign.NewDecider(cosign.Parts{
		Ledger: o.Ledger, Name: fireblocks.Name, Provider: fireblocks.ConfigCodec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(o.Ledger), Keys: o.Keys,
	})
}

func coboDecider(o *Opened) *cosign.Decider {
	return cosign.NewDecider(cosign.Parts{
		Ledger: o.Ledger, Name: cobo.Name, Provider: cobo.Codec{}, ContentType: cobo.ContentType,
		Policies: policy.NewJudge(o.Ledger), Intents: transfer.Intents{}, Keys: o.Keys, // of the size and scheme that Fireblocks takes
	})
}

func safeheronDecider(o *Opened) *cosign.Decider {
	return cosign.NewDecider(cosign.Parts{
		Ledger: o.Ledger, Name: safeheron.Name, Provider: safeheron.Codec{}, ContentType: safeheron.ContentType,
		Policies: policy.NewJudge(o.Ledger), Intents: transfer.Intents{}, Keys: o.SaltedKeys,
	})
}

func endpoints(o *Opened) endpoint.Service {
	return endpoint.Service{Ledger: o.Ledger, Sealer: sealing.Endpoints{Ring: o.Ring},
		Rule: endpoint.URLRule{Plain: o.World.Env.AllowPlainDelivery}}
}

func letters(o *Opened) mail.Service { return o.Mail }

func deliveries(o *Opened) delivery.Service {
	return delivery.Service{Ledger: o.Ledger, Queue: o.Queue, Endpoints: endpoints(o), Client: o.Client}
}
