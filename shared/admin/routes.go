package admin

import (
	"net/http"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// What a function that hashes gets: a full core (1,769 MB), which makes a hash take a tenth of a second, and a bound on
// how many of it run at once, so that a flood of logins can't take all the concurrency of the account.
const (
	hashTimeout = 20 * time.Second
	hashMemory  = 1769
	maxBody     = 16 << 10 // two passwords of 1,024 bytes with every character escaped
)

// TaskFound makes the first owner. It has no route: who may invoke the function may use it, and it works once.
var TaskFound = edge.Task[Service, FoundInput, View]{Spec: edge.Spec{
	Name: "admin-found", Summary: "Make the first owner; works once.",
	Needs:   edge.Needs{Writes: []string{Keys, EmailKeys, FounderKeys}},
	Timeout: hashTimeout, Memory: hashMemory,
}, Do: Service.Found}

// RouteInvite makes an admin who is mailed an invitation.
var RouteInvite = edge.Route[Service, InviteInput, View]{Spec: edge.Spec{
	Name: "admin-invite", Summary: "Invite an admin: the mail holds a token that is good once, for 72 hours.",
	Method: http.MethodPost, Path: "/v1/admin/admins", Status: http.StatusCreated,
	Guard: edge.Admin(caller.AdminWrite),
	Needs: edge.Needs{Writes: []string{Keys, EmailKeys}, Events: true},
}, Do: Service.Invite}

// RouteReinvite has a new invitation mailed.
var RouteReinvite = edge.Route[Service, NameInput, View]{Spec: edge.Spec{
	Name: "admin-reinvite", Summary: "Mail an invited admin a new invitation; the one before is over.",
	Method: http.MethodPost, Path: "/v1/admin/admins/{admin}/invite",
	Guard: edge.Admin(caller.AdminWrite),
	Needs: edge.Needs{Writes: []string{Keys}, Events: true},
}, Do: Service.Reinvite}

// RouteAccept makes an invited admin one who can log in.
var RouteAccept = edge.Route[Service, AcceptInput, View]{Spec: edge.Spec{
	Name: "admin-accept", Summary: "Accept an invitation and choose a password.",
	Method: http.MethodPost, Path: "/v1/auth/accept", Status: http.StatusCreated,
	Guard:   edge.Public(),
	Needs:   edge.Needs{Writes: []string{Keys, FounderKeys}},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxBody,
}, Do: Service.Accept}

// RouteList lists the admins.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "admin-list", Summary: "List the admins, the oldest first.",
	Method: http.MethodGet, Path: "/v1/admin/admins",
	Guard: edge.Admin(caller.AdminRead),
	Needs: edge.Needs{Reads: []string{directory}},
}, Do: Service.List}

// RouteGet reads an admin.
var RouteGet = edge.Route[Service, NameInput, View]{Spec: edge.Spec{
	Name: "admin-get", Summary: "Read an admin.",
	Method: http.MethodGet, Path: "/v1/admin/admins/{admin}",
	Guard: edge.Admin(caller.AdminRead),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Service.Get}

// RouteAppoint gives an admin another role.
var RouteAppoint = edge.Route[Service, AppointInput, View]{Spec: edge.Spec{
	Name: "admin-appoint", Summary: "Give an admin another role; all of the admin's sessions are over.",
	Method: http.MethodPut, Path: "/v1/admin/admins/{admin}/role",
	Guard: edge.Admin(caller.AdminWrite),
	Needs: edge.Needs{Writes: []string{Keys, FounderKeys}, Events: true},
}, Do: Service.Appoint}

// RouteDisable shuts an admin out.
var RouteDisable = edge.Route[Service, NameInput, View]{Spec: edge.Spec{
	Name: "admin-disable", Summary: "Disable an admin; all of the admin's sessions are over.",
	Method: http.MethodPost, Path: "/v1/admin/admins/{admin}/disable",
	Guard: edge.Admin(caller.AdminWrite),
	Needs: edge.Needs{Writes: []string{Keys, FounderKeys}, Events: true},
}, Do: Service.Disable}

// RouteEnable lets a disabled admin log in again.
var RouteEnable = edge.Route[Service, NameInput, View]{Spec: edge.Spec{
	Name: "admin-enable", Summary: "Enable a disabled admin.",
	Method: http.MethodPost, Path: "/v1/admin/admins/{admin}/enable",
	Guard: edge.Admin(caller.AdminWrite),
	Needs: edge.Needs{Writes: []string{Keys, FounderKeys}, Events: true},
}, Do: Service.Enable}

// RouteChangePassword sets the own password.
var RouteChangePassword = edge.Route[Service, ChangeInput, Status]{Spec: edge.Spec{
	Name: "password-change", Summary: "Change the own password; all other sessions are over.",
	Method: http.MethodPost, Path: "/v1/auth/password",
	Guard: edge.Admin(caller.Self), Secret: true,
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true, Posts: true},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxBody,
}, Do: Service.ChangePassword}

// RouteForgot has a letter posted to an address. The answer is the same for every address.
var RouteForgot = edge.Route[Service, ForgotInput, Status]{Spec: edge.Spec{
	Name: "password-forgot", Summary: "Have a token mailed to set a forgotten password anew. The answer is the same for every address.",
	Method: http.MethodPost, Path: "/v1/auth/forgot", Status: http.StatusAccepted,
	Guard: edge.Public(),
	Needs: edge.Needs{Attempts: true, Posts: true}, MaxBody: maxBody,
}, Do: Service.Forgot}

// RouteResetPassword sets a password by a mailed token.
var RouteResetPassword = edge.Route[Service, ResetInput, Status]{Spec: edge.Spec{
	Name: "password-reset", Summary: "Set a password by a mailed token; all sessions are over.",
	Method: http.MethodPost, Path: "/v1/auth/reset",
	Guard:   edge.Public(),
	Needs:   edge.Needs{Attempts: true, Writes: []string{Keys}, Events: true},
	Timeout: hashTimeout, Memory: hashMemory, Hashes: true, MaxBody: maxBody,
}, Do: Service.ResetPassword}
