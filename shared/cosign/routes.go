package cosign

import (
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// RouteRegister makes a cosigner known.
var RouteRegister = edge.Route[Service, RegisterInput, View]{Spec: edge.Spec{
	Name: "cosigner-register", Summary: "Register a provider's co-signer: its public keys, the key that answers it, its workspaces.",
	Method: http.MethodPost, Path: "/v1/admin/cosigners", Status: http.StatusCreated,
	Guard: edge.Admin(caller.CosignerWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
}, Do: Service.Register}

// RouteUpdate changes a cosigner.
var RouteUpdate = edge.Route[Service, UpdateInput, View]{Spec: edge.Spec{
	Name: "cosigner-update", Summary: "Change a co-signer's name, inbound keys, response key, workspaces or settings. Its provider stays.",
	Method: http.MethodPatch, Path: "/v1/admin/cosigners/{cosigner}",
	Guard: edge.Admin(caller.CosignerWrite),
	Needs: edge.Needs{Reads: []string{"workspace#"}, Writes: []string{Keys}},
}, Do: Service.Update}

// RouteGet reads a cosigner.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "cosigner-get", Summary: "Read a co-signer.",
	Method: http.MethodGet, Path: "/v1/admin/cosigners/{cosigner}",
	Guard: edge.Admin(caller.CosignerRead),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Service.Get}

// RouteList lists the cosigners.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "cosigner-list", Summary: "List the co-signers, the oldest first.",
	Method: http.MethodGet, Path: "/v1/admin/cosigners",
	Guard: edge.Admin(caller.CosignerRead),
	Needs: edge.Needs{Reads: []string{directory}},
}, Do: Service.List}

// RouteFireblocks answers the Fireblocks API Co-Signer. The co-signer is given the path up to the cosigner's id and
// appends the rest.
var RouteFireblocks = edge.Route[*Decider, edge.Raw, edge.RawReply]{Spec: edge.Spec{
	Name: "cosign-fireblocks", Summary: "Answer a transaction callback of a Fireblocks API Co-Signer by the workspace's policy.",
	Method: http.MethodPost, Path: "/cosigner/fireblocks/{cosigner}/v2/tx_sign_request",
	Guard:   edge.Callback(),
	Takes:   "text/plain", // a token; what is sent as its type is not looked at
	Gives:   "text/plain",
	Needs:   edge.Needs{Reads: []string{Keys, "policy#", "transfer#"}, Writes: []string{DecisionKeys, "usage#", "reservation#"}, Announces: true, Secrets: true},
	MaxBody: 256 << 10, // a batch with its raw transactions
}, Do: (*Decider).Decide}

// RouteFireblocksConfig answers the same co-signer where it asks about a change of configuration.
var RouteFireblocksConfig = edge.Route[*Decider, edge.Raw, edge.RawReply]{Spec: edge.Spec{
	Name: "cosign-fireblocksconfig", Summary: "Answer a configuration callback of a Fireblocks API Co-Signer: no kind of it is supported, and each is rejected, or ignored where the cosigner says so.",
	Method: http.MethodPost, Path: "/cosigner/fireblocks/{cosigner}/v2/config_change_sign_request",
	Guard:   edge.Callback(),
	Takes:   "text/plain", // a token; what is sent as its type is not looked at
	Gives:   "text/plain",
	Needs:   edge.Needs{Reads: []string{Keys}, Writes: []string{DecisionKeys}, Announces: true, Secrets: true},
	MaxBody: 256 << 10, // a policy with its rules
}, Do: (*Decider).Decide}

// RouteCobo answers Cobo's TSS Node, which is given the path up to the cosigner's id and appends the rest.
var RouteCobo = edge.Route[*Decider, edge.Raw, edge.RawReply]{Spec: edge.Spec{
	Name: "cosign-cobo", Summary: "Answer a callback of a Cobo TSS Node by the workspace's policy.",
	Method: http.MethodPost, Path: "/cosigner/cobo/{cosigner}/v2/check",
	Guard:   edge.Callback(),
	Takes:   "application/x-www-form-urlencoded",
	Gives:   "application/json",
	Needs:   edge.Needs{Reads: []string{Keys, "policy#", "transfer#"}, Writes: []string{DecisionKeys, "usage#", "reservation#"}, Announces: true, Secrets: true},
	MaxBody: 256 << 10, // a transaction with its inputs
}, Do: (*Decider).Decide}

// RouteSafeheron answers Safeheron's API Co-Signer, which is given the whole path.
var RouteSafeheron = edge.Route[*Decider, edge.Raw, edge.RawReply]{Spec: edge.Spec{
	Name: "cosign-safeheron", Summary: "Answer a callback of a Safeheron API Co-Signer by the workspace's policy.",
	Method: http.MethodPost, Path: "/cosigner/safeheron/{cosigner}",
	Guard:   edge.Callback(),
	Takes:   "application/json",
	Gives:   "application/json",
	Needs:   edge.Needs{Reads: []string{Keys, "policy#", "transfer#"}, Writes: []string{DecisionKeys, "usage#", "reservation#"}, Announces: true, Secrets: true},
	MaxBody: 256 << 10, // a batch with its addresses
}, Do: (*Decider).Decide}
