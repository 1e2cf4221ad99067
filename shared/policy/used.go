package policy

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// UsageView is how far the caps over time of the policy in force are used up. Without a policy there are none.
type UsageView struct {
	Workspace tenant.ID  `json:"workspace"`
	Version   int64      `json:"policy_version,omitempty"`
	At        int64      `json:"at"` // Unix ms
	Caps      []CapUsage `json:"caps"`
}

// CapUsage is one cap's. Of a window it tells when the oldest part of what is used up leaves it.
type CapUsage struct {
	ID      string          `json:"id"`
	Per     string          `json:"per"`
	Hours   int64           `json:"window_hours,omitempty"`
	Unit    string          `json:"unit"` // the asset, "usd" or "count"
	Limit   amount.Decimal  `json:"limit"`
	Used    amount.Decimal  `json:"used"`
	Free    amount.Decimal  `json:"free"`
	FreesAt int64           `json:"frees_at,omitempty"` // Unix ms
	Frees   *amount.Decimal `json:"frees,omitempty"`    // how much is freed then
}

// Usage reads how far a workspace's caps over time are used up. It fails with the workspace's "not found".
func (s Service) Usage(ctx context.Context, _ caller.Caller, in GetInput) (UsageView, error) {
	if err := s.Workspaces(ctx, in.Workspace); err != nil {
		return UsageView{}, err
	}
	return s.usage(ctx, in.Workspace)
}

// OwnUsage reads how far the caps over time of the caller's workspace are used up.
func (s Service) OwnUsage(ctx context.Context, who caller.Caller, _ struct{}) (UsageView, error) {
	return s.usage(ctx, who.Workspace)
}

func (s Service) usage(ctx context.Context, workspace tenant.ID) (UsageView, error) {
	now := s.Ledger.Now()
	view := UsageView{Workspace: workspace, At: now.UnixMilli(), Caps: []CapUsage{}}
	head, err := s.Ledger.GetOne(ctx, HeadKey(workspace))
	if err != nil || head == nil {
		return view, err
	}
	view.Version = head.Version().Number
	p, err := s.published(ctx, workspace, view.Version)
	if err != nil {
		return UsageView{}, err
	}
	view.Caps, err = s.used(ctx, workspace, p.Caps, now)
	return view, err
}

// used reads the usages of the caps over time among these.
func (s Service) used(ctx context.Context, workspace tenant.ID, caps []Cap, at time.Time) ([]CapUsage, error) {
	var counted []*Cap
	var keys []ledger.Key
	for i := range caps {
		if c := &caps[i]; c.overTime() {
			counted, keys = append(counted, c), append(keys, usageKey(workspace, c))
		}
	}
	all := make([]CapUsage, len(counted))
	if len(keys) == 0 {
		return all, nil
	}
	items, err := s.Ledger.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	for i, c := range counted {
		u, err := parseUsage(items[i])
		if err != nil {
			return nil, err
		}
		all[i] = c.told(u, at)
	}
	return all, nil
}

func (c *Cap) told(u Usage, at time.Time) CapUsage {
	used := u.At(c, at)
	told := CapUsage{ID: c.ID, Per: c.Per, Hours: c.Hours, Unit: c.unit(), Limit: c.limit(), Used: used, Free: c.limit().Less(used)}
	for _, b := range u.buckets { // the oldest first
		if c.Per == perWindow && c.counts(b.from, at) && !b.used.IsZero() {
			told.FreesAt, told.Frees = c.frees(b.from).UnixMilli(), &b.used
			break
		}
	}
	return told
}
