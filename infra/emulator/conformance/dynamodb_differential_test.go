package conformance_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/conformance"
)

// oracleEndpoint names another DynamoDB to compare with.
const oracleEndpoint = "ZENVAULT_ORACLE_ENDPOINT"

// Any sequence of calls is answered alike by the emulator in memory and by the oracle that the environment names; or,
// without one, by an emulator that is closed and opened again on its directory every few calls.
func TestDynamoDBDifferential(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { differ(t, seed) })
	}
}

func FuzzDynamoDBDifferential(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { differ(t, seed) })
}

// other is what the emulator in memory is compared with.
type other interface {
	call(t *testing.T, operation, body string) map[string]any
}

type oracle struct{ conformance.DynamoDBEndpoint }

func (o oracle) call(t *testing.T, operation, body string) map[string]any {
	t.Helper()
	answer, err := o.Call(t.Context(), operation, body)
	if err != nil {
		t.Fatalf("%s %s: %v", operation, body, err)
	}
	return answer
}

// reopened is an emulator that is opened again before every seventh call.
type reopened struct {
	dir   string
	calls int
	e     *emulator.Emulator
}

func (r *reopened) call(t *testing.T, operation, body string) map[string]any {
	t.Helper()
	if r.calls%7 == 0 {
		if r.e != nil {
			if err := r.e.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
		}
		r.e = startEmulator(t, emulator.Options{Dir: r.dir, NoSync: true})
	}
	r.calls++
	return oracle{dynamoEndpoint(r.e)}.call(t, operation, body)
}

func differ(t *testing.T, seed uint64) {
	ours := oracle{dynamoEndpoint(startEmulator(t, emulator.Options{}))}
	var theirs other = &reopened{dir: t.TempDir()}
	url := os.Getenv(oracleEndpoint)
	if url != "" {
		theirs = oracle{conformance.DynamoDBEndpoint{URL: url, Region: "us-east-1"}}
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), table: fmt.Sprintf("differ-%d-%d", os.Getpid(), seed)}
	create := g.create()
	ours.call(t, "CreateTable", create)
	theirs.call(t, "CreateTable", create)
	if url != "" {
		t.Cleanup(func() { theirs.(oracle).Call(context.Background(), "DeleteTable", `{"TableName":"`+g.table+`"}`) })
	}
	for step := range 60 {
		operation, body := g.next()
		got, want := ours.call(t, operation, body), theirs.call(t, operation, body)
		if url != "" {
			forgetWords(got)
			forgetWords(want)
		}
		if diff := cmp.Diff(conformance.Normal(want), conformance.Normal(got)); diff != "" {
			t.Fatalf("step %d, %s %s (-other +ours):\n%s", step, operation, body, diff)
		}
	}
}

// forgetWords leaves of a refusal what an oracle must agree on: its type and the codes of its reasons.
func forgetWords(answer map[string]any) {
	kind, refused := answer["__type"].(string)
	if !refused {
		return
	}
	answer["__type"] = kind[strings.LastIndex(kind, "#")+1:]
	delete(answer, "message")
	delete(answer, "Message")
	reasons, _ := answer["CancellationReasons"].([]any)
	for _, r := range reasons {
		delete(r.(map[string]any), "Message")
	}
}
