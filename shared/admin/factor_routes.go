package admin

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// maxProofBody is enough for a password of 1,024 bytes with every character escaped.
const maxProofBody = 8 << 10

// RouteEnrolFactor makes a seed for an authenticator app.
var RouteEnrolFactor = edge.Route[Factors, struct{}, Enrolled]{Spec: edge.Spec{
	Name: "factor-enrol", Summary: "Begin a second factor: a seed for an authenticator app, shown once. It counts when a code is confirmed.",
	Method: http.MethodPost, Path: "/v1/auth/factor", Status: http.StatusCreated,
	Guard: edge.Admin(caller.Enrol), Secret: true,
	Needs: edge.Needs{Attempts: true, Writes: []string{Keys}, MasterKey: true},
}, Do: Factors.EnrolFactor}

// RouteConfirmFactor makes it count.
var RouteConfirmFactor = edge.Route[Factors, ConfirmInput, RecoveryCodes]{Spec: edge.Spec{
	Name: "factor-confirm", Summary: "Prove the second factor with one code. Answers the recovery codes, once; every other session ends.",
	Method: http.MethodPost, Path: "/v1/auth/factor/confirm",
	Guard: edge.Admin(caller.Enrol), Secret: true,
	Needs: edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, Posts: true, MasterKey: true},
}, Do: Factors.ConfirmFactor}

// RouteDisableFactor takes it away.
var RouteDisableFactor = edge.Route[Factors, Reauthentication, View]{Spec: edge.Spec{
	Name: "factor-disable", Summary: "Disable the own second factor, with the password and a code. Every other session ends.",
	Method: http.MethodPost, Path: "/v1/auth/factor/disable",
	Guard: edge.Admin(caller.Self), Secret: true,
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, Posts: true, MasterKey: true},
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
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, Posts: true, MasterKey: true},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxProofBody,
}, Do: Factors.RenewCodes}
