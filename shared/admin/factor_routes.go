package admin

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// maxProofBody is enough for a password of 1,024 bytes with every character escaped.
const maxProofBody = 8 << 10

// RouteEnrolFactor makes a seed for an authenticator app.
var RouteEnrolFactor = edge.Route[Factors, EnrolInput, Enrolled]{Spec: edge.Spec{
	Name: "factor-enrol", Summary: "Begin a second factor, with the password: a seed for an authenticator app, shown once. It counts when this session confirms a code.",
	Method: http.MethodPost, Path: "/v1/auth/factor", Status: http.StatusCreated,
	Guard: edge.Admin(caller.Enrol), Secret: true,
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, MasterKey: true},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxProofBody,
}, Do: Factors.EnrolFactor}

// RouteConfirmFactor makes it count.
var RouteConfirmFactor = edge.Route[Factors, ConfirmInput, RecoveryCodes]{Spec: edge.Spec{
	Name: "factor-confirm", Summary: "Prove the second factor with one code, in the session that began it. Answers the recovery codes, once; every other session ends.",
	Method: http.MethodPost, Path: "/v1/auth/factor/confirm",
	Guard: edge.Admin(caller.Enrol), Secret: true,
	Needs: edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, MasterKey: true},
}, Do: Factors.ConfirmFactor}

// RouteResetFactor takes away another admin's.
var RouteResetFactor = edge.Route[Service, NameInput, View]{Spec: edge.Spec{
	Name: "factor-resetof", Summary: "Take away another admin's second factor and recovery codes; all of the admin's sessions are over. Only an owner does it.",
	Method: http.MethodPost, Path: "/v1/admin/admins/{admin}/factor/reset",
	Guard: edge.Admin(caller.AdminWrite),
	Needs: edge.Needs{Writes: []string{Keys}, Events: true},
}, Do: Service.ResetFactor}

// TaskReleaseFactor takes away anybody's. It has no route: who may invoke the function may use it.
var TaskReleaseFactor = edge.Task[Service, ReleaseInput, View]{Spec: edge.Spec{
	Name: "factor-reset", Summary: "Take away an admin's second factor and recovery codes, where no owner is left who could.",
	Needs: edge.Needs{Reads: []string{EmailKeys}, Writes: []string{Keys}, Events: true},
}, Do: Service.ReleaseFactor}

// RouteDisableFactor takes it away.
var RouteDisableFactor = edge.Route[Factors, Reauthentication, View]{Spec: edge.Spec{
	Name: "factor-disable", Summary: "Disable the own second factor, with the password and a code. Every other session ends.",
	Method: http.MethodPost, Path: "/v1/auth/factor/disable",
	Guard: edge.Admin(caller.Self), Secret: true,
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, MasterKey: true},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxProofBody,
}, Do: Factors.DisableFactor}

// RouteCountCodes counts recovery codes.
var RouteCountCodes = edge.Route[Factors, struct{}, RecoveryCodes]{Spec: edge.Spec{
	Name: "factor-count", Summary: "Count the recovery codes that are left.",
	Method: http.MethodGet, Path: "/v1/auth/recovery-codes",
	Guard: edge.Admin(caller.Self),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Factors.CountCodes}

// RouteRenewCodes replaces them.
var RouteRenewCodes = edge.Route[Factors, Reauthentication, RecoveryCodes]{Spec: edge.Spec{
	Name: "factor-renew", Summary: "Make ten new recovery codes, with the password and a code. They are shown once; the old ones are good no more.",
	Method: http.MethodPost, Path: "/v1/auth/recovery-codes",
	Guard: edge.Admin(caller.Self), Secret: true,
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, MasterKey: true},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxProofBody,
}, Do: Factors.RenewCodes}
