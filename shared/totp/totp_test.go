package totp_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/totp"
)

func vectors(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func seedOf(t testing.TB, text string) secret.Bytes {
	t.Helper()
	seed, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return secret.NewBytes(seed)
}

const rfcSeed = "3132333435363738393031323334353637383930"

// The codes of RFC 4226, appendix D.
func TestRFC4226(t *testing.T) {
	var file struct {
		Seed    string `json:"secret_hex"`
		Vectors []struct {
			Counter int64
			Code    string
		}
	}
	vectors(t, "rfc4226_appendix_d.json", &file)
	for _, v := range file.Vectors {
		if got := totp.Code(seedOf(t, file.Seed), v.Counter).Expose(); got != v.Code {
			t.Errorf("step %d: got %s, want %s", v.Counter, got, v.Code)
		}
	}
	if len(file.Vectors) != 10 {
		t.Errorf("%d vectors", len(file.Vectors))
	}
}

// The steps and codes of RFC 6238, appendix B, for SHA-1: the last six of their eight digits.
func TestRFC6238(t *testing.T) {
	var file struct {
		Vectors []struct {
			Algorithm string
			Seed      string `json:"seed_hex"`
			Time      int64  `json:"unix_time"`
			Step      int64
			Code      string
		}
	}
	vectors(t, "rfc6238_appendix_b.json", &file)
	seen := 0
	for _, v := range file.Vectors {
		if v.Algorithm != "SHA1" {
			continue
		}
		seen++
		at := time.Unix(v.Time, 0)
		if got := totp.StepAt(at); got != v.Step {
			t.Errorf("at %d: step %d, want %d", v.Time, got, v.Step)
		}
		step, ok := totp.Match(seedOf(t, v.Seed), secret.NewText(v.Code[2:]), at)
		if !ok || step != v.Step {
			t.Errorf("at %d: %s is of step %d, %v, want %d", v.Time, v.Code[2:], step, ok, v.Step)
		}
	}
	if seen != 6 {
		t.Errorf("%d vectors of SHA-1", seen)
	}
}

// A code is good in its step, the one before and the one after, and tells which it is of; with the last accepted step kept
// beside it none is good twice, and no older one after it. What is not exactly six ASCII digits is no code.
func TestWindowReplayAndForm(t *testing.T) {
	var file struct {
		Cases []struct {
			Code string
			Step int64 `json:"code_step"`
			At   int64 `json:"verify_unix_time"`
			Good bool  `json:"expect_window_1"`
		} `json:"window_cases"`
		Replays []struct {
			At     int64
			Code   string
			Before *int64 `json:"last_step_before"`
			Expect string
			After  int64 `json:"last_step_after"`
		} `json:"replay_sequence"`
		Malformed []string `json:"malformed_codes_expect_reject"`
	}
	vectors(t, "derived_window_replay.json", &file)
	seed := seedOf(t, rfcSeed)
	for _, c := range file.Cases {
		step, ok := totp.Match(seed, secret.NewText(c.Code), time.Unix(c.At, 0))
		if ok != c.Good || ok && step != c.Step {
			t.Errorf("%s at %d: step %d, %v; want %d, %v", c.Code, c.At, step, ok, c.Step, c.Good)
		}
	}
	for _, r := range file.Replays {
		step, ok := totp.Match(seed, secret.NewText(r.Code), time.Unix(r.At, 0))
		accepted := ok && (r.Before == nil || step > *r.Before)
		if accepted != (r.Expect == "accept") || accepted && step != r.After {
			t.Errorf("%s at %d: step %d, accepted %v; want %s", r.Code, r.At, step, accepted, r.Expect)
		}
	}
	for _, code := range file.Malformed {
		if step, ok := totp.Match(seed, secret.NewText(code), time.Unix(1111111111, 0)); ok {
			t.Errorf("%q is taken for the code of step %d", code, step)
		}
	}
	if len(file.Cases) != 5 || len(file.Replays) != 5 || len(file.Malformed) != 12 {
		t.Error("the vectors are not all there")
	}
}

// An app reads issuer, account and seed back as they were, whatever characters are in them.
func TestURI(t *testing.T) {
	seed := seedOf(t, rfcSeed)
	got := totp.URI("zenvault eu:1", "a+b&c=d@example.com", seed).Expose()
	want := "otpauth://totp/zenvault%20eu%3A1:a%2Bb%26c%3Dd%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" +
		"&issuer=zenvault%20eu%3A1&algorithm=SHA1&digits=6&period=30"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	read, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	wantQuery := url.Values{"secret": {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, "issuer": {"zenvault eu:1"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	if diff := cmp.Diff(wantQuery, read.Query()); diff != "" || read.Path != "/zenvault eu:1:a+b&c=d@example.com" {
		t.Errorf("path %q, query (-want +got):\n%s", read.Path, diff)
	}
}

// A seed is twenty random bytes.
func TestSeed(t *testing.T) {
	one, two := totp.NewSeed(rand.Reader).Expose(), totp.NewSeed(rand.Reader).Expose()
	if len(one) != 20 || len(two) != 20 || bytes.Equal(one, two) {
		t.Errorf("seeds of %d and %d bytes, the same: %v", len(one), len(two), bytes.Equal(one, two))
	}
}

// Whatever is taken for a code is six ASCII digits, and is the code of the step that is told.
func FuzzMatch(f *testing.F) {
	for _, code := range []string{"050471", "081804", "266759", "000000", "", "05047", "0504711", " 050471", "050471\n", "٠٥٠٤٧١", "-50471", "0x1234"} {
		f.Add(code, int64(1111111111))
	}
	seed := seedOf(f, rfcSeed)
	f.Fuzz(func(t *testing.T, code string, at int64) {
		now := time.Unix(at%4e9, 0)
		step, ok := totp.Match(seed, secret.NewText(code), now)
		if !ok {
			return
		}
		if len(code) != 6 || bytes.ContainsFunc([]byte(code), func(c rune) bool { return c < '0' || c > '9' }) {
			t.Errorf("%q is taken for a code", code)
		}
		if near := step - totp.StepAt(now); near < -1 || near > 1 || totp.Code(seed, step).Expose() != code {
			t.Errorf("%q is of step %d at %v", code, step, now)
		}
	})
}
