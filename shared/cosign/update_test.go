package cosign_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

// update asks for a change of a cosigner.
func (s *stage) update(cosigner string, changes object) edge.Response {
	raw, _ := json.Marshal(changes)
	h := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteUpdate, s.cosigners())
	return s.route(http.MethodPatch, string(raw), map[string]string{"cosigner": cosigner}, h)
}

// entriesOf reads the entries about a cosigner.
func (s *stage) entriesOf(cosigner string) []audit.Entry {
	s.t.Helper()
	page, err := s.ledger.Query(s.t.Context(), ledger.Query{Table: ledger.Audit, Partition: "cosigner/" + cosigner})
	must(s.t, err)
	return s.entries(page)
}

// What is given is changed and the rest stays; the entry tells before and after, and is a warning for all but a name. A change
// to what is there already writes nothing.
func TestUpdate(t *testing.T) {
	s := newStage(t)
	more := s.newWorkspace()
	both := []string{public(theirs()), public(stranger())}
	var was, want cosign.View
	must(t, json.Unmarshal(s.update(s.cosigner, object{}).Body, &want))
	for _, step := range []struct {
		about         string
		changes       object
		apply         func(*cosign.View)
		before, after audit.Fields
		severity      audit.Severity
	}{
		{"a name", object{"name": "Second line"}, func(v *cosign.View) { v.Name = "Second line" },
			audit.Fields{"name": "Line"}, audit.Fields{"name": "Second line"}, ""},
		{"keys", object{"inbound_keys": both}, func(v *cosign.View) {
			v.InboundKeys = []cosign.KeyView{{ID: version(theirs()), PEM: both[0]}, {ID: version(stranger()), PEM: both[1]}}
		}, audit.Fields{"inbound_keys": []string{version(theirs())}}, audit.Fields{"inbound_keys": []string{version(theirs()), version(stranger())}}, audit.Warning},
		{"one key less", object{"inbound_keys": both[1:]}, func(v *cosign.View) { v.InboundKeys = v.InboundKeys[1:] },
			audit.Fields{"inbound_keys": []string{version(theirs()), version(stranger())}}, audit.Fields{"inbound_keys": []string{version(stranger())}}, audit.Warning},
		{"the response key", object{"response_key": "kms:alias/answers"}, func(v *cosign.View) { v.ResponseKey = "kms:alias/answers" },
			audit.Fields{"response_key": "fireblocks-response"}, audit.Fields{"response_key": "kms:alias/answers"}, audit.Warning},
		{"workspaces", object{"workspaces": []string{more.String()}}, func(v *cosign.View) { v.Workspaces = v.Workspaces[:0:0]; v.Workspaces = append(v.Workspaces, more) },
			audit.Fields{"workspaces": []string{s.workspace.String()}}, audit.Fields{"workspaces": []string{more.String()}}, audit.Warning},
		{"the answer to configuration changes, and a name", object{"config_changes": "ignore", "unreferenced": "reject", "name": "Third"},
			func(v *cosign.View) { v.ConfigChanges, v.Name = "ignore", "Third" },
			audit.Fields{"config_changes": "reject", "name": "Second line"}, audit.Fields{"config_changes": "ignore", "name": "Third"}, audit.Warning},
	} {
		was = want
		step.apply(&want)
		want.Version++
		step.changes["version"] = was.Version
		for i, changes := range []object{step.changes, {"name": want.Name, "response_key": want.ResponseKey, "workspaces": want.Workspaces, "config_changes": want.ConfigChanges}, {}} {
			answer, got := s.update(s.cosigner, changes), cosign.View{}
			must(t, json.Unmarshal(answer.Body, &got))
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b interface{ String() string }) bool { return a.String() == b.String() })); diff != "" || answer.Status != http.StatusOK {
				t.Fatalf("%s, %d: %d %s (-want +got):\n%s", step.about, i, answer.Status, answer.Body, diff)
			}
		}
		entries := s.entriesOf(s.cosigner)
		last := entries[len(entries)-1]
		if len(entries) != int(want.Version) || last.Action != "cosigner.update" || last.Severity != step.severity || last.Actor.ID != admin.ID {
			t.Errorf("%s: %d entries, the last %+v", step.about, len(entries), last)
		}
		if diff := cmp.Diff([]audit.Fields{step.before, step.after}, []audit.Fields{last.Before, last.After}); diff != "" {
			t.Errorf("%s: entry (-want +got):\n%s", step.about, diff)
		}
	}
}

