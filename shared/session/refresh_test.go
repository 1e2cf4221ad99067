package session_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/session"
)

// A replaced token that comes back ends the family, once and for all: its good token is refused too, every further replay
// is refused and counted, and the other device's family lives on.
func TestReplayEndsTheFamily(t *testing.T) {
	for name, thief := range map[string]func(h house) (who string){
		"after the grace":     func(h house) string { h.Clock.Step(10*time.Second + time.Millisecond); return "laptop" },
		"from another client": func(h house) string { return "phone" },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			other := h.login(t, phone)
			begun := h.login(t, laptop)
			family := h.family(t, begun)
			good := h.must(t, laptop, begun.RefreshToken)
			who := laptop
			if thief(h) == "phone" {
				who = phone
			}
			h.refused(t, who, begun.RefreshToken)
			h.refused(t, laptop, good)
			h.refused(t, laptop, begun.RefreshToken)
			want := []string{"session.login", "session.refresh", "session.revoke_reuse", "session.replay", "session.replay"}
			if diff := cmp.Diff(want, h.actions(t, family)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if s := h.stored(t, family); s.State != session.RevokedReuse || s.Replays != 2 || s.Live(h.Clock.Now()) {
				t.Errorf("session %+v", s)
			}
			h.must(t, phone, other.RefreshToken)
		})
	}
}

// Any ancestor is known, not only the last one.
func TestAncestorEndsTheFamily(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	token := begun.RefreshToken
	for range 5 {
		token = h.must(t, laptop, token)
	}
	h.refused(t, laptop, begun.RefreshToken) // at once, from the same client: but not the immediate predecessor
	h.refused(t, laptop, token)
}

// A client that lost the answer gets the same token again, twice within ten seconds, and each time is recorded; the third
// time ends the family.
func TestGrace(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family := h.family(t, begun)
	good := h.must(t, laptop, begun.RefreshToken)
	for range 2 {
		h.Clock.Step(4 * time.Second)
		if again := h.must(t, laptop, begun.RefreshToken); again != good {
			t.Fatal("a second successor was made")
		}
	}
	h.Clock.Step(time.Second)
	h.refused(t, laptop, begun.RefreshToken)
	want := []string{"session.login", "session.refresh", "session.refresh_repeat", "session.refresh_repeat", "session.revoke_reuse"}
	if diff := cmp.Diff(want, h.actions(t, family)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// The grace is that of the last rotation: it begins anew with each, for the client that asked for that one.
func TestGraceOfEachRotation(t *testing.T) {
	h := newHouse(t)
	first := h.login(t, laptop).RefreshToken
	second := h.must(t, laptop, first)
	for range 2 {
		h.must(t, laptop, first)
	}
	third := h.must(t, phone, second)
	for range 2 {
		if again := h.must(t, phone, second); again != third {
			t.Fatal("a second successor was made")
		}
	}
	h.refused(t, laptop, second)
	h.refused(t, phone, third)
}

// The grace does not outlive the session, nor is asking then a replay.
func TestGraceAtTheEnd(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family, good := h.family(t, begun), begun.RefreshToken
	for range 3 {
		h.Clock.Step(7 * time.Hour)
		good = h.must(t, laptop, good)
	}
	h.Clock.Step(3*time.Hour - time.Second)
	h.must(t, laptop, good)
	h.Clock.Step(time.Second)
	h.refused(t, laptop, good)
	if s := h.stored(t, family); s.State != session.Active {
		t.Errorf("state %s", s.State)
	}
}

// In the first two seconds a client may ask more often than twice: it gets nothing, and harms nobody. Afterwards, or from
// another client, that is a replay.
func TestBurst(t *testing.T) {
	for name, tt := range map[string]struct {
		wait time.Duration
		who  caller.Caller
		ends bool
	}{
		"at once":                   {0, laptop, false},
		"in the burst":              {2 * time.Second, laptop, false},
		"after the burst":           {2*time.Second + time.Millisecond, laptop, true},
		"at once, from elsewhere":   {0, phone, true},
		"at once, another software": {0, from("192.0.2.1", "curl"), true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			begun := h.login(t, laptop)
			good := h.must(t, laptop, begun.RefreshToken)
			for range 2 {
				h.must(t, laptop, begun.RefreshToken)
			}
			h.Clock.Step(tt.wait)
			if tt.ends {
				h.refused(t, tt.who, begun.RefreshToken)
				h.refused(t, laptop, good)
				return
			}
			if _, err := h.refresh(tt.who, begun.RefreshToken); !errors.Is(err, session.ErrRaced) {
				t.Errorf("refresh: %v, want ErrRaced", err)
			}
			h.must(t, laptop, good)
		})
	}
}

// Fifty refreshes of one token at once leave one successor, and it is good. Whoever came too late for the token is told
// that it was a race.
func TestFiftyAtOnce(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family := h.family(t, begun)
	var mu sync.Mutex
	var all sync.WaitGroup
	successors, raced := map[string]int{}, 0
	for range 50 {
		all.Go(func() {
			tokens, err := h.refresh(laptop, begun.RefreshToken)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				successors[tokens.RefreshToken]++
			case errors.Is(err, session.ErrRaced):
				raced++
			default:
				t.Errorf("refresh: %v", err)
			}
		})
	}
	all.Wait()
	if len(successors) != 1 || raced != 47 {
		t.Fatalf("successors %d, raced %d; want 1 and 47", len(successors), raced)
	}
	if s := h.stored(t, family); s.Generation != 2 || s.State != session.Active || s.Repeats != 2 {
		t.Errorf("session %+v", s)
	}
	for token := range successors {
		h.must(t, laptop, token)
	}
}

