package local_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

// A transfer goes from one request to its end: ordered as asked, to the last digit, under the workspace's name for it, and
// each step is an entry and an event.
func TestClaim_T1_TransferFromRequestToEnd(t *testing.T) {
	d := newDesk(t, local.Options{})
	d.api.Script("QUEUED", "BROADCASTING", "COMPLETED")
	body := transferBody(d.connection)
	body["amount"], body["destination"] = "0.100000000000000001", map[string]string{"address": "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", "tag": "7"}
	var made moved
	d.want(t, 201, request{method: "POST", path: "/v1/transfers", token: d.homeKey.Token, body: marshal(body), once: "rent-1"}).decode(t, &made)
	if made.State != "created" || made.Reference != d.home+":rent-1" || made.Initiator != d.homeKey.ID || made.Amount != "0.100000000000000001" {
		t.Errorf("made %+v", made)
	}
	end := d.until(t, made.ID, "completed")
	o := d.once(t, made)
	if o.Amount != "0.100000000000000001" || o.Asset != "ETH" || o.SourceType != "VAULT" || o.SourceID != "0" || o.Address != "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8" || o.Tag != "7" || o.Note != "rent" {
		t.Errorf("ordered %+v", o)
	}
	if end.Provider.Transaction != o.ID || end.Provider.Status != "COMPLETED" || end.Provider.Hash != "0x"+o.ID {
		t.Errorf("ended %+v", end)
	}
	after := d.dump(t)
	after.verify(t)
	var steps, events []string
	for v := int64(1); ; v++ {
		item := after.audit[ledger.Key{PK: "transfer/" + made.ID, SK: fmt.Sprintf("%012d", v)}]
		if item == nil {
			break
		}
		steps = append(steps, item.attributes["action"].(string))
	}
	for key, item := range after.vault {
		if strings.HasPrefix(key.PK, "event#") && item.attributes["resource_id"] == made.ID {
			events = append(events, item.attributes["type"].(string))
		}
	}
	if got := strings.Join(steps, " "); got != "transfer.create transfer.submit transfer.accept transfer.observe transfer.observe transfer.complete" {
		t.Errorf("the trail says %s", got)
	}
	if len(events) != 4 {
		t.Errorf("events %q, want created, submitting, submitted and completed", events)
	}
	if refused := d.api.Refused(); len(refused) > 0 {
		t.Errorf("the provider did not believe %q", refused)
	}
}

// Whatever is lost on the way to the provider and back, and in whatever order, there is one transaction: what may have been
// ordered is asked for before it is ordered again.
func TestClaim_T1_LostCallsMakeOneTransaction(t *testing.T) {
	d := newDesk(t, local.Options{})
	kinds := []string{simulator.LostReply, simulator.LostRequest, simulator.Broken, simulator.BrokenAfter, simulator.TooMany, simulator.Garbage}
	for _, first := range kinds {
		for _, then := range append(kinds, "") {
			t.Run(first+", "+then, func(t *testing.T) {
				d.api.Script("COMPLETED")
				made := d.ordered(t, newName("lost"))
				d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: first})
				if then != "" {
					d.api.Trouble(simulator.OpFind, simulator.Effect{Kind: then})
				}
				d.advance(t, made.ID)
				if got := d.in(t, made.ID, "submitting"); got.Problem.Code == "" {
					t.Errorf("nothing says what is in the way: %+v", got)
				}
				d.until(t, made.ID, "completed")
				d.once(t, made)
				d.api.Calm() // what was not in anybody's way
			})
		}
	}
	d.dump(t).verify(t)
}

