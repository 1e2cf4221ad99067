package vaulttest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/zenvault/zenvault/shared/ledger"
)

// memory is a ledger.Store: it applies all writes of a transaction or none, and answers a failed
// condition with the old item.
type memory struct {
	mu     sync.Mutex
	tables map[ledger.Table]map[ledger.Key]ledger.Item
}

func newMemory() *memory {
	return &memory{tables: map[ledger.Table]map[ledger.Key]ledger.Item{ledger.Vault: {}, ledger.Audit: {}}}
}

// Get reads vault items.
func (m *memory) Get(_ context.Context, keys ...ledger.Key) ([]ledger.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := make([]ledger.Item, len(keys))
	for i, key := range keys {
		items[i] = maps.Clone(m.tables[ledger.Vault][key])
	}
	return items, nil
}

// Query reads a page of a partition of a table or index, in the order of the sort key.
func (m *memory) Query(_ context.Context, q ledger.Query) (ledger.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	partition, sort := attributes(q.Index)
	var page ledger.Page
	for _, item := range m.tables[q.Table] {
		text, _ := item[sort].(string)
		number, _ := item[sort].(int64)
		if item[partition] == q.Partition && strings.HasPrefix(text, q.Prefix) && text >= q.After && number <= q.UpTo &&
			(q.After == "" || text != q.After) && (q.Start == nil || compare(sort, item, q.Start) > 0) {
			page.Items = append(page.Items, maps.Clone(item))
		}
	}
	slices.SortFunc(page.Items, func(a, b ledger.Item) int { return compare(sort, a, b) })
	if q.Limit > 0 && len(page.Items) > q.Limit {
		page.Items, page.More = page.Items[:q.Limit], true
		page.Last = page.Items[q.Limit-1]
	}
	return page, nil
}

func attributes(index string) (partition, sort string) {
	switch index {
	case ledger.DueIndex:
		return "due_shard", "due_at"
	case ledger.Directory:
		return "dir", "dir_sk"
	}
	return "pk", "sk"
}

// compare orders by the sort key, and within it by the table's own.
func compare(sort string, a, b ledger.Item) int {
	text := func(i ledger.Item, name string) string { s, _ := i[name].(string); return s }
	number := func(i ledger.Item) int64 { n, _ := i[sort].(int64); return n }
	return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(text(a, sort), text(b, sort)),
		cmp.Compare(text(a, "pk"), text(b, "pk")), cmp.Compare(text(a, "sk"), text(b, "sk")))
}

// Transact applies all writes or none.
func (m *memory) Transact(_ context.Context, _ string, writes []ledger.Write) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, w := range writes {
		if old := m.tables[w.Table][w.Key]; !holds(w.If, old) {
			return &ledger.Refused{Index: i, Old: maps.Clone(old)}
		}
	}
	for _, w := range writes {
		switch table := m.tables[w.Table]; {
		case w.Put != nil:
			table[w.Key] = maps.Clone(w.Put)
			table[w.Key]["pk"], table[w.Key]["sk"] = w.Key.PK, w.Key.SK
		case w.Set != nil:
			maps.Copy(table[w.Key], w.Set)
		case w.Delete:
			delete(table, w.Key)
		}
	}
	return nil
}

func holds(c ledger.Condition, item ledger.Item) bool {
	for _, clause := range c.Clauses() {
		value, there := item[clause.Attribute]
		number, _ := value.(int64)
		limit, _ := clause.Value.(int64)
		ok := map[ledger.Operator]bool{
			ledger.Missing: !there, ledger.Present: there, ledger.Equal: there && value == clause.Value,
			ledger.NotAfter: there && number <= limit, ledger.NoneAfter: !there || number <= limit,
		}[clause.Operator]
		if !ok {
			return false
		}
	}
	return true
}
