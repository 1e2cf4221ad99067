package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/session"
)

// Who has a master key, and so can authenticate a challenge, logs nobody in by it: what vouches for the password is not to
// be had from a key. Nor is one good that ends later than any made by now.
func TestForgedChallenge(t *testing.T) {
	a := newHouse(t).enrol(t)
	vouch := func(claim []byte) []byte {
		voucher, err := a.accounts.Vouch(t.Context(), a.owner, secret.Text{}, claim)
		if err != nil {
			t.Fatal(err)
		}
		return voucher
	}
	for name, tt := range map[string]struct {
		forged session.Forged
		good   bool
	}{
		"with the key alone": {session.Forged{Epoch: 1, For: time.Minute, Voucher: make([]byte, 48)}, false},
		"for ever":           {session.Forged{Epoch: 1, For: 5*time.Minute + time.Millisecond, Vouch: vouch}, false},
		"of another epoch":   {session.Forged{Epoch: 2, For: time.Minute, Vouch: vouch}, false},
		"as it is made":      {session.Forged{Epoch: 1, For: 5 * time.Minute, Vouch: vouch}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a.Clock.Step(time.Minute)
			tt.forged.Admin = a.owner
			text, err := session.Forge(a.Service, laptop, tt.forged)
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.second(laptop, text, a.code(0))
			if tt.good && err != nil || !tt.good && (err == nil || !strings.HasPrefix(err.Error(), session.ErrSecond.Error())) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Who ends another's sessions can't mean the own ones: those of who ends everybody's live until the last.
func TestEndOfRefusesTheOwn(t *testing.T) {
	h := newHouse(t)
	family := h.family(t, h.login(t, laptop))
	who := caller.Caller{Kind: caller.Admin, ID: h.owner, Role: caller.Owner, Via: family}
	if _, err := h.EndOf(t.Context(), who, session.OfInput{Admin: h.owner}); !errors.Is(err, session.ErrOwn) {
		t.Errorf("got %v", err)
	}
	if epoch, err := h.accounts.Epoch(t.Context(), h.owner); err != nil || epoch != 0 {
		t.Errorf("epoch %d, %v", epoch, err)
	}
}

// However many sessions there are, a call reads a page of them; the pages hold each live one once, the newest first.
func TestListIsPaged(t *testing.T) {
	h := newHouse(t)
	var want []string
	for range 5 {
		want = append([]string{h.family(t, h.login(t, laptop))}, want...)
		h.Clock.Step(time.Second)
	}
	who := caller.Caller{Kind: caller.Admin, ID: h.owner, Role: caller.Owner, Via: want[0]}
	if _, err := h.End(t.Context(), who, session.EndInput{Session: session.ID(want[2])}); err != nil {
		t.Fatal(err)
	}
	want = append(want[:2:2], want[3:]...)
	in, got := session.ListInput{Paging: edge.Paging{Limit: 2}}, []string{}
	for calls := 1; ; calls++ {
		page, err := h.List(t.Context(), who, in)
		if err != nil || len(page.Items) > 2 || calls > 4 {
			t.Fatalf("call %d: %d items, %v", calls, len(page.Items), err)
		}
		for _, v := range page.Items {
			got = append(got, v.ID)
		}
		if page.Next == "" {
			break
		}
		if err := in.Cursor.UnmarshalText([]byte(page.Next)); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := h.List(t.Context(), who, session.ListInput{Paging: edge.Paging{Limit: 101}}); !errors.Is(err, edge.ErrLimit) {
		t.Errorf("101 at once: %v", err)
	}
}