// Eight workers with the same message, twice each: one orders.
func TestClaim_T1_ParallelWorkersOrderOnce(t *testing.T) {
	d := newDesk(t, local.Options{})
	for range 3 {
		made, calls := d.ordered(t, newName("parallel")), d.api.Calls(simulator.OpSubmit)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 2 {
					if err := d.look(t, made.ID); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		d.in(t, made.ID, "submitted")
		d.once(t, made)
		if n := d.api.Calls(simulator.OpSubmit) - calls; n != 1 {
			t.Errorf("the provider was asked to make it %d times", n)
		}
	}
}

// A worker that is killed anywhere between its claim and its record of the answer is followed by another one, which finds
// what was ordered, or orders it: once. Before the lease ends nobody begins.
func TestClaim_T1_KilledWorkerIsFollowedAndOrdersOnce(t *testing.T) {
	d := newDesk(t, local.Options{})
	for name, kill := range map[string]func(){
		"before the order":        func() { d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: simulator.LostRequest}) },
		"after the order":         func() { d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: simulator.LostReply}) },
		"after the provider's OK": func() {},
	} {
		t.Run(name, func(t *testing.T) {
			made := d.ordered(t, newName("killed"))
			kill()
			// All that the worker writes after its claim is lost: for the database it is dead then.
			d.Emulator.Faults().Add(fault.Rule{Operation: transact, Effect: fault.LostRequest, Skip: 1})
			if err := d.look(t, made.ID); err == nil {
				t.Error("the worker did not notice that it could not write")
			}
			d.Emulator.Faults().Clear()
			d.in(t, made.ID, "submitting")
			calls := d.api.Calls(simulator.OpSubmit) + d.api.Calls(simulator.OpFind)
			d.clock.step(50 * time.Second)
			d.advance(t, made.ID)
			if n := d.api.Calls(simulator.OpSubmit) + d.api.Calls(simulator.OpFind); n != calls {
				t.Error("another worker began while the first could still be at it")
			}
			d.clock.step(11 * time.Second)
			d.advance(t, made.ID)
			d.in(t, made.ID, "submitted")
			d.once(t, made)
		})
	}
	d.dump(t).verify(t)
}

// A message that is lost is only late: the sweep finds what nobody was told of, what a dead worker left, and what is to be
// asked about.
func TestClaim_T1_LostMessagesAreFound(t *testing.T) {
	d := newDesk(t, local.Options{})
	must(t, d.work(t, "TransferQueue", d.World.Env.TransferQueue))
	d.Emulator.Faults().Add(fault.Rule{Operation: "AmazonSQS.SendMessageBatch", Effect: fault.LostRequest})
	made := d.ordered(t, newName("unheard"))
	d.Emulator.Faults().Clear()
	if err := d.work(t, "TransferQueue", d.World.Env.TransferQueue); err != nil || d.read(t, made.ID).State != "created" {
		t.Fatalf("somebody was told: %v", err)
	}
	d.api.Script("PENDING_SIGNATURE", "COMPLETED")
	for range 20 {
		d.clock.step(time.Minute)
		_, err := d.Task(t.Context(), "transfer-sweep", nil)
		must(t, err)
		must(t, d.work(t, "TransferQueue", d.World.Env.TransferQueue))
	}
	d.in(t, made.ID, "completed")
	d.once(t, made)
}

// The same Idempotency-Key is the same transfer, at once, from another key of the workspace, and after a day; with another
// input it is refused. Two workspaces with one key have two transfers.
func TestClaim_T1_OneKeyIsOneTransfer(t *testing.T) {
	d := newDesk(t, local.Options{})
	key := newName("same")
	first := d.ordered(t, key)
	again := d.want(t, 201, d.order(t, key))
	if again.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the repeat is not marked as one")
	}
	colleague, third := d.key(t, d.home, caller.TransfersWrite), d.key(t, d.home, caller.TransfersWrite)
	others := d.connect(t, d.other)
	asked := d.order(t, key)
	asked.token = colleague.Token
	var same moved
	d.want(t, 201, asked).decode(t, &same)
	if same.ID != first.ID || same.Initiator != d.homeKey.ID {
		t.Errorf("a colleague gets %+v, want %s", same, first.ID)
	}
	d.clock.step(25 * time.Hour)
	d.want(t, 201, d.order(t, key)).decode(t, &same)
	if same.ID != first.ID {
		t.Errorf("after a day it is %s, want %s", same.ID, first.ID)
	}
	for name, value := range map[string]any{"amount": "0.26", "asset": "BTC", "note": "other", "source": map[string]string{"type": "VAULT", "id": "1"},
		"destination": map[string]string{"address": "0xabc"}} {
		body := transferBody(d.connection)
		body[name] = value
		for _, token := range []string{d.homeKey.Token, third.Token} {
			got := d.send(t, request{method: "POST", path: "/v1/transfers", token: token, body: marshal(body), once: key})
			if got.status != 409 || got.code() != "idempotency_key_reused" {
				t.Errorf("another %s: %d %s", name, got.status, got.body)
			}
		}
	}
	other := transferBody(others)
	var theirs moved
	d.want(t, 201, request{method: "POST", path: "/v1/transfers", token: d.otherKey.Token, body: marshal(other), once: key}).decode(t, &theirs)
	if theirs.ID == first.ID || theirs.Reference != d.other+":"+key {
		t.Errorf("two workspaces share %s", theirs.ID)
	}
}

