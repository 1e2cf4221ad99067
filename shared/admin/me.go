package admin

import (
	"context"
	"net/http"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// Me is the admin who asks, and what he may do at this moment.
type Me struct {
	View
	Session           string              `json:"session"`
	Permissions       []caller.Permission `json:"permissions"`
	RecoveryCodesLeft int64               `json:"recovery_codes_left"`
}

// Me reads the caller's own account.
func (f Factors) Me(ctx context.Context, who caller.Caller, _ struct{}) (Me, error) {
	s, err := f.second(ctx, who.ID)
	if err != nil {
		return Me{}, err
	}
	return Me{s.view(), who.Via, who.Permissions(), s.codes.left()}, nil
}

// RouteMe shows it.
var RouteMe = edge.Route[Factors, struct{}, Me]{Spec: edge.Spec{
	Name: "admin-me", Summary: "Read the own account: role, permissions, second factor, recovery codes left.",
	Method: http.MethodGet, Path: "/v1/auth/me",
	Guard: edge.Admin(caller.Enrol),
	Needs: edge.Needs{Reads: []string{Keys}},
}, Do: Factors.Me}
