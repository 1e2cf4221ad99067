package transfer

import (
	"net/http"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

const (
	collection = "/v1/transfers"
	single     = collection + "/{transfer}"
)

// RouteCreate asks for a transfer.
var RouteCreate = edge.Route[Service, CreateInput, View]{Spec: edge.Spec{
	Name: "transfer-create", Summary: "Move assets: order a transaction at the workspace's custody provider. The Idempotency-Key is required, and names the transfer for good.",
	Method: http.MethodPost, Path: collection, Status: http.StatusCreated,
	Guard: edge.APIKey(caller.TransfersWrite),
	Needs: edge.Needs{Reads: []string{"connections#"}, Writes: []string{Keys}, Announces: true, Transfers: true},
}, Do: Service.Create}

// RouteList lists the transfers.
var RouteList = edge.Route[Service, ListInput, edge.Page[View]]{Spec: edge.Spec{
	Name: "transfer-list", Summary: "List the workspace's transfers, the newest first.",
	Method: http.MethodGet, Path: collection,
	Guard: edge.APIKey(caller.TransfersRead),
	Needs: edge.Needs{Reads: []string{listKeys}},
}, Do: Service.List}

// RouteGet reads a transfer.
var RouteGet = edge.Route[Service, GetInput, View]{Spec: edge.Spec{
	Name: "transfer-get", Summary: "Read a transfer.",
	Method: http.MethodGet, Path: single,
	Guard: edge.APIKey(caller.TransfersRead),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Service.Get}

// RouteCancel asks for a cancellation.
var RouteCancel = edge.Route[Service, CancelInput, View]{Spec: edge.Spec{
	Name: "transfer-cancel", Summary: "Cancel a transfer, or ask the provider to. The state tells which, and what came of it.",
	Method: http.MethodPost, Path: single + "/cancel", Status: http.StatusAccepted,
	Guard: edge.APIKey(caller.TransfersWrite),
	Needs: edge.Needs{Writes: []string{Keys}, Announces: true, Transfers: true},
}, Do: Service.Cancel}

// JobAdvance takes a transfer one step further. It alone calls providers, and has their keys.
var JobAdvance = edge.Job[Service]{Spec: edge.Spec{
	Name: "transfer-advance", Summary: "Order a transfer at its provider, or see what became of it.", Queue: edge.TransferQueue,
	Needs:   edge.Needs{Reads: []string{"connections#"}, Writes: []string{Keys, "reservation#", "usage#"}, Announces: true, Transfers: true, Secrets: true},
	Timeout: 30 * time.Second,
}, Do: Service.Advance}

// TaskSweep finds the transfers that are to be looked at.
var TaskSweep = edge.Task[Service, struct{}, Swept]{Spec: edge.Spec{
	Name: "transfer-sweep", Summary: "Have transfers looked at that are not over, and what got lost.", Every: time.Minute,
	Needs: edge.Needs{Reads: []string{dueKeys}, Transfers: true}, Timeout: 50 * time.Second,
}, Do: Service.Sweep}
