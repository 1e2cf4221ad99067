package delivery_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/delivery"
)

// The waits are those of the schedule within a tenth, and are drawn, not computed.
func TestWaits(t *testing.T) {
	nominal := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour,
		3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour}
	if delivery.MaxAttempts != 14 || len(nominal) != 13 {
		t.Errorf("attempts: got %d, want 14", delivery.MaxAttempts)
	}
	var sum time.Duration
	for i, want := range nominal {
		sum += want
		seen := map[time.Duration]bool{}
		for range 100 {
			got := delivery.Wait(i+1, rand.Reader)
			if got < want*9/10 || got > want*11/10 {
				t.Errorf("after attempt %d: got %s, want %s within a tenth", i+1, got, want)
			}
			seen[got] = true
		}
		if len(seen) < 90 {
			t.Errorf("after attempt %d: %d different waits of 100", i+1, len(seen))
		}
		least, most := delivery.Wait(i+1, bytes.NewReader(make([]byte, 4))), delivery.Wait(i+1, bytes.NewReader([]byte("\xff\xff\xff\xff")))
		if least != want*9/10 || most != want*11/10 {
			t.Errorf("after attempt %d: from %s to %s, want from %s to %s", i+1, least, most, want*9/10, want*11/10)
		}
	}
	if want := 70*time.Hour + 42*time.Minute + 35*time.Second; sum != want {
		t.Errorf("sum: got %s, want %s", sum, want)
	}
	if got := delivery.Wait(1, broken{}); got != 5*time.Second {
		t.Errorf("without randomness: got %s, want 5s", got)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// Both forms of Retry-After are read, and what is neither asks for nothing.
func TestParseRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "1": time.Second, "120": 2 * time.Minute, "43200": 12 * time.Hour, "43201": 12 * time.Hour,
		"99999999999999999999999": 12 * time.Hour, "-1": 0, "+1": 0, "1.5": 0, "1 s": 0, " 1": 0, "soon": 0, "0x10": 0,
		"Tue, 24 Nov 2026 12:05:00 GMT": 5 * time.Minute, "Tuesday, 24-Nov-26 12:05:00 GMT": 5 * time.Minute,
		"Tue Nov 24 12:05:00 2026": 5 * time.Minute, "Tue, 24 Nov 2026 11:00:00 GMT": 0,
		"Fri, 31 Dec 9999 23:59:59 GMT": 12 * time.Hour, "Mon, 01 Jan 0001 00:00:00 GMT": 0,
	} {
		if got := delivery.ParseRetryAfter(text, now); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// Whatever a receiver sends, the wait is between nothing and twelve hours.
func FuzzParseRetryAfter(f *testing.F) {
	for _, text := range []string{"", "120", "99999999999999999999999", "Tue, 24 Nov 2026 12:05:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := delivery.ParseRetryAfter(text, now); got < 0 || got > 12*time.Hour {
			t.Errorf("%q: got %s", text, got)
		}
	})
}
