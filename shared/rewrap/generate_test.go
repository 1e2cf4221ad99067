package rewrap_test

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/edge"
	ours "github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/rewrap"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/wire/wrapping"
)

var webhookSecret = secret.NewBytes([]byte("whsec"))

const generate = "TrentService.GenerateDataKeyWithoutPlaintext"

func generator(t *testing.T, v *vaulttest.Vault) edge.Runner {
	t.Helper()
	wrapper, err := wrapping.OpenWrapper(v.World)
	must(t, err)
	return edge.BindTask(slog.New(slog.DiscardHandler), rewrap.TaskGenerate, rewrap.Generator{Ledger: v.Ledger, Wrapper: wrapper})
}

// A new key comes in wrapped form, opens in a ring of its stack, differs each time, is named as the ring names its wrapped
// form, and is in the trail; KMS is asked for nothing that holds the key itself.
func TestGenerate(t *testing.T) {
	s := newStack(t)
	run := generator(t, s.Vault)
	s.AWS.Forget()
	var made [2]rewrap.Generated
	for i := range made {
		answer, err := run(t.Context(), "req_1", nil)
		must(t, err)
		must(t, json.Unmarshal(answer, &made[i]))
	}
	var calls []string
	for _, call := range s.AWS.Calls() {
		calls = append(calls, call.Operation)
	}
	if diff := cmp.Diff([]string{generate, transact, generate, transact}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	ring := s.ring(t, base64.StdEncoding.EncodeToString(made[0].Wrapped)+","+base64.StdEncoding.EncodeToString(made[1].Wrapped))
	if diff := cmp.Diff([]string{made[0].ID, made[1].ID}, ring.WrappedIDs()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for _, m := range made {
		minute := s.Clock.Now().Format("20060102T1504Z")
		entries := s.Trail(t, audit.Target{Type: "observation", ID: "key.generate#masterkey/" + m.ID + "#" + minute})
		if len(entries) != 1 || entries[0].Action != "key.generate" || entries[0].Actor.ID != "key-generate" || entries[0].RequestID != "req_1" {
			t.Errorf("entries of %s: %+v", m.ID, entries)
		}
	}
}

// Nobody gets a key that is not in the trail.
func TestNoKeyWithoutItsEntry(t *testing.T) {
	for _, operation := range []string{generate, transact} {
		v := vaulttest.New(t)
		run := generator(t, v)
		v.AWS.Faults().Add(fault.Rule{Operation: operation, Effect: fault.LostRequest})
		answer, err := run(t.Context(), "req_1", nil)
		if ours.From(err).Kind != ours.Unavailable || answer != nil {
			t.Errorf("without %s: %s, %v", operation, answer, err)
		}
		v.AWS.Faults().Clear()
		page, err := v.Ledger.Query(t.Context(), ledger.Query{Table: ledger.Audit, Index: ledger.IndexByTime, Partition: ledger.TimeShard(v.Clock.Now(), 0)})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("without %s: %d entries, %v", operation, len(page.Items), err)
		}
	}
}
