package limit_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/limit"
)

// The rates of a stack that names none are those that its template shows.
func TestDefaultsAreTheTemplates(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n  RateLimits:\n")
	line := ""
	for l := range strings.Lines(after) {
		if name, value, _ := strings.Cut(strings.TrimSpace(l), ": "); name == "Default" {
			line = value
			break
		}
	}
	if line != limit.Defaults {
		t.Errorf("template.yaml has %q, the program %q", line, limit.Defaults)
	}
	want := limit.Rates{
		limit.Auth: {Count: 20, Period: time.Minute}, limit.Public: {Count: 120, Period: time.Minute}, limit.Read: {Count: 600, Period: time.Minute},
		limit.Unauthenticated: {Count: 30, Period: time.Minute}, limit.Write: {Count: 120, Period: time.Minute},
	}
	if diff := cmp.Diff(want, limit.DefaultRates()); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
}

// A class that is named has its rate, every other keeps its default.
func TestParseRates(t *testing.T) {
	got, err := limit.ParseRates("read=1/3600s,auth=1000000/1s")
	want := limit.DefaultRates()
	want[limit.Read], want[limit.Auth] = limit.Rate{Count: 1, Period: time.Hour}, limit.Rate{Count: 1_000_000, Period: time.Second}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := limit.ParseRates(""); err != nil || !cmp.Equal(limit.DefaultRates(), got) {
		t.Errorf("nothing: got %v, %v", got, err)
	}
}

var malformed = []string{
	",", "auth", "auth=", "auth=20", "auth=20/60", "auth=20/s", "auth=/60s", "auth=0/60s", "auth=20/0s", "auth=-1/60s", "auth=+1/60s", "auth=020/60s", "auth=20/060s",
	"auth=20/1m", "auth=20/60S", "auth=2e1/60s", "auth=20.0/60s", "auth=1000001/60s", "auth=20/3601s", "auth=99999999999999999999/60s", "auth= 20/60s", " auth=20/60s",
	"Auth=20/60s", "login=20/60s", "=20/60s", "auth=20/60s,", ",auth=20/60s", "auth=20/60s, read=1/60s", "auth=20/60s,auth=20/60s", "auth=20/60s;read=1/60s", "auth=20/60s/60s", "callback=1/60s",
}

// What is not written in the one way is refused, and so is a class that is not known or there twice.
func TestParseRatesRefuses(t *testing.T) {
	for _, text := range malformed {
		if got, err := limit.ParseRates(text); err == nil || !strings.HasPrefix(err.Error(), "rate limits: ") {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

// No text makes the parser panic, or take a rate out of bounds.
func FuzzParseRates(f *testing.F) {
	f.Add(limit.Defaults)
	for _, text := range malformed {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := limit.ParseRates(text)
		if err != nil {
			return
		}
		for class, rate := range rates {
			if rate.Count < 1 || rate.Count > 1_000_000 || rate.Period < time.Second || rate.Period > time.Hour || len(rates) != 5 {
				t.Errorf("%q: got %s %+v", text, class, rate)
			}
		}
	})
}
