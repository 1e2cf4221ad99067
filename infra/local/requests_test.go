package local_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/edge"
)

// implied are the prefixes of vault keys that come with a route's guard and with committing, beside its Needs.
func implied(s edge.Spec) []string {
	var prefixes []string
	switch s.Guard.Kind {
	case edge.AdminGuard:
		prefixes = append(prefixes, "admin#")
	case edge.KeyGuard:
		prefixes = append(prefixes, "apikey#")
	}
	if mutates(s) {
		prefixes = append(prefixes, "event#")
	}
	if s.Method != "GET" && s.Guard.Kind != edge.PublicGuard && s.Guard.Kind != edge.CallbackGuard {
		prefixes = append(prefixes, "once#")
	}
	return prefixes
}

// partitions are the tables and partition keys that a call touched.
func partitions(t testing.TB, c emulator.Call) (tables, keys []string) {
	t.Helper()
	for _, touched := range c.Touched {
		table, wire, _ := strings.Cut(touched, " ")
		var key map[string]struct{ S string }
		if err := json.Unmarshal([]byte(wire), &key); err != nil {
			t.Fatalf("%s touched %q: %v", c.Operation, touched, err)
		}
		for _, attribute := range []string{"pk", "dir", "due_shard", "time_shard", "action_shard"} {
			if value := key[attribute].S; value != "" {
				tables, keys = append(tables, table), append(keys, value)
			}
		}
	}
	return tables, keys
}

// prefixOf is a key without what differs from run to run.
func prefixOf(key string) string {
	if before, _, found := strings.Cut(key, "#"); found {
		return before + "#"
	}
	kind, _, _ := strings.Cut(key, "/")
	return kind
}

// What one good request of each route costs: its calls to AWS, what they touch, and their capacity units. The first
// request of a process, which fills caches, is not the one that counts. Every key of the vault that is touched is within
// what the route's Needs grant, which the deployed function's rights are made of.
func TestRequests(t *testing.T) {
	t.Parallel()
	v := newVault(t, startGateway(t, local.Options{})) // its own: what a list costs depends on how long it is
	var text strings.Builder
	for _, row := range rows() {
		s := row.Spec
		v.want(t, success(s), v.example(t, s))
		good := v.example(t, s)
		if mutates(s) && s.Guard.Kind != edge.PublicGuard && s.Guard.Kind != edge.CallbackGuard {
			good.once = v.Opened.Ledger.NewID("one")
		}
		v.Emulator.Forget()
		v.want(t, success(s), good)
		calls := v.Emulator.Calls()
		var lines []string
		granted := slices.Concat(s.Needs.Reads, s.Needs.Writes, implied(s))
		for _, c := range calls {
			if strings.HasPrefix(c.Operation, "DynamoDB_") {
				tables, keys := partitions(t, c)
				var touched []string
				for i, key := range keys {
					inAudit := strings.Contains(tables[i], v.World.Env.AuditTable)
					switch {
					case inAudit:
						touched = append(touched, "audit")
						continue
					case strings.Contains(tables[i], v.World.Env.LimitsTable): // counters, which every route has
					case s.Name == "health-check" && key == "health#":
					case !slices.ContainsFunc(granted, func(prefix string) bool { return strings.HasPrefix(key, prefix) }):
						t.Errorf("%s touches %s, which its Needs %v do not grant", s.Name, key, granted)
					}
					touched = append(touched, prefixOf(key))
				}
				lines = append(lines, fmt.Sprintf("  %s %s: %v read, %v write units", c.Operation[strings.IndexByte(c.Operation, '.')+1:],
					strings.Join(touched, " "), c.ReadUnits, c.WriteUnits))
				continue
			}
			lines = append(lines, "  "+c.Operation)
		}
		if len(lines) == 0 {
			lines = []string{"  no call"}
		}
		fmt.Fprintf(&text, "%s\n%s\n", s.Name, strings.Join(lines, "\n"))
	}
	golden(t, "requests.golden", text.String())
}
