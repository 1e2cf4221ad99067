package local_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
)

// dump is everything stored at a moment, by key.
type dump struct{ vault, audit map[ledger.Key]*stored }

// stored is an item as a test looks at it. The embedded DynamoDB never changes an item, so it is read once however many
// dumps have it.
type stored struct {
	wire       *attribute.Item
	key        ledger.Key
	attributes map[string]any
	entry      func() (audit.Entry, error) // of the audit table; the error says that the hash in it is not its own
}

// looks are all items that a dump had so far.
var looks sync.Map // *attribute.Item → *stored

// dump takes both tables whole, past the program's own way of reading, and past the emulator's.
func (g *gateway) dump(t testing.TB) dump {
	t.Helper()
	return dump{vault: g.stored(t, g.World.Env.VaultTable), audit: g.stored(t, g.World.Env.AuditTable)}
}

func (g *gateway) stored(t testing.TB, table string) map[ledger.Key]*stored {
	t.Helper()
	store := g.Emulator
	if store == nil {
		store = g.beside
	}
	items, err := store.Stored(table)
	must(t, err)
	all := make(map[ledger.Key]*stored, len(items))
	for _, wire := range items {
		s := look(wire)
		all[s.key] = s
	}
	return all
}

func look(wire *attribute.Item) *stored {
	if known, ok := looks.Load(wire); ok {
		return known.(*stored)
	}
	s := &stored{wire: wire, attributes: plainMap(*wire)}
	s.key = ledger.Key{PK: s.attributes["pk"].(string), SK: s.attributes["sk"].(string)}
	s.entry = sync.OnceValues(func() (audit.Entry, error) {
		e := parseEntry(s.attributes)
		hash, err := e.ComputeHash()
		if err == nil && hash != e.Hash {
			err = fmt.Errorf("its hash is %s, of what it says %s", e.Hash, hash)
		}
		return e, err
	})
	known, _ := looks.LoadOrStore(wire, s)
	return known.(*stored)
}

// equal reports whether two have the same content; nil is none.
func (s *stored) equal(other *stored) bool {
	return s == other || s != nil && other != nil && attribute.Equal(*s.wire, *other.wire)
}

// String is its attributes in the order of their names.
func (s *stored) String() string {
	if s == nil {
		return ""
	}
	return fmt.Sprint(s.attributes)
}

func (g *gateway) database() *dynamodb.Client { return dynamodb.NewFromConfig(g.World.Config) }

func plainMap(item attribute.Map) map[string]any {
	out := map[string]any{}
	for name, value := range item {
		out[name] = plain(value)
	}
	return out
}

func plain(value attribute.Value) any {
	switch v := value.(type) {
	case attribute.String:
		return string(v)
	case attribute.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return "a number that is no integer: " + v.String()
		}
		return n
	case attribute.Bool:
		return bool(v)
	case attribute.Binary:
		return []byte(v)
	case attribute.Map:
		return plainMap(v)
	case attribute.List:
		list := []any{}
		for _, element := range v {
			list = append(list, plain(element))
		}
		return list
	}
	return fmt.Sprintf("%T", value)
}

