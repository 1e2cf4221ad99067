package dynamodb

import (
	"iter"
	"maps"
	"slices"
	"sort"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// row is a stored item. It is never changed, so it can be read without a lock once it was found.
type row struct {
	item attribute.Item
	size int
}

func newRow(item attribute.Item) *row { return &row{item, attribute.ItemSize(item)} }

// place is where a row lies: its partition, and its position there. Both are byte-ordered forms of key values.
type place struct{ partition, sort string }

// keyspace is the ordered content of a table or an index.
type keyspace map[string][]entry

type entry struct {
	sort string
	row  *row
}

func (k keyspace) search(p place) (at int, found bool) {
	entries := k[p.partition]
	at = sort.Search(len(entries), func(i int) bool { return entries[i].sort >= p.sort })
	return at, at < len(entries) && entries[at].sort == p.sort
}

// get is nil if nothing is there.
func (k keyspace) get(p place) *row {
	if at, found := k.search(p); found {
		return k[p.partition][at].row
	}
	return nil
}

func (k keyspace) put(p place, r *row) {
	at, found := k.search(p)
	if found {
		k[p.partition][at].row = r
		return
	}
	k[p.partition] = slices.Insert(k[p.partition], at, entry{p.sort, r})
}

func (k keyspace) remove(p place) {
	at, found := k.search(p)
	if !found {
		return
	}
	k[p.partition] = slices.Delete(k[p.partition], at, at+1)
	if len(k[p.partition]) == 0 {
		delete(k, p.partition)
	}
}

// span walks the rows of a partition with from <= sort < to, backwards if so asked; an empty to is open.
func (k keyspace) span(partition, from, to string, backwards bool) iter.Seq2[place, *row] {
	entries := k[partition]
	low := sort.Search(len(entries), func(i int) bool { return entries[i].sort >= from })
	high := len(entries)
	if to != "" {
		high = sort.Search(len(entries), func(i int) bool { return entries[i].sort >= to })
	}
	return func(yield func(place, *row) bool) {
		for i := low; i < high; i++ {
			e := entries[i]
			if backwards {
				e = entries[low+high-1-i]
			}
			if !yield(place{partition, e.sort}, e.row) {
				return
			}
		}
	}
}

// all walks everything, partition by partition, from behind a place.
func (k keyspace) all(behind place) iter.Seq2[place, *row] {
	return func(yield func(place, *row) bool) {
		for _, partition := range slices.Sorted(maps.Keys(k)) {
			from := ""
			switch {
			case partition < behind.partition:
				continue
			case partition == behind.partition:
				from = behind.sort + "\x00"
			}
			for p, r := range k.span(partition, from, "", false) {
				if !yield(p, r) {
					return
				}
			}
		}
	}
}

// successor is the least string behind all that begin with the prefix; empty is behind everything.
func successor(prefix []byte) string {
	for end := len(prefix); end > 0; end-- {
		if prefix[end-1] < 255 {
			next := slices.Clone(prefix[:end])
			next[end-1]++
			return string(next)
		}
	}
	return ""
}
