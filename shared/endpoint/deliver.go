package endpoint

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/webhook"
)

// Subscribed names the workspace's enabled endpoints that are to hear of events of this type.
func (s Service) Subscribed(ctx context.Context, workspace tenant.ID, kind string) ([]string, error) {
	page, err := s.Ledger.Query(ctx, all(workspace)) // at most 20 of about 3 KB: one page
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, item := range page.Items {
		e, err := parse(item)
		if err != nil {
			return nil, err
		}
		if e.wants(kind) {
			ids = append(ids, string(e.ID))
		}
	}
	return ids, nil
}

// Destination tells where an endpoint's messages go and opens its secrets, those of an overlap too; false if nothing may be sent there.
func (s Service) Destination(ctx context.Context, workspace tenant.ID, endpoint string) (webhook.Destination, bool, error) {
	e, _, err := s.find(ctx, workspace, ID(endpoint))
	if errors.Is(err, ErrNotFound) || err == nil && e.State != Enabled {
		return webhook.Destination{}, false, nil
	}
	if err != nil {
		return webhook.Destination{}, false, err
	}
	to := webhook.Destination{URL: e.URL}
	for _, one := range e.live(s.Ledger.Now()) {
		key, err := s.Sealer.Open(e.place(one.field), one.sealed)
		if err != nil {
			return webhook.Destination{}, false, err
		}
		to.Keys = append(to.Keys, key)
	}
	return to, true, nil
}

// Disable stops everything to an endpoint and tells its workspace, once: an endpoint that is disabled already, or gone,
// stays as it is. The reason is a code.
func (s Service) Disable(ctx context.Context, who caller.Caller, workspace tenant.ID, endpoint, reason string) error {
	err := s.disable(ctx, who, workspace, ID(endpoint), reason)
	if errors.Is(err, errMoved) { // somebody was faster, most likely with the same
		err = s.disable(ctx, who, workspace, ID(endpoint), reason)
	}
	return err
}

func (s Service) disable(ctx context.Context, who caller.Caller, workspace tenant.ID, endpoint ID, reason string) error {
	e, version, err := s.find(ctx, workspace, endpoint)
	if errors.Is(err, ErrNotFound) || err == nil && e.State == Disabled {
		return nil
	}
	if err != nil {
		return err
	}
	disabled := e
	disabled.State, disabled.Reason = Disabled, reason
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "endpoint.disable", Target: e.target(), Workspace: workspace.String(),
		Before: e.fields(), After: disabled.fields(),
		Key: At(workspace, e.ID), Prior: version, Item: disabled.item(), Else: errMoved,
		Events: []ledger.Event{{Type: "endpoint.disabled", Workspace: workspace.String(),
			Data: audit.Fields{"endpoint": string(e.ID), "url": e.URL, "reason": reason}}},
	})
	return err
}
