package edge

import (
	"context"

	"github.com/zenvault/zenvault/shared/ledger"
)

// Paging is the input of every list; a domain embeds it.
type Paging struct {
	Limit  int           `query:"limit"`  // 1 to 100, 20 if not given
	Cursor ledger.Cursor `query:"cursor"` // the "next" of the page before
}

// The bounds of a page.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// ErrLimit is told for a page size out of bounds.
var ErrLimit = ErrMalformed.Saying("A page has 1 to 100 items.").At("limit")

// Size is the page size asked for. It fails with ErrLimit.
func (p Paging) Size() (int, error) {
	if p.Limit == 0 {
		return defaultLimit, nil
	}
	if p.Limit < 1 || p.Limit > maxLimit {
		return 0, ErrLimit
	}
	return p.Limit, nil
}

// Querier reads pages; *ledger.Ledger is one.
type Querier interface {
	Query(ctx context.Context, q ledger.Query) (ledger.Page, error)
}

// List reads a page of a partition and shows each item; show also gives the item's sort key, from which the cursor is made.
func List[T any](ctx context.Context, from Querier, p Paging, q ledger.Query, show func(ledger.Item) (T, string, error)) (Page[T], error) {
	size, err := p.Size()
	if err != nil {
		return Page[T]{}, err
	}
	q.After, q.Limit = p.Cursor.After, size+1 // one more tells whether there is a next page
	found, err := from.Query(ctx, q)
	if err != nil {
		return Page[T]{}, err
	}
	page, last := Page[T]{Items: []T{}}, ""
	for _, item := range found.Items[:min(size, len(found.Items))] {
		view, key, err := show(item)
		if err != nil {
			return Page[T]{}, err
		}
		page.Items, last = append(page.Items, view), key
	}
	if found.More || len(found.Items) > size {
		page.Next = ledger.Cursor{After: last}.String()
	}
	return page, nil
}
