package limit_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/limit"
)

// Within gives so many in a period that begins with the first, says how long it still is, and then begins anew. Reserve and
// Return under the same subject make no difference to it.
func TestWithin(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for round := range 2 {
		for i := range 3 {
			if err := a.Within(t.Context(), "s", 3, time.Hour); err != nil {
				t.Fatalf("round %d, %d: %v", round, i+1, err)
			}
			v.Clock.Step(time.Minute)
		}
		if err := a.Return(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		if err := a.Within(t.Context(), "s", 3, time.Hour); !errors.Is(err, limit.ErrAttempts) || fault.From(err).Retry != 57*time.Minute {
			t.Errorf("round %d, the fourth: %v, in %v", round, err, fault.From(err).Retry)
		}
		if got := attempt(t, a, "s"); got != "free" {
			t.Errorf("round %d, an attempt beside it: %s", round, got)
		}
		v.Clock.Step(57 * time.Minute)
	}
}

// Of 100 at the same moment as many go through as may.
func TestWithinAtOnce(t *testing.T) {
	v := vaulttest.New(t)
	var through atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch err := v.World.Attempts().Within(t.Context(), "s", 7, time.Hour); {
			case err == nil:
				through.Add(1)
			case !errors.Is(err, limit.ErrAttempts):
				t.Errorf("within: %v", err)
			}
		})
	}
	all.Wait()
	if n := through.Load(); n != 7 {
		t.Errorf("%d went through, want 7", n)
	}
}

// One whose answer was lost on the way is one; without the table there is none.
func TestWithinTrouble(t *testing.T) {
	v := vaulttest.New(t)
	a := v.World.Attempts()
	for i, want := range []error{nil, nil, limit.ErrAttempts} {
		v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostReply, Count: 1})
		if err := a.Within(t.Context(), "s", 2, time.Hour); !errors.Is(err, want) {
			t.Errorf("%d: got %v, want %v", i+1, err, want)
		}
		v.AWS.Faults().Clear()
	}
	v.AWS.Faults().Add(awsfault.Rule{Operation: update, Effect: awsfault.LostRequest})
	if err := a.Within(t.Context(), "other", 2, time.Hour); fault.From(err).Kind != fault.Unavailable {
		t.Errorf("without the table: %v", err)
	}
}
