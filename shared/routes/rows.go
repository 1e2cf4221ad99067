package routes

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/health"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/trail"
	"github.com/zenvault/zenvault/shared/workspace"
)

// Table lists every function, in the order of the README.
func Table() []Row {
	return []Row{
		route(health.RouteCheck, public, healths),
		route(session.RouteJWKS, public, jwks),
		route(session.RouteLogin, public, sessions),
		route(session.RouteRefresh, public, sessions),

		route(workspace.RouteCreate, admins, workspaces),
		route(workspace.RouteList, admins, workspaces),
		route(workspace.RouteGet, admins, workspaces),
		route(apikey.RouteCreate, admins, apikeys),
		route(apikey.RouteList, admins, apikeys),
		route(apikey.RouteRevoke, admins, apikeys),
		route(trail.RouteList, admins, trails),

		task(admin.TaskFound, accounts),
	}
}

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
