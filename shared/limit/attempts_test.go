package limit_test

import (
	"errors"
	"fmt"
	"strings"
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

const update = "DynamoDB_20120810.UpdateItem"

// attempt reserves one and tells what came of it in short.
func attempt(t testing.TB, a limit.Attempts, subject string) string {
	t.Helper()
	locking, err := a.Reserve(t.Context(), subject)
	switch f := fault.From(err); {
	case err == nil && locking:
		return "locking"
	case err == nil:
		return "free"
	case errors.Is(err, limit.ErrAttempts):
		return "wait " + f.Retry.String()
	default:
		return f.Code
	}
}

// Five attempts are free; the fifth and each later one lock for twice as long as the one before, up to 15 minutes.
func TestAttemptsLockForLonger(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for i, want := range []string{"free", "free", "free", "free", "locking", "wait 1s"} {
		if got := attempt(t, a, "login/adm_1"); got != want {
			t.Errorf("attempt %d: got %s, want %s", i+1, got, want)
		}
	}
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900} {
		wait *= time.Second
		v.Clock.Step(wait - time.Millisecond)
		if got := attempt(t, a, "login/adm_1"); got != "wait 1ms" {
			t.Errorf("a moment before %v: got %s", wait, got)
		}
		v.Clock.Step(time.Millisecond)
		if got := attempt(t, a, "login/adm_1"); got != "locking" {
			t.Errorf("after %v: got %s", wait, got)
		}
	}
	if got := attempt(t, a, "login/adm_2"); got != "free" {
		t.Errorf("another subject: got %s", got)
	}
}

// The hundredth attempt in a row closes the subject until a day after it.
func TestAttemptsStop(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for i := 1; i <= 100; i++ {
		if got := attempt(t, a, "s"); got != "free" && got != "locking" {
			t.Fatalf("attempt %d: got %s", i, got)
		}
		if i < 100 {
			v.Clock.Step(15 * time.Minute)
		}
	}
	v.Clock.Step(24*time.Hour - time.Millisecond)
	if got := attempt(t, a, "s"); got != "wait 1ms" {
		t.Errorf("within a day: got %s", got)
	}
	v.Clock.Step(time.Millisecond)
	if got := attempt(t, a, "s"); got != "free" {
		t.Errorf("after a day: got %s", got)
	}
}

// A subject that was left alone for a day has all its attempts again.
func TestAttemptsAreForgotten(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for range 4 {
		attempt(t, a, "s")
	}
	v.Clock.Step(24 * time.Hour)
	if got := attempt(t, a, "s"); got != "free" {
		t.Errorf("got %s", got)
	}
}

// Success gives back all attempts, also those of a locked subject, and of one that has none.
func TestAttemptsReturn(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for round := range 3 {
		if err := a.Return(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"free", "free", "free", "free", "locking", "wait 1s"} {
			if got := attempt(t, a, "s"); got != want {
				t.Errorf("round %d, attempt %d: got %s, want %s", round, i+1, got, want)
			}
		}
	}
}

// Of 200 attempts at the same moment exactly five go through, and exactly one of them locks.
func TestParallelAttempts(t *testing.T) {
	v := vaulttest.New(t)
	var mu sync.Mutex
	got := map[string]int{}
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			outcome := attempt(t, v.World.Attempts(), "s")
			mu.Lock()
			defer mu.Unlock()
			got[outcome]++
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]int{"free": 4, "locking": 1, "wait 1s": 195}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// An attempt whose answer was lost on the way is one attempt.
func TestAttemptWithLostReply(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for i, want := range []string{"free", "free", "free", "free", "locking", "wait 1s"} {
		lost := v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostReply, Count: 1})
		if got := attempt(t, a, "s"); got != want {
			t.Errorf("attempt %d: got %s, want %s", i+1, got, want)
		}
		if want != "wait 1s" && lost.Hits() != 1 {
			t.Errorf("attempt %d: %d replies were lost", i+1, lost.Hits())
		}
		v.AWS.Faults().Clear()
	}
}

// Without the table no attempt is allowed: Reserve says so, and so does Return.
func TestAttemptsFailClosed(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostRequest})
	if locking, err := a.Reserve(t.Context(), "s"); locking || fault.From(err).Kind != fault.Unavailable {
		t.Errorf("reserve: got %v, %v", locking, err)
	}
	if err := a.Return(t.Context(), "s"); fault.From(err).Kind != fault.Unavailable {
		t.Errorf("return: got %v", err)
	}
}

// What is guessed at is in no call to the table.
func TestSubjectsAreHashed(t *testing.T) {
	v := vaulttest.New(t)
	var body atomic.Pointer[string]
	v.AWS.Faults().Add(awsfault.Rule{Operation: update, Match: func(c awsfault.Call) bool {
		text := string(c.Body)
		body.Store(&text)
		return false
	}})
	attempt(t, v.World.Attempts(), "login/canary@example.com")
	if text := body.Load(); text == nil || strings.Contains(*text, "canary") {
		t.Errorf("got %v", fmt.Sprint(text))
	}
}

// An attempt that meets another's success on the way begins anew with it.
func TestReturnWhileReserving(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for range 3 {
		attempt(t, a, "s")
	}
	v.AWS.Faults().Add(awsfault.Rule{Operation: update, Skip: 1, Count: 1, Effect: awsfault.Before(func() {
		if err := a.Return(t.Context(), "s"); err != nil {
			t.Error(err)
		}
	})})
	for i, want := range []string{"free", "free", "free", "free", "locking"} {
		if got := attempt(t, a, "s"); got != want {
			t.Errorf("attempt %d: got %s, want %s", i+1, got, want)
		}
	}
}
