// Package health answers whether the service can do its work.
package health

import (
	"context"
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Service is what the health route is made of.
type Service struct{ Ledger *ledger.Ledger }

// Input is empty.
type Input struct{}

// Output is given only when all is well.
type Output struct {
	Status string `json:"status"`
}

// probe is a key that nothing is stored under.
var probe = ledger.Key{PK: "health#", SK: "health"}

// Check reads from the database, which everything depends on. It fails with the database's fault.
func (s Service) Check(ctx context.Context, _ caller.Caller, _ Input) (Output, error) {
	_, err := s.Ledger.GetOne(ctx, probe)
	return Output{Status: "ok"}, err
}

// RouteCheck is for load balancers and monitors.
var RouteCheck = edge.Route[Service, Input, Output]{Spec: edge.Spec{
	Name: "health-check", Summary: "Tell whether the service and its database answer.",
	Method: http.MethodGet, Path: "/healthz",
	Guard: edge.Public(),
	Needs: edge.Needs{Reads: []string{probe.PK}},
}, Do: Service.Check}
