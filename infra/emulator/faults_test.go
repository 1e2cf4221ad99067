package emulator_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Each effect does to the call what its name says, and to the item what it must.
func TestFaults(t *testing.T) {
	clock := conformance.NewSteppedClock()
	for _, c := range []struct {
		name   string
		effect fault.Effect
		want   string // in the error
		count  string
	}{
		{"lost request", fault.LostRequest, "EOF", ""},
		{"lost reply", fault.LostReply, "EOF", "1"},
		{"throttled", fault.Throttled, "ProvisionedThroughputExceededException", ""},
		{"conflict", fault.Conflict(0), "TransactionConflictException", ""},
		{"refused", fault.Refused(protocol.Refuse("InternalServerError", "no")), "InternalServerError", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := start(t, emulator.Options{Clock: clock})
			db := client(e, "us-east-1")
			createTable(t, db)
			rule := e.Faults().Add(fault.Rule{Operation: "DynamoDB_20120810.UpdateItem", Skip: 1, Count: 1, Effect: c.effect})
			if err := add(db, "before"); err != nil {
				t.Fatalf("the call before: %v", err)
			}
			if err := add(db, "a"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want %s", err, c.want)
			}
			if got := count(t, db, "a"); got != c.count {
				t.Errorf("n = %q, want %q", got, c.count)
			}
			if err := add(db, "after"); err != nil {
				t.Errorf("the call after: %v", err)
			}
			if rule.Hits() != 1 {
				t.Errorf("hits = %d, want 1", rule.Hits())
			}
		})
	}
}

// A slow call acts only when its time has come.
func TestSlow(t *testing.T) {
	clock := conformance.NewSteppedClock()
	e := start(t, emulator.Options{Clock: clock})
	db := client(e, "us-east-1")
	createTable(t, db)
	e.Faults().Add(fault.Rule{Operation: "DynamoDB_20120810.UpdateItem", Effect: fault.Slow(clock, time.Minute)})
	done := make(chan error)
	go func() { done <- add(db, "a") }()
	clock.AwaitTimers(1)
	if got := count(t, db, "a"); got != "" {
		t.Errorf("n while it waits = %q, want none", got)
	}
	clock.Advance(time.Minute)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := count(t, db, "a"); got != "1" {
		t.Errorf("n = %q, want 1", got)
	}
}

// A conflict names its action among the reasons, and the hooks run around the call that they match.
func TestHooks(t *testing.T) {
	e := start(t, emulator.Options{})
	var order []string
	e.Faults().Add(fault.Rule{
		Match: func(c fault.Call) bool { return bytes.Contains(c.Body, []byte("here")) }, Count: 1,
		Effect: fault.Before(func() { order = append(order, "before") }),
	})
	e.Faults().Add(fault.Rule{Skip: 1, Count: 1, Effect: fault.After(func() { order = append(order, "after") })})
	for _, body := range []string{`{}`, `{"ExclusiveStartTableName":"here"}`, `{}`} {
		post(t, e, "DynamoDB_20120810.ListTables", signed, body)
	}
	if diff := cmp.Diff([]string{"before", "after"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	e.Faults().Add(fault.Rule{Effect: fault.Conflict(1)})
	_, body, _ := post(t, e, "DynamoDB_20120810.TransactWriteItems", signed, `{"TransactItems":[{},{}]}`)
	if want := `"CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict",`; !strings.Contains(body, want) {
		t.Errorf("answer = %s, want %s in it", body, want)
	}
	e.Faults().Clear()
	if status, _, _ := post(t, e, "DynamoDB_20120810.ListTables", signed, `{}`); status != 200 {
		t.Errorf("status after Clear = %d, want 200", status)
	}
}
