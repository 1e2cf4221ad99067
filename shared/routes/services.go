package routes

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/health"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/secretdir"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/trail"
	"github.com/zenvault/zenvault/shared/wire/sealing"
	"github.com/zenvault/zenvault/shared/workspace"
)

func healths(o *Opened) health.Service { return health.Service{Ledger: o.Ledger} }
func jwks(o *Opened) access.Keys       { return o.Tokens }
func trails(o *Opened) trail.Service   { return trail.Service{Ledger: o.Ledger} }

func accounts(o *Opened) admin.Service {
	return admin.Service{Ledger: o.Ledger, Passwords: password.Argon2id{}}
}

func sessions(o *Opened) session.Service {
	return session.Service{Ledger: o.Ledger, Accounts: accounts(o), Keys: o.Ring, Tokens: o.Issuer}
}

func workspaces(o *Opened) workspace.Service {
	return workspace.Service{Ledger: o.Ledger, Region: o.World.Env.Region}
}

func apikeys(o *Opened) apikey.Service {
	return apikey.Service{Ledger: o.Ledger, Peppers: o.Ring, Workspaces: workspaces(o).Exists}
}

func policies(o *Opened) policy.Service {
	return policy.Service{Ledger: o.Ledger, Workspaces: workspaces(o).Exists}
}

func cosigners(o *Opened) cosign.Service {
	return cosign.Service{Ledger: o.Ledger, ValidKey: secretdir.ValidName, Workspaces: workspaces(o).Exists}
}

func fireblocksDecider(o *Opened) *cosign.Decider {
	return cosign.NewDecider(cosign.Parts{
		Ledger: o.Ledger, Name: fireblocks.Name, Provider: fireblocks.Codec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(o.Ledger), Keys: o.Keys,
	})
}

func endpoints(o *Opened) endpoint.Service {
	return endpoint.Service{Ledger: o.Ledger, Sealer: sealing.Endpoints{Ring: o.Ring},
		Rule: endpoint.URLRule{Plain: o.World.Env.AllowPlainDelivery}}
}

func deliveries(o *Opened) delivery.Service {
	return delivery.Service{Ledger: o.Ledger, Queue: o.Queue, Endpoints: endpoints(o), Client: o.Client}
}
