package trail

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
)

// ListInput asks for a page of the trail, newest first.
type ListInput struct {
	Action string `query:"action"` // "domain.verb"
	Target string `query:"target"` // "type/id"
	edge.Paging
}

// List reads a page of the trail, over every workspace. That it was read is recorded too. It fails with ErrAction or
// ErrTarget.
func (s Service) List(ctx context.Context, who caller.Caller, in ListInput) (edge.Page[View], error) {
	size, err := in.Size()
	if err == nil {
		err = checkAction(in.Action)
	}
	if err != nil {
		return edge.Page[View]{}, err
	}
	if err := s.Ledger.Observe(ctx, who, "audit.read", "admin/"+who.ID); err != nil {
		return edge.Page[View]{}, err
	}
	if in.Target != "" {
		return s.ofTarget(ctx, in, size)
	}
	return s.ofAll(ctx, in, size)
}

// ofTarget reads a target's own chain, the narrowest index. An action is picked out of it.
func (s Service) ofTarget(ctx context.Context, in ListInput, size int) (edge.Page[View], error) {
	target, err := parseTarget(in.Target)
	if err != nil {
		return edge.Page[View]{}, err
	}
	q := ledger.Query{Table: ledger.Audit, Partition: target.String(), Newest: true, After: in.Cursor.After, Limit: size}
	found, err := s.Ledger.Query(ctx, q)
	if err != nil {
		return edge.Page[View]{}, err
	}
	entries, err := parseAll(found.Items)
	if err != nil {
		return edge.Page[View]{}, err
	}
	page := edge.Page[View]{Items: []View{}}
	for _, e := range entries {
		if in.Action == "" || e.Action == in.Action {
			page.Items = append(page.Items, view(e))
		}
	}
	if found.More {
		page.Next = ledger.Cursor{After: ledger.TrailKey(target, entries[len(entries)-1].Version).SK}.String()
	}
	return page, nil
}

// maxMonths bounds one call's search; the cursor goes on from there.
const maxMonths = 12

// ofAll goes back month by month until the page is full. Its cost is a query a shard and month, however many workspaces
// and entries there are.
func (s Service) ofAll(ctx context.Context, in ListInput, size int) (edge.Page[View], error) {
	after, page := in.Cursor.After, edge.Page[View]{Items: []View{}}
	month := monthOf(s.Ledger.Now())
	if after != "" {
		at, ok := id.Time("aud", after)
		if !ok {
			return page, edge.ErrMalformed.Saying("The cursor is not one of this list.").At("cursor")
		}
		month = monthOf(at)
	}
	for range maxMonths {
		if month.Before(begins) {
			return page, nil
		}
		entries, more, err := s.month(ctx, in.Action, month, after, size-len(page.Items))
		if err != nil {
			return page, err
		}
		for _, e := range entries {
			page.Items = append(page.Items, view(e))
		}
		if more || len(page.Items) == size { // a full page ends here: what is before it is for the next one to find
			page.Next = ledger.Cursor{After: page.Items[len(page.Items)-1].ID}.String()
			return page, nil
		}
		after, month = "", month.AddDate(0, -1, 0)
	}
	page.Next = ledger.Cursor{After: id.Floor("aud", month.AddDate(0, 1, 0))}.String()
	return page, nil
}

func monthOf(t time.Time) time.Time {
	return time.Date(t.UTC().Year(), t.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
}

// month merges the shards of one month, and tells whether it holds more than was asked for. Where a shard's page was cut
// short, nothing older than its end is shown: the rest of that shard belongs before it.
func (s Service) month(ctx context.Context, action string, month time.Time, after string, size int) ([]audit.Entry, bool, error) {
	pages, errs := make([]ledger.Page, ledger.TrailShards), make([]error, ledger.TrailShards)
	var all sync.WaitGroup
	for shard := range ledger.TrailShards {
		q := ledger.Query{Table: ledger.Audit, Index: ledger.IndexByTime, Partition: ledger.TimeShard(month, shard)}
		if action != "" {
			q.Index, q.Partition = ledger.IndexByAction, ledger.ActionShard(action, month, shard)
		}
		q.Newest, q.After, q.Limit = true, after, size
		all.Go(func() { pages[shard], errs[shard] = s.Ledger.Query(ctx, q) })
	}
	all.Wait()
	var entries []audit.Entry
	more, complete := false, ""
	for shard, page := range pages {
		if errs[shard] != nil {
			return nil, false, errs[shard]
		}
		found, err := parseAll(page.Items)
		if err != nil {
			return nil, false, err
		}
		entries = append(entries, found...)
		if page.More {
			more, complete = true, max(complete, found[len(found)-1].ID)
		}
	}
	entries = slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.ID < complete })
	slices.SortFunc(entries, func(a, b audit.Entry) int { return strings.Compare(b.ID, a.ID) })
	if len(entries) > size {
		return entries[:size], true, nil
	}
	return entries, more, nil
}

func parseAll(items []ledger.Item) ([]audit.Entry, error) {
	entries := make([]audit.Entry, len(items))
	for i, item := range items {
		var err error
		if entries[i], err = ledger.ParseEntry(item); err != nil {
			return nil, err
		}
	}
	return entries, nil
}