// Many requests with one new key at once make one transfer, whichever of them is answered first.
func TestClaim_T1_ParallelRequestsMakeOneTransfer(t *testing.T) {
	d := newDesk(t, local.Options{})
	key, colleague := newName("race"), d.key(t, d.home, caller.TransfersWrite)
	before := d.dump(t)
	var all sync.WaitGroup
	ids := make([]string, 16)
	for i := range ids {
		all.Go(func() {
			asked := d.order(t, key)
			if i%2 == 1 {
				asked.token = colleague.Token
			}
			var made moved
			got := d.send(t, asked)
			if got.status == 201 {
				got.decode(t, &made)
			} else if got.status != 503 { // another one was in the way all the time
				t.Errorf("%d %s", got.status, got.body)
			}
			ids[i] = made.ID
		})
	}
	all.Wait()
	_, entries := before.changes(d.dump(t))
	if len(entries) != 1 {
		t.Errorf("%d entries", len(entries))
	}
	for _, id := range ids {
		if id != "" && id != entries[0].Target.ID {
			t.Errorf("answered %s and %s", id, entries[0].Target.ID)
		}
	}
}

// Another workspace's transfer and connection are not there, on every route, and nothing is written.
func TestClaim_R2_AnotherWorkspacesTransferIsNotFound(t *testing.T) {
	d := newDesk(t, local.Options{})
	made := d.ordered(t, newName("theirs"))
	before := d.dump(t)
	for _, asked := range []request{{method: "GET", path: "/v1/transfers/" + made.ID}, {method: "POST", path: "/v1/transfers/" + made.ID + "/cancel"}} {
		asked.token = d.otherKey.Token
		if got := d.send(t, asked); got.status != 404 || got.code() != "transfer_not_found" {
			t.Errorf("%s %s: %d %s", asked.method, asked.path, got.status, got.body)
		}
	}
	got := d.send(t, request{method: "POST", path: "/v1/transfers", token: d.otherKey.Token, body: marshal(transferBody(d.connection)), once: "mine"})
	if got.status != 422 || got.code() != "connection_unknown" {
		t.Errorf("through another workspace's connection: %d %s", got.status, got.body)
	}
	if got := d.send(t, d.admin("GET", "/v1/admin/workspaces/"+d.other+"/connections/"+d.connection, "")); got.code() != "connection_not_found" {
		t.Errorf("another workspace's connection: %d %s", got.status, got.body)
	}
	if got := d.want(t, 200, request{method: "GET", path: "/v1/transfers", token: d.otherKey.Token}); strings.Contains(string(got.body), made.ID) {
		t.Errorf("listed: %s", got.body)
	}
	unchanged(t, "another workspace", before, d.dump(t))
}