// A changed cosigner is held to the rules of a new one, each naming the member, and nothing is written.
func TestUpdateRules(t *testing.T) {
	s := newStage(t)
	others := map[any]string{nil: s.cosigner}
	for provider, key := range map[string]string{"safeheron": public(large()), "cobo": public(theirs())} {
		register := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteRegister, s.cosigners())
		var made cosign.View
		must(t, json.Unmarshal(s.route(http.MethodPost, s.registration(object{"provider": provider, "inbound_keys": []string{key}}), nil, register).Body, &made))
		others[provider] = made.ID
	}
	cases, tried := badSettings(t, s), 0
	s.aws.Forget()
	for _, c := range cases {
		cosigner, changes := others[c.changes["provider"]], maps.Clone(c.changes)
		delete(changes, "provider")
		if len(changes) == 0 || changes["name"] == nil && len(changes) == 1 && c.field == "/name" {
			continue // it is about a provider or a missing name: neither can be asked for
		}
		tried++
		if p := problem(t, s.update(cosigner, changes)); p.Status != c.status || p.Code != c.code || p.Field != c.field {
			t.Errorf("%s: got %d %s at %q, want %d %s at %q", c.about, p.Status, p.Code, p.Field, c.status, c.code, c.field)
		}
	}
	for about, c := range map[string]badSetting{
		"a provider":       {changes: object{"provider": "cobo"}, status: 400, code: "malformed_request", field: "/provider"},
		"an empty setting": {changes: object{"unreferenced": ""}, status: 422, code: "unreferenced_unsupported", field: "/unreferenced"},
		"no setting":       {changes: object{"config_changes": ""}, status: 422, code: "config_changes_unsupported", field: "/config_changes"},
		"another version":  {changes: object{"version": 2, "name": "x"}, status: 409, code: "cosigner_changed"},
		"version 0":        {changes: object{"version": 0, "name": "x"}, status: 409, code: "cosigner_changed"},
	} {
		if p := problem(t, s.update(s.cosigner, c.changes)); p.Status != c.status || p.Code != c.code || p.Field != c.field {
			t.Errorf("%s: got %d %s at %q, want %d %s at %q", about, p.Status, p.Code, p.Field, c.status, c.code, c.field)
		}
	}
	for _, unknown := range []string{"cos_01jdaaaaaaaaaaaaaaaaaaaaaa", "x", "", "../" + s.cosigner} {
		if p := problem(t, s.update(unknown, object{"name": "x"})); p.Status != 404 || p.Code != "cosigner_not_found" {
			t.Errorf("%q: %d %s", unknown, p.Status, p.Code)
		}
	}
	for _, call := range s.aws.Calls() {
		if call.Operation == writes {
			t.Errorf("something was written: %s", call.Body)
		}
	}
	if tried < 24 {
		t.Errorf("only %d settings were tried", tried)
	}
}

// Of twenty changes at once by who read the same version one is made, and the others are told that it moved.
func TestUpdateRaces(t *testing.T) {
	s := newStage(t)
	var statuses [20]int
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			statuses[i] = s.update(s.cosigner, object{"version": 1, "name": "Line " + string(rune('a'+i))}).Status
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	if diff := cmp.Diff(map[int]int{200: 1, 409: 19}, count); diff != "" || len(s.entriesOf(s.cosigner)) != 2 {
		t.Errorf("%d entries, statuses (-want +got):\n%s", len(s.entriesOf(s.cosigner)), diff)
	}
}

