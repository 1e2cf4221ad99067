package limit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/limit"
)

// requests is what one process counts with: 5 in 10 s in each class.
func requests(v *vaulttest.Vault) *limit.Requests {
	rates := limit.Rates{}
	for class := range limit.DefaultRates() {
		rates[class] = limit.Rate{Count: 5, Period: 10 * time.Second}
	}
	return &limit.Requests{Table: v.World.Limits(), Rates: rates, Now: v.World.Now}
}

// take tells what came of a request in short.
func take(t testing.TB, r *limit.Requests, class limit.Class, who string) string {
	t.Helper()
	left, err := r.Take(t.Context(), class, who)
	switch f := fault.From(err); {
	case err == nil:
		return fmt.Sprintf("%d left, all in %v", left.Remaining, left.Reset)
	case errors.Is(err, limit.ErrRate) && f.Retry == left.Reset && left.Remaining == 0:
		return "wait " + f.Retry.String()
	default:
		return f.Code
	}
}

// calls are the calls to the table since the last time.
func calls(v *vaulttest.Vault) int {
	n := len(v.AWS.Calls())
	v.AWS.Forget()
	return n
}

// A period's requests may come at once; then one comes free each fifth of the period, and after a period all are there
// again. A decision is one call, and who must wait costs none.
func TestRate(t *testing.T) {
	v := vaulttest.New(t)
	r := requests(v)
	steps := []struct {
		after time.Duration
		want  string
		calls int
	}{
		{0, "4 left, all in 2s", 1}, {0, "3 left, all in 4s", 1}, {0, "2 left, all in 6s", 1}, {0, "1 left, all in 8s", 1}, {0, "0 left, all in 10s", 1},
		{0, "wait 2s", 0}, {2*time.Second - time.Microsecond, "wait 1µs", 0}, {time.Microsecond, "0 left, all in 10s", 1}, {0, "wait 2s", 0},
		{4 * time.Second, "1 left, all in 8s", 1}, {8 * time.Second, "4 left, all in 2s", 1},
	}
	calls(v)
	for i, s := range steps {
		v.Clock.Step(s.after)
		got := take(t, r, limit.Read, "ws_1")
		if n := calls(v); got != s.want || n != s.calls {
			t.Errorf("step %d: got %s by %d calls, want %s by %d", i+1, got, n, s.want, s.calls)
		}
	}
}

// Callers and classes count apart; processes count together.
func TestWhoCountsTogether(t *testing.T) {
	v := vaulttest.New(t)
	one, other := requests(v), requests(v)
	for range 4 {
		take(t, one, limit.Read, "ws_1")
	}
	for _, tt := range []struct {
		by    *limit.Requests
		class limit.Class
		who   string
		want  string
	}{
		{one, limit.Write, "ws_1", "4 left, all in 2s"}, {one, limit.Read, "ws_2", "4 left, all in 2s"}, {one, limit.Read, "ws_", "4 left, all in 2s"},
		{other, limit.Read, "ws_1", "0 left, all in 10s"}, {one, limit.Read, "ws_1", "wait 2s"},
	} {
		if got := take(t, tt.by, tt.class, tt.who); got != tt.want {
			t.Errorf("%s of %s: got %s, want %s", tt.class, tt.who, got, tt.want)
		}
	}
}

// Of 200 requests at the same moment, from as many processes, exactly the rate's are let through.
func TestParallelRequests(t *testing.T) {
	v := vaulttest.New(t)
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if _, err := requests(v).Take(context.Background(), limit.Auth, "192.0.2.1"); err == nil {
				passed.Add(1)
			} else if !errors.Is(err, limit.ErrRate) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if passed.Load() != 5 {
		t.Errorf("%d went through, want 5", passed.Load())
	}
}

// Without the table every class but auth goes on with what the process knows, and says so each time; the table is asked
// again after five seconds, and then knows what it knew.
func TestWithoutTheTable(t *testing.T) {
	v := vaulttest.New(t)
	r := requests(v)
	var degraded []limit.Class
	r.Degraded = func(c limit.Class) { degraded = append(degraded, c) }
	take(t, r, limit.Read, "ws_1")
	down := v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostRequest})
	for i, want := range []string{"3 left, all in 4s", "2 left, all in 6s", "1 left, all in 8s", "0 left, all in 10s", "wait 2s"} {
		if got := take(t, r, limit.Read, "ws_1"); got != want {
			t.Errorf("request %d: got %s, want %s", i+2, got, want)
		}
	}
	tries := down.Hits()
	if got := take(t, r, limit.Write, "ws_1"); got != "4 left, all in 2s" || down.Hits() != tries {
		t.Errorf("another class: got %s, and %d more calls", got, down.Hits()-tries)
	}
	want := slices.Concat(slices.Repeat([]limit.Class{limit.Read}, 4), []limit.Class{limit.Write})
	if diff := cmp.Diff(want, degraded); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	v.Clock.Step(5 * time.Second)
	if got := take(t, r, limit.Read, "ws_3"); got != "4 left, all in 2s" || down.Hits() == tries {
		t.Errorf("after a rest: got %s, and %d more calls", got, down.Hits()-tries)
	}
	v.AWS.Faults().Clear()
	v.Clock.Step(5 * time.Second)
	calls(v)
	if got, n := take(t, r, limit.Read, "ws_1"), calls(v); got != "4 left, all in 2s" || n == 0 {
		t.Errorf("with the table again: got %s by %d calls", got, n)
	}
}

// Without the table nobody proves who he is, whatever the table said a moment ago.
func TestAuthFailsClosed(t *testing.T) {
	v := vaulttest.New(t)
	r := requests(v)
	r.Degraded = func(limit.Class) { t.Error("it went on without the table") }
	take(t, r, limit.Auth, "192.0.2.1")
	v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostRequest})
	for range 2 {
		if _, err := r.Take(t.Context(), limit.Auth, "192.0.2.1"); fault.From(err).Kind != fault.Unavailable {
			t.Errorf("got %v", err)
		}
	}
	v.AWS.Faults().Clear()
	if got := take(t, r, limit.Auth, "192.0.2.1"); got != "3 left, all in 4s" {
		t.Errorf("with the table again: got %s", got)
	}
}

// A class that has no rate is refused.
func TestNoRate(t *testing.T) {
	v := vaulttest.New(t)
	if got := take(t, requests(v), "", "ws_1"); got != "internal" {
		t.Errorf("got %s", got)
	}
}

// More callers than a process remembers cost calls, and change nothing.
func TestForgetting(t *testing.T) {
	v := vaulttest.New(t)
	r := requests(v)
	r.Degraded = func(limit.Class) {}
	for range 5 {
		take(t, r, limit.Read, "ws_1")
	}
	v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostRequest})
	for i := range 10_001 { // without the table: quickly
		if _, err := r.Take(t.Context(), limit.Read, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	v.AWS.Faults().Clear()
	v.Clock.Step(5 * time.Second)
	if got := take(t, r, limit.Read, "ws_1"); got != "1 left, all in 7s" {
		t.Errorf("got %s", got)
	}
}

// Another rate begins anew: nobody waits for what an earlier one, that was slower, had counted.
func TestAnotherRate(t *testing.T) {
	v := vaulttest.New(t)
	slow, quick := requests(v), requests(v)
	for range 5 {
		take(t, slow, limit.Auth, "192.0.2.1")
	}
	quick.Rates[limit.Auth] = limit.Rate{Count: 5, Period: time.Second}
	if got := take(t, quick, limit.Auth, "192.0.2.1"); got != "4 left, all in 200ms" {
		t.Errorf("got %s", got)
	}
}