// A session that was not refreshed for eight hours is over.
func TestIdle(t *testing.T) {
	h := newHouse(t)
	tokens := h.login(t, laptop)
	h.Clock.Step(8*time.Hour - time.Millisecond)
	good := h.must(t, laptop, tokens.RefreshToken)
	h.Clock.Step(8 * time.Hour)
	h.refused(t, laptop, good)
}

// A session is over after twenty-four hours, however busy it was. A replaced token still ends it as a theft.
func TestAbsoluteExpiry(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family, good := h.family(t, begun), begun.RefreshToken
	for range 3 {
		h.Clock.Step(7 * time.Hour)
		good = h.must(t, laptop, good)
	}
	h.Clock.Step(3 * time.Hour)
	h.refused(t, laptop, good)
	if s := h.stored(t, family); s.State != session.Active {
		t.Errorf("state %s", s.State)
	}
	h.refused(t, laptop, begun.RefreshToken)
	if s := h.stored(t, family); s.State != session.RevokedReuse {
		t.Errorf("state %s", s.State)
	}
}

// A refresh token's life is told as what is left of it: never more than of the session.
func TestRefreshExpiresIn(t *testing.T) {
	h := newHouse(t)
	tokens := h.login(t, laptop)
	for range 3 {
		h.Clock.Step(6 * time.Hour)
		var err error
		if tokens, err = h.refresh(laptop, tokens.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	if tokens.RefreshExpiresIn != 6*3600 {
		t.Errorf("refresh_expires_in = %d, want 21600", tokens.RefreshExpiresIn)
	}
}

// A disabled admin's tokens are refused, the good one and the one of a moment ago, and nothing moves.
func TestDisabled(t *testing.T) {
	h := newHouse(t)
	begun := h.login(t, laptop)
	family := h.family(t, begun)
	good := h.must(t, laptop, begun.RefreshToken)
	h.disable(t)
	h.refused(t, laptop, good)
	h.refused(t, laptop, begun.RefreshToken)
	if s := h.stored(t, family); s.Generation != 2 || s.Repeats != 0 {
		t.Errorf("session %+v", s)
	}
	minute := h.Clock.Now().Format("20060102T1504Z")
	if entries := h.Trail(t, audit.Target{Type: "denial", ID: "session.refresh_denied#session/" + family + "#" + minute}); len(entries) != 1 {
		t.Errorf("%d entries, want 1", len(entries))
	}
}

// A token that was not made here is refused without being looked up, also when its checksum is right, and the attempts
// are one entry a minute.
func TestForged(t *testing.T) {
	h := newHouse(t)
	good := h.login(t, laptop).RefreshToken
	body := good[:len(good)-9]
	flip := func(i int) string {
		c := byte('A')
		if body[i] == c {
			c = 'B'
		}
		changed := body[:i] + string(c) + body[i+1:]
		return changed + fmt.Sprintf("_%08x", crc32.ChecksumIEEE([]byte(changed)))
	}
	var forged []string
	for i := len("zv_rt_"); i < len(body); i++ {
		forged = append(forged, flip(i))
	}
	forged = append(forged, "", "zv_rt_", body, good+" ", good[:len(good)-1]+"x", strings.ToUpper(good), "zv_rt_"+strings.Repeat("A", 4000))
	for _, token := range forged {
		if token == good {
			continue
		}
		h.refused(t, laptop, token)
	}
	minute := h.Clock.Now().Format("20060102T1504Z")
	entries := h.Trail(t, audit.Target{Type: "denial", ID: "session.refresh_denied#session/forged#" + minute})
	if len(entries) != 1 {
		t.Errorf("%d entries, want 1", len(entries))
	}
	h.must(t, laptop, good)
}

// Two logins of one admin have tokens of their own, and so do two stacks.
func TestTokensAreTheirFamilys(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	one, two := h.login(t, laptop), h.login(t, laptop)
	if one.RefreshToken == two.RefreshToken {
		t.Error("two logins have one token")
	}
	other.refused(t, laptop, one.RefreshToken)
	h.must(t, laptop, one.RefreshToken)
	h.must(t, laptop, two.RefreshToken)
}