// A process that has a cosigner in memory follows each change with its next decision: of keys both ways, of the workspaces, of
// the response key. What is decided stays so.
func TestUpdateIsFollowed(t *testing.T) {
	clock := &ahead{}
	s := newStage(t).moved(clock)
	s.ledger.Now = clock.now
	s.putKey("other-response", stranger())
	post := func(key string, by func() []byte) (edge.Response, int) {
		answer := s.post(by())
		return answer, signedBy(answer.Body, ours(), stranger())
	}
	old := func(id string) func() []byte {
		return func() []byte { return sign(theirs(), s.request(object{"requestId": id})) }
	}
	fresh := func(id string) func() []byte {
		return func() []byte { return sign(stranger(), s.request(object{"requestId": id})) }
	}
	first, by := post("before", old("r1"))
	if by != 1 {
		t.Fatalf("before: %s", first.Body)
	}
	if answer, by := post("unknown", fresh("r2")); by != 0 || answer.Status != http.StatusUnauthorized {
		t.Fatalf("by a key that is not there: %d", answer.Status)
	}
	change := func(changes object) {
		t.Helper()
		if answer := s.update(s.cosigner, changes); answer.Status != http.StatusOK {
			t.Fatalf("%v: %d %s", changes, answer.Status, answer.Body)
		}
	}
	change(object{"inbound_keys": []string{public(theirs()), public(stranger())}})
	if _, by := post("the old key", old("r3")); by != 1 { // with which the process reads the cosigner anew
		t.Error("the old key is refused within the overlap")
	}
	if _, by := post("the new key", fresh("r2")); by != 1 {
		t.Error("the new key is refused")
	}
	change(object{"inbound_keys": []string{public(stranger())}})
	for range 2 {
		if answer, by := post("the removed key", old("r4")); by != 0 || answer.Status != http.StatusUnauthorized {
			t.Errorf("the removed key: %d %s", answer.Status, answer.Body)
		}
	}
	if again, _ := post("a repeat by the new key", fresh("r1")); !bytes.Equal(again.Body, first.Body) {
		t.Errorf("a repeat: %s, was %s", again.Body, first.Body)
	}
	change(object{"response_key": "other-response"})
	if _, by := post("the response key", fresh("r5")); by != 2 {
		t.Error("not answered with the new response key")
	}
	if again, _ := post("a repeat after it", fresh("r1")); !bytes.Equal(again.Body, first.Body) {
		t.Errorf("a repeat: %s, was %s", again.Body, first.Body)
	}
	change(object{"workspaces": []string{s.newWorkspace().String()}})
	post("another workspace", fresh("r6"))
	if item := s.decision("r6", "fireblocks.tx.approval"); item["reason"] != "foreign_reference" {
		t.Errorf("decided %v for a workspace that was taken away", item)
	}
	clock.advance(time.Second) // since the keys were read again for one that did not fit
	change(object{"inbound_keys": []string{public(theirs())}})
	if _, by := post("back, in a process that knows the other key alone", old("r7")); by != 2 {
		t.Error("a new key is refused where no other request came before")
	}
}

// newConfig is a stage whose handler answers about changes of configuration.
func newConfig(t *testing.T) *stage {
	s := newStage(t)
	keys, err := secrets.OpenRSA(s.world, fireblocks.KeyBits)
	must(t, err)
	s.handler = edge.Bind(s.world.Edge(nil, nil), cosign.RouteFireblocksConfig, cosign.NewDecider(cosign.Parts{Ledger: s.ledger,
		Name: fireblocks.Name, Provider: fireblocks.ConfigCodec{}, ContentType: fireblocks.ContentType, Policies: policy.NewJudge(s.ledger), Keys: keys}))
	return s
}

func (s *stage) configure(id, about string) edge.Response {
	return s.post(sign(theirs(), object{"requestId": id, "type": "EXCHANGE", "extraInfo": object{"name": about}}))
}

