package routes

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/connection"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/delivery"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/health"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/trail"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/workspace"
)

// Table lists every function, in the order of the README.
func Table() []Row {
	return []Row{
		route(health.RouteCheck, public, healths),
		route(session.RouteJWKS, public, jwks),
		route(session.RouteLogin, public, sessions),
		route(session.RouteSecond, public, sessions),
		route(session.RouteRefresh, public, sessions),
		route(session.RouteLogout, admins, sessions),
		route(session.RouteLogoutAll, admins, sessions),
		route(session.RouteList, admins, sessions),
		route(session.RouteEnd, admins, sessions),
		route(admin.RouteMe, admins, secondFactors),

		route(admin.RouteEnrolFactor, admins, secondFactors),
		route(admin.RouteConfirmFactor, admins, secondFactors),
		route(admin.RouteDisableFactor, admins, secondFactors),
		route(admin.RouteCountCodes, admins, secondFactors),
		route(admin.RouteRenewCodes, admins, secondFactors),

		route(admin.RouteForgot, public, accounts),
		route(admin.RouteResetPassword, public, accounts),
		route(admin.RouteChangePassword, admins, accounts),
		route(admin.RouteAccept, public, accounts),

		route(admin.RouteInvite, admins, accounts),
		route(admin.RouteReinvite, admins, accounts),
		route(admin.RouteList, admins, accounts),
		route(admin.RouteGet, admins, accounts),
		route(admin.RouteAppoint, admins, accounts),
		route(admin.RouteDisable, admins, accounts),
		route(admin.RouteEnable, admins, accounts),
		route(admin.RouteResetFactor, admins, accounts),
		route(session.RouteListOf, admins, sessions),
		route(session.RouteEndOf, admins, sessions),
		route(workspace.RouteCreate, admins, workspaces),
		route(workspace.RouteList, admins, workspaces),
		route(workspace.RouteGet, admins, workspaces),
		route(apikey.RouteCreate, admins, apikeys),
		route(apikey.RouteList, admins, apikeys),
		route(apikey.RouteGet, admins, apikeys),
		route(apikey.RouteUpdate, admins, apikeys),
		route(apikey.RouteRotate, admins, apikeys),
		route(apikey.RouteRevoke, admins, apikeys),
		route(connection.RouteRegister, admins, connections),
		route(connection.RouteList, admins, connections),
		route(connection.RouteGet, admins, connections),
		route(connection.RouteUpdate, admins, connections),
		route(policy.RouteDraft, admins, policies),
		route(policy.RoutePublish, admins, policies),
		route(policy.RouteGet, admins, policies),
		route(policy.RouteUsage, admins, policies),
		route(cosign.RouteRegister, admins, cosigners),
		route(cosign.RouteList, admins, cosigners),
		route(cosign.RouteGet, admins, cosigners),
		route(cosign.RouteUpdate, admins, cosigners),
		route(trail.RouteList, admins, trails),

		route(cosign.RouteFireblocks, public, fireblocksDecider),
		route(cosign.RouteFireblocksConfig, public, fireblocksConfigDecider),
		route(cosign.RouteSafeheron, public, safeheronDecider),
		route(cosign.RouteCobo, public, coboDecider),

		route(policy.RouteOwnUsage, apis, policies),
		route(endpoint.RouteCreate, apis, endpoints),
		route(endpoint.RouteList, apis, endpoints),
		route(endpoint.RouteGet, apis, endpoints),
		route(endpoint.RouteRotate, apis, endpoints),
		route(transfer.RouteCreate, apis, transfers),
		route(transfer.RouteList, apis, transfers),
		route(transfer.RouteGet, apis, transfers),
		route(transfer.RouteCancel, apis, transfers),

		job(delivery.JobFan, deliveries),
		job(delivery.JobSend, deliveries),
		job(delivery.JobRetry, deliveries),
		task(delivery.TaskSweep, deliveries),
		job(transfer.JobAdvance, transfers),
		task(transfer.TaskSweep, transfers),
		job(mail.JobSend, letters),
		task(admin.TaskFound, accounts),
		task(admin.TaskReleaseFactor, accounts),
		task(rewrap.TaskGenerate, generators),
		task(rewrap.TaskRewrap, rewraps),
	}
}