// changes is what the vault holds and the trail says more or otherwise than before. Denials and observations are apart:
// they record attempts and reading.
func (d dump) changes(after dump) (items []ledger.Key, entries []audit.Entry) {
	for key, item := range after.vault {
		if !item.equal(d.vault[key]) {
			items = append(items, key)
		}
	}
	for key := range d.vault {
		if after.vault[key] == nil {
			items = append(items, key)
		}
	}
	for key, item := range after.audit {
		if d.audit[key] == nil && !isNote(key) {
			entries = append(entries, parseEntry(item.attributes))
		}
	}
	slices.SortFunc(entries, func(a, b audit.Entry) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(items, func(a, b ledger.Key) int { return strings.Compare(a.PK+a.SK, b.PK+b.SK) })
	return items, entries
}

// unchanged wants nothing written in between: no item, no entry of a mutation, and no entry altered.
func unchanged(t testing.TB, what string, before, after dump) {
	t.Helper()
	for _, table := range []struct{ before, after map[ledger.Key]*stored }{{before.vault, after.vault}, {before.audit, after.audit}} {
		for key, is := range table.after {
			if was := table.before[key]; !is.equal(was) && !(isNote(key) && was == nil) {
				t.Errorf("%s wrote %v (-before +after):\n%s", what, key, cmp.Diff(was.String(), is.String()))
			}
		}
		for key, was := range table.before {
			if table.after[key] == nil {
				t.Errorf("%s deleted %v:\n%s", what, key, was)
			}
		}
	}
}

// isNote reports whether an entry records an attempt or a reading, not a change.
func isNote(key ledger.Key) bool {
	return strings.HasPrefix(key.PK, "denial/") || strings.HasPrefix(key.PK, "observation/")
}

func parseEntry(item map[string]any) audit.Entry {
	e, err := ledger.ParseEntry(ledger.Item(item))
	if err != nil {
		panic(err)
	}
	return e
}

// ownerless are the items that carry no version of their own: each belongs to another item's mutation.
var ownerless = []string{"email#", "founder#", "once#", "usage#"}

func isOwnerless(key ledger.Key) bool {
	switch {
	case strings.HasPrefix(key.PK, "endpoints#"), strings.HasPrefix(key.PK, "connections#"):
		return key.SK == "count"
	case strings.HasPrefix(key.PK, "admin#"):
		return key.SK == "codes" || strings.HasPrefix(key.SK, "challenge#")
	case strings.HasPrefix(key.PK, "policy#"):
		return strings.HasPrefix(key.SK, "version#")
	case strings.HasPrefix(key.PK, "delivery#"):
		return strings.Contains(key.SK, "#") // an attempt
	}
	return slices.ContainsFunc(ownerless, func(prefix string) bool { return strings.HasPrefix(key.PK, prefix) })
}

// verify wants the chain of every target to be whole, and every item at the end of exactly one chain: no write without
// its entry, no entry without its write.
func (d dump) verify(t testing.TB) {
	t.Helper()
	ends := map[string]int64{} // hash of a chain's newest entry → its version
	chains := map[string][]audit.Entry{}
	for key, item := range d.audit {
		e, err := item.entry()
		if err != nil {
			t.Errorf("%v: %v", key, err)
		}
		if ledger.TrailKey(e.Target, e.Version) != key {
			t.Errorf("the entry at %v says it is version %d of %s", key, e.Version, e.Target)
		}
		chains[key.PK] = append(chains[key.PK], e)
	}
	for target, entries := range chains {
		slices.SortFunc(entries, func(a, b audit.Entry) int { return int(a.Version - b.Version) })
		prev := ""
		for i, e := range entries {
			if e.Prev != prev || e.Version != int64(i+1) {
				t.Errorf("%s: entry %d is version %d and does not follow the one before", target, i+1, e.Version)
			}
			prev = e.Hash
		}
		if !isNote(ledger.Key{PK: target}) {
			ends[prev] = int64(len(entries))
		}
	}
	for key, item := range d.vault {
		at := ledger.Item(item.attributes).Version()
		switch {
		case isOwnerless(key):
			if at.Number != 0 {
				t.Errorf("%v has a version, and is listed as belonging to another item", key)
			}
		case at == ledger.Version{} && item.attributes["version"] == int64(0): // begun beside another target, not touched since
		case ends[at.Hash] != at.Number || at.Number == 0:
			t.Errorf("%v is at version %d, hash %.8s: no chain ends there", key, at.Number, at.Hash)
		default:
			delete(ends, at.Hash)
		}
	}
	for hash, version := range ends {
		t.Errorf("a chain of %d entries ends in %.8s: no item is there", version, hash)
	}
}

// texts are all the keys, attribute names, texts and bytes stored, each with where it stands.
func (d dump) texts() map[string]string {
	all := map[string]string{}
	for table, items := range map[string]map[ledger.Key]*stored{"vault": d.vault, "audit": d.audit} {
		for key, item := range items {
			collect(all, fmt.Sprintf("%s %s/%s", table, key.PK, key.SK), item.attributes)
		}
	}
	return all
}

func collect(all map[string]string, at string, value any) {
	switch v := value.(type) {
	case string:
		all[at] = v
	case []byte:
		all[at] = string(v)
	case []any:
		for i, element := range v {
			collect(all, fmt.Sprintf("%s[%d]", at, i), element)
		}
	case map[string]any:
		for name, element := range v {
			collect(all, at+" name of "+name, name)
			collect(all, at+"."+name, element)
		}
	}
}

// run is how many bytes of an encoded secret in a row count as a part of it.
const run = 12

// runs are all byte runs of a secret: raw, in hex, and in base64 of any alignment and alphabet.
type runs map[string]bool

func (r runs) add(secret []byte) {
	forms := []string{string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret))}
	for skip := range 3 {
		tail := secret[skip:]
		tail = tail[:len(tail)/3*3] // no part of a group that depends on what follows
		forms = append(forms, base64.StdEncoding.EncodeToString(tail), base64.URLEncoding.EncodeToString(tail))
	}
	for _, form := range forms {
		for i := range len(form) - run + 1 {
			r[form[i:i+run]] = true
		}
	}
}

// in finds the first run in a text.
func (r runs) in(text string) bool {
	for i := range len(text) - run + 1 {
		if r[text[i:i+run]] {
			return true
		}
	}
	return false
}