// A change of configuration is rejected or ignored as the cosigner says at that time, and stays decided that way. Both are
// stored with the same reason: the kind can't be judged, and the signature was valid.
func TestConfigChangesAreIgnoredBySetting(t *testing.T) {
	s := newConfig(t)
	rejected := s.configure("r1", "x")
	if diff := cmp.Diff(object{"action": "REJECT", "requestId": "r1", "rejectionReason": "unsupported_kind: requests of this kind are not supported"}, s.claims(rejected)); diff != "" {
		t.Errorf("by default (-want +got):\n%s", diff)
	}
	if answer := s.update(s.cosigner, object{"config_changes": "ignore"}); answer.Status != http.StatusOK {
		t.Fatalf("%s", answer.Body)
	}
	ignored := s.configure("r2", "x")
	if diff := cmp.Diff(object{"action": "IGNORE", "requestId": "r2"}, s.claims(ignored)); diff != "" {
		t.Errorf("by setting (-want +got):\n%s", diff)
	}
	for id, word := range map[string]string{"r1": "reject", "r2": "ignore"} {
		item := s.decision(id, "fireblocks.config")
		if item["decision"] != word || item["reason"] != "unsupported_kind" || item["signature"] != "valid" {
			t.Errorf("%s: stored %v", id, item)
		}
		entries := s.trail(id, "fireblocks.config")
		if len(entries) != 1 || entries[0].Action != "decision."+word || entries[0].After["decision"] != word || entries[0].After["reason"] != "unsupported_kind" || entries[0].Workspace != "" {
			t.Errorf("%s: entries %+v", id, entries)
		}
	}
	if answer := s.claims(s.configure("r2", "y")); answer["action"] != "RETRY" {
		t.Errorf("another content: %v", answer)
	}
	if answer := s.update(s.cosigner, object{"config_changes": "reject"}); answer.Status != http.StatusOK {
		t.Fatalf("%s", answer.Body)
	}
	for id, first := range map[string]edge.Response{"r1": rejected, "r2": ignored} {
		if again := s.configure(id, "x"); !bytes.Equal(again.Body, first.Body) {
			t.Errorf("%s again: %s, was %s", id, again.Body, first.Body)
		}
	}
	if answer := s.claims(s.configure("r3", "x")); answer["action"] != "REJECT" {
		t.Errorf("back to rejecting: %v", answer)
	}
}

// The setting is about changes of configuration alone: what releases a signature is never ignored, and so is no transaction.
func TestTransactionsAreNeverIgnored(t *testing.T) {
	s := newStage(t)
	if answer := s.update(s.cosigner, object{"config_changes": "ignore"}); answer.Status != http.StatusOK {
		t.Fatalf("%s", answer.Body)
	}
	for id, changes := range map[string]object{"r1": {"operation": "RAW"}, "r2": {"operation": "RAW", "fee": "0.1"}, "r3": {"externalTxId": nil}, "r4": {"destId": "13", "destinations": nil}} {
		changes["requestId"] = id
		if answer := s.ask(changes); answer["action"] != "REJECT" {
			t.Errorf("%s: %v", id, answer)
		}
	}
}

// A cosigner that was stored before there was the setting is answered as before it.
func TestStoredBeforeTheSetting(t *testing.T) {
	s := newConfig(t)
	item, err := s.ledger.GetOne(t.Context(), cosign.Key(s.cosigner))
	must(t, err)
	if item["config_changes"] != "reject" {
		t.Fatalf("stored %v", item)
	}
	prior := item.Version()
	delete(item, "config_changes")
	_, err = s.ledger.Commit(t.Context(), ledger.Change{By: admin, Action: "test.put", Target: audit.Target{Type: "cosigner", ID: s.cosigner}, Key: cosign.Key(s.cosigner), Prior: prior, Item: item,
		After: audit.Fields{"n": "1"}, Else: cosign.ErrMoved})
	must(t, err)
	if answer := s.claims(s.configure("r1", "x")); answer["action"] != "REJECT" {
		t.Errorf("answered %v", answer)
	}
	var got cosign.View
	must(t, json.Unmarshal(s.update(s.cosigner, object{}).Body, &got))
	if got.ConfigChanges != "reject" || got.Version != 2 {
		t.Errorf("shown as %+v", got)
	}
}
