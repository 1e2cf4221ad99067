package local_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
)

// dump is everything stored, by key; the texts are each item once more, quick to compare.
type dump struct {
	vault, audit           map[ledger.Key]map[string]any
	vaultTexts, auditTexts map[ledger.Key]string
}

// dump reads both tables whole, past the program's own way of reading.
func (g *gateway) dump(t testing.TB) dump {
	t.Helper()
	d := dump{vault: g.scan(t, g.World.Env.VaultTable), audit: g.scan(t, g.World.Env.AuditTable)}
	d.vaultTexts, d.auditTexts = inWords(d.vault), inWords(d.audit)
	return d
}

func inWords(items map[ledger.Key]map[string]any) map[ledger.Key]string {
	all := make(map[ledger.Key]string, len(items))
	for key, item := range items {
		all[key] = fmt.Sprint(item) // prints maps in the order of their keys
	}
	return all
}

func (g *gateway) scan(t testing.TB, table string) map[ledger.Key]map[string]any {
	t.Helper()
	all := map[ledger.Key]map[string]any{}
	pages := dynamodb.NewScanPaginator(g.database(), &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, item := range page.Items {
			plain := plainMap(item)
			all[ledger.Key{PK: plain["pk"].(string), SK: plain["sk"].(string)}] = plain
		}
	}
	return all
}

func (g *gateway) database() *dynamodb.Client { return dynamodb.NewFromConfig(g.World.Config) }

func plainMap(item map[string]types.AttributeValue) map[string]any {
	out := map[string]any{}
	for name, value := range item {
		out[name] = plain(value)
	}
	return out
}

func plain(value types.AttributeValue) any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err != nil {
			return "a number that is no integer: " + v.Value
		}
		return n
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberM:
		return plainMap(v.Value)
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, element := range v.Value {
			list = append(list, plain(element))
		}
		return list
	}
	return fmt.Sprintf("%T", value)
}

// changes is what the vault holds and the trail says more or otherwise than before. Denials and observations are apart:
// they record attempts and reading.
func (d dump) changes(after dump) (items []ledger.Key, entries []audit.Entry) {
	for key, text := range after.vaultTexts {
		if d.vaultTexts[key] != text {
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
			entries = append(entries, parseEntry(item))
		}
	}
	slices.SortFunc(entries, func(a, b audit.Entry) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(items, func(a, b ledger.Key) int { return strings.Compare(a.PK+a.SK, b.PK+b.SK) })
	return items, entries
}

// unchanged wants nothing written in between: no item, no entry of a mutation, and no entry altered.
func unchanged(t testing.TB, what string, before, after dump) {
	t.Helper()
	for _, table := range []struct{ before, after map[ledger.Key]string }{{before.vaultTexts, after.vaultTexts}, {before.auditTexts, after.auditTexts}} {
		if maps.Equal(table.before, table.after) {
			continue
		}
		keys := maps.Clone(table.before)
		maps.Copy(keys, table.after)
		for key := range keys {
			was, is := table.before[key], table.after[key]
			if was != is && !(isNote(key) && was == "") {
				t.Errorf("%s wrote %v (-before +after):\n%s", what, key, cmp.Diff(was, is))
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
var ownerless = []string{"email#", "founder#", "once#"}

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
		e := parseEntry(item)
		if ledger.TrailKey(e.Target, e.Version) != key {
			t.Errorf("the entry at %v says it is version %d of %s", key, e.Version, e.Target)
		}
		chains[key.PK] = append(chains[key.PK], e)
	}
	for target, entries := range chains {
		slices.SortFunc(entries, func(a, b audit.Entry) int { return int(a.Version - b.Version) })
		prev := ""
		for i, e := range entries {
			if hash, err := e.ComputeHash(); err != nil || hash != e.Hash || e.Prev != prev || e.Version != int64(i+1) {
				t.Errorf("%s: entry %d is version %d and does not follow the one before: %v", target, i+1, e.Version, err)
			}
			prev = e.Hash
		}
		if !isNote(ledger.Key{PK: target}) {
			ends[prev] = int64(len(entries))
		}
	}
	for key, item := range d.vault {
		at := ledger.Item(item).Version()
		switch {
		case isOwnerless(key):
			if at.Number != 0 {
				t.Errorf("%v has a version, and is listed as belonging to another item", key)
			}
		case at == ledger.Version{} && item["version"] == int64(0): // begun beside another target, not touched since
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
	for table, items := range map[string]map[ledger.Key]map[string]any{"vault": d.vault, "audit": d.audit} {
		for key, item := range items {
			collect(all, fmt.Sprintf("%s %s/%s", table, key.PK, key.SK), item)
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
