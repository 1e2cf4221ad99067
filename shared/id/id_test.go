package id_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/id"
)

// The encoding is that of the ULID specification's example of a time, and of all bits set.
func TestNew(t *testing.T) {
	at := time.UnixMilli(1469918176385)
	tests := []struct {
		at     time.Time
		random byte
		want   string
	}{
		{at, 0x00, "ws_01aryz6s410000000000000000"},
		{at, 0xff, "ws_01aryz6s41zzzzzzzzzzzzzzzz"},
		{time.UnixMilli(1<<48 - 1), 0xff, "ws_7zzzzzzzzzzzzzzzzzzzzzzzzz"},
	}
	for _, tt := range tests {
		got := id.New("ws", tt.at, bytes.NewReader(bytes.Repeat([]byte{tt.random}, 10)))
		if got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if !id.Valid("ws", got) {
			t.Errorf("%s is not valid", got)
		}
		if when, ok := id.Time("ws", got); !ok || !when.Equal(tt.at) {
			t.Errorf("the time of %s is %v, want %v", got, when, tt.at)
		}
	}
}

// Ids of later milliseconds sort later, and Floor sorts before every id of its moment.
func TestOrder(t *testing.T) {
	now := time.UnixMilli(1732480000000)
	early, late := id.New("x", now, rand.Reader), id.New("x", now.Add(time.Millisecond), rand.Reader)
	if early >= late {
		t.Errorf("%s is not before %s", early, late)
	}
	if floor := id.Floor("x", now); floor > early {
		t.Errorf("the floor %s is after %s", floor, early)
	}
}

// Anything that New does not write is refused.
func TestValid(t *testing.T) {
	good := "ws_01aryz6s410000000000000000"
	for _, bad := range []string{"", "ws_", "01aryz6s410000000000000000", "ws_01ARYZ6S410000000000000000", "ws_01aryz6s41000000000000000",
		"ws_01aryz6s4100000000000000000", "ws_81aryz6s410000000000000000", "ws_01aryz6s41000000000000000i", "key_01aryz6s410000000000000000"} {
		if id.Valid("ws", bad) {
			t.Errorf("%q is taken", bad)
		}
	}
	if !id.Valid("ws", good) {
		t.Errorf("%q is refused", good)
	}
}

// An id that follows from a text is the same each time, another one for another text, and has the form of all others.
func TestOf(t *testing.T) {
	if got, want := id.Of("tr", "abc"), "tr_5tf0bbz3r1szn42ga0vsetw8h3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	seen := map[string]string{}
	for _, text := range []string{"", "a", "b", "ab", "a:b", "A"} {
		made := id.Of("tr", text)
		if other, twice := seen[made]; twice || !id.Valid("tr", made) {
			t.Errorf("%q and %q give %s", text, other, made)
		}
		seen[made] = text
	}
}
