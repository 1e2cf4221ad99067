package amount_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/amount"
)

// A decimal is read exactly and written in its shortest form.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"0":                     "0",
		"0.0":                   "0",
		"0.001":                 "0.001",
		"0.010000000000000000":  "0.01",
		"12":                    "12",
		"100.50":                "100.5",
		"0.000000000000000001":  "0.000000000000000001",
		strings.Repeat("9", 40): strings.Repeat("9", 40),
	} {
		d, err := amount.Parse(text)
		if err != nil || d.String() != want {
			t.Errorf("Parse(%q) = %q, %v, want %q", text, d, err, want)
		}
	}
}

// Whatever another reader could understand differently is refused.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", ".", "1.", ".5", "01", "00", "00.1", "+1", "-1", "-0", "1e5", "1E5", "0x1", "1_000", "1,5", " 1", "1 ", "1.2.3", "NaN", "Inf",
		"١", "1\n", "1\x00", strings.Repeat("9", 41), "0." + strings.Repeat("1", 40),
	} {
		if d, err := amount.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", text, d)
		}
	}
}

// Equal numbers are equal values, however they were written.
func TestEqualValues(t *testing.T) {
	if parse(t, "0.010") != parse(t, "0.01") || parse(t, "0.000") != (amount.Decimal{}) {
		t.Error("two forms of one number are two values")
	}
}

// A whole number is written as such.
func TestWhole(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 1200: "1200", 9223372036854775807: "9223372036854775807", -3: "0"} {
		if got := amount.Whole(n); got.String() != want || got != parse(t, want) {
			t.Errorf("Whole(%d) = %s, want %s", n, got, want)
		}
	}
}

func parse(t *testing.T, text string) amount.Decimal {
	t.Helper()
	d, err := amount.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Reading, comparing, adding, taking away and writing agree with math/big's rationals.
func FuzzAgainstRationals(f *testing.F) {
	for _, pair := range [][2]string{
		{"0", "0"}, {"0.001", "0.010000000000000000"}, {"9.99", "0.01"}, {"100", "99.999999999999999999"}, {"12", "1.2"},
		{strings.Repeat("9", 40), "0.1"}, {"1e5", "1"}, {"00", "1"}, {"5", "50"}, {"0.5", "0.05"}, {"-1", "1"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, left, right string) {
		a, errA := amount.Parse(left)
		b, errB := amount.Parse(right)
		if errA != nil || errB != nil {
			return
		}
		ra, okA := new(big.Rat).SetString(left)
		rb, okB := new(big.Rat).SetString(right)
		if !okA || !okB || ra.Sign() < 0 || rb.Sign() < 0 {
			t.Fatalf("%q or %q is not a rational", left, right)
		}
		if sign(a.Compare(b)) != ra.Cmp(rb) {
			t.Errorf("%q against %q: %d, want %d", left, right, a.Compare(b), ra.Cmp(rb))
		}
		if (a == b) != (ra.Cmp(rb) == 0) {
			t.Errorf("%q == %q is %v", left, right, a == b)
		}
		sum, ok := new(big.Rat).SetString(a.Add(b).String())
		if want := new(big.Rat).Add(ra, rb); !ok || sum.Cmp(want) != 0 {
			t.Errorf("%q + %q = %q, want %s", left, right, a.Add(b), want)
		}
		less, ok := new(big.Rat).SetString(a.Less(b).String())
		want := new(big.Rat).Sub(ra, rb)
		if want.Sign() < 0 {
			want.SetInt64(0)
		}
		if !ok || less.Cmp(want) != 0 {
			t.Errorf("%q less %q = %q, want %s", left, right, a.Less(b), want)
		}
		if back, err := amount.ParseSum(a.Add(b).String()); err != nil || back != a.Add(b) {
			t.Errorf("%q + %q is written as %q, which reads as %q, %v", left, right, a.Add(b), back, err)
		}
		if back, err := amount.Parse(a.String()); err != nil || back != a {
			t.Errorf("%q is written as %q, which reads as %q, %v", left, a, back, err)
		}
	})
}

// Units are exact, or there are none.
func TestUnits(t *testing.T) {
	for _, c := range []struct {
		text   string
		places int
		want   string
	}{
		{"0", 0, "0"}, {"0", 18, "0"}, {"1", 0, "1"}, {"0.01", 18, "10000000000000000"}, {"12.5", 6, "12500000"}, {"12.5", 1, "125"}, {"12.5", 0, ""},
		{"0.000876", 8, "87600"}, {"0.0008765", 6, ""}, {"100", 2, "10000"}, {strings.Repeat("9", 40), 24, strings.Repeat("9", 40) + strings.Repeat("0", 24)},
	} {
		got, whole := parse(t, c.text).Units(c.places)
		if whole != (c.want != "") || whole && got.String() != c.want {
			t.Errorf("%s with %d places: %v, %v, want %q", c.text, c.places, got, whole, c.want)
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