// Bad input is refused naming its member, and nothing is written.
func TestTransferInput(t *testing.T) {
	d := newDesk(t, local.Options{})
	before := d.dump(t)
	to := func(fields ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(fields); i += 2 {
			m[fields[i]] = fields[i+1]
		}
		return m
	}
	for _, c := range []struct {
		member string
		value  any
		code   string
		field  string
	}{
		{"amount", "0", "amount_invalid", "/amount"}, {"amount", "0.000", "amount_invalid", "/amount"}, {"amount", "-1", through, "/amount"}, {"amount", "1e3", through, "/amount"},
		{"amount", 1, through, "/amount"}, {"amount", "01", through, "/amount"}, {"amount", strings.Repeat("9", 41), through, "/amount"},
		{"asset", "", "asset_invalid", "/asset"}, {"asset", "ETH/../x", "asset_invalid", "/asset"}, {"asset", strings.Repeat("A", 101), "asset_invalid", "/asset"},
		{"source", to("type", "VAULT_ACCOUNT", "id", "0"), "party_type_unknown", "/source/type"}, {"source", to("type", "VAULT", "id", ""), "party_id_invalid", "/source/id"},
		{"source", to("type", "VAULT"), through, "/source/id"}, {"source", to("type", "VAULT", "id", "a b"), "party_id_invalid", "/source/id"},
		{"destination", to(), "destination_ambiguous", "/destination"}, {"destination", to("type", "VAULT", "id", "1", "address", "0xabc"), "destination_ambiguous", "/destination"},
		{"destination", to("type", "VAULT"), "party_id_invalid", "/destination/id"}, {"destination", to("type", "VAULT", "id", "1", "tag", "7"), "destination_ambiguous", "/destination"},
		{"destination", to("type", "ONE_TIME_ADDRESS"), "party_type_unknown", "/destination/type"}, {"destination", to("address", "a b"), "address_invalid", "/destination/address"},
		{"destination", to("address", "0xabc", "tag", "a\nb"), "tag_invalid", "/destination/tag"}, {"destination", to("address", strings.Repeat("a", 201)), "address_invalid", "/destination/address"},
		{"note", strings.Repeat("n", 201), "note_invalid", "/note"}, {"note", "a\u202eb", "note_invalid", "/note"},
		{"connection", "con_01jd0000000000000000000000", "connection_unknown", "/connection"}, {"connection", "../x", "connection_unknown", "/connection"},
	} {
		body := transferBody(d.connection)
		body[c.member] = c.value
		got := d.send(t, request{method: "POST", path: "/v1/transfers", token: d.homeKey.Token, body: marshal(body), once: newName("bad")})
		if got.code() != c.code || got.status < 400 || got.status > 422 || !strings.Contains(string(got.body), `"`+c.field+`"`) {
			t.Errorf("%s %v: %d %s, want %s at %s", c.member, c.value, got.status, got.body, c.code, c.field)
		}
	}
	for key, code := range map[string]string{"": "idempotency_key_required", "a/b": "idempotency_key_unfit", "a%2Fb": "idempotency_key_unfit", "a:b": "idempotency_key_unfit",
		"a?b": "idempotency_key_unfit", strings.Repeat("k", 129): "idempotency_key_unfit"} {
		if got := d.send(t, d.order(t, key)); got.code() != code || !strings.Contains(string(got.body), `"Idempotency-Key"`) {
			t.Errorf("the key %q: %d %s, want %s", key, got.status, got.body, code)
		}
	}
	unchanged(t, "bad input", before, d.dump(t))
	if d.api.Calls(simulator.OpSubmit) != 0 {
		t.Error("something was ordered")
	}
}

// The key of an API user signs calls and is nowhere else: no run of its bytes, in whatever form, is stored, in a call to AWS or to
// the provider, in the log or an answer; nor is a token that it made, but in the call that it was made for.
func TestClaim_K1_KeyOfAnAPIUserIsNowhere(t *testing.T) {
	log := &outputs{}
	d := newDesk(t, local.Options{Log: slog.New(slog.NewJSONHandler(log, nil))})
	key, secrets := providerKey(), runs{}
	for _, number := range [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes()} {
		secrets.add(number)
	}
	for i, effect := range []string{"", simulator.LostReply, simulator.Invalid, simulator.Garbage} {
		made := d.ordered(t, newName("canary"))
		if effect != "" {
			d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: effect})
		}
		d.advance(t, made.ID)
		d.clock.step(time.Minute)
		d.advance(t, made.ID)
		if i == 0 {
			d.cancel(t, made.ID)
			d.advance(t, made.ID)
		}
	}
	texts := d.dump(t).texts()
	texts["the log"] = log.text.String()
	for i, call := range d.Emulator.Calls() {
		texts[fmt.Sprintf("call %d, %s", i, call.Operation)] = string(call.Body)
	}
	texts["the list"] = string(d.want(t, 200, request{method: "GET", path: "/v1/transfers", token: d.homeKey.Token}).body)
	tokens := d.api.Tokens()
	for _, token := range tokens {
		secrets.add([]byte(token[strings.LastIndexByte(token, '.')+1:]))
	}
	for where, text := range texts {
		if secrets.in(text) {
			t.Errorf("a part of the key or of a token is in %s", where)
		}
	}
	if len(tokens) < 6 || len(texts) < 100 || !strings.Contains(texts["the log"], "transfer-advance") {
		t.Errorf("%d tokens and %d texts: this looked at nothing", len(tokens), len(texts))
	}
}
