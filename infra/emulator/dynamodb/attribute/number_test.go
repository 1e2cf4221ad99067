package attribute_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

func number(t *testing.T, text string) attribute.Number {
	t.Helper()
	n, err := attribute.ParseNumber(text)
	if err != nil {
		t.Fatalf("parse %q: %v", text, err)
	}
	return n
}

// Every spelling of a number has one plain form.
func TestNumberForm(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0e999": "0", "000": "0", "0.00": "0",
		"1": "1", "+1": "1", "-1": "-1", "007": "7", "100": "100", "1e2": "100", "1E+2": "100",
		"1.50": "1.5", ".5": "0.5", "5.": "5", "0.001": "0.001", "1e-3": "0.001", "12345e-2": "123.45",
		"12345678901234567890123456789012345678":       "12345678901234567890123456789012345678",
		"1234567890123456789012345678901234567800":     "1234567890123456789012345678901234567800",
		"0.000012345678901234567890123456789012345678": "0.000012345678901234567890123456789012345678",
		"1e125":   "1" + strings.Repeat("0", 125),
		"-1e-130": "-0." + strings.Repeat("0", 129) + "1",
	} {
		if got := number(t, text).String(); got != want {
			t.Errorf("%s = %s, want %s", text, got, want)
		}
	}
}

// What is no number, or beyond DynamoDB's, is refused rather than rounded.
func TestNumberRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "converted", " 1": "converted", "1 ": "converted", "one": "converted", ".": "converted", "-": "converted", "1e": "converted",
		"1e+": "converted", "1e--1": "converted", "--1": "converted", "1.2.3": "converted", "0x10": "converted", "NaN": "converted", "1_0": "converted", "٣": "converted",
		"123456789012345678901234567890123456789": "38 significant digits",
		"1e126": "overflow", "-1e126": "overflow", "10e125": "overflow", "1e99999999999999999999": "overflow",
		"1e-131": "underflow", "1e-99999999999999999999": "underflow",
	} {
		_, err := attribute.ParseNumber(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// ascending are numbers in their order, extremes included.
var ascending = []string{
	"-9.9999999999999999999999999999999999999e125", "-1e125", "-100", "-20", "-19.5", "-1.52", "-1.5", "-1", "-0.1", "-1e-130",
	"0", "1e-130", "0.1", "0.11", "1", "1.5", "1.52", "2", "9", "10", "100", "1e125", "9.9999999999999999999999999999999999999e125",
}

// Numbers, and their forms as keys, compare as their values do.
func TestNumberOrder(t *testing.T) {
	for i, a := range ascending {
		for j, b := range ascending {
			want := min(max(i-j, -1), 1)
			m, n := number(t, a), number(t, b)
			if got := m.Compare(n); got != want {
				t.Errorf("compare %s with %s = %d, want %d", a, b, got, want)
			}
			if got := bytes.Compare(attribute.AppendKey(nil, m), attribute.AppendKey(nil, n)); got != want {
				t.Errorf("compare the keys of %s with %s = %d, want %d", a, b, got, want)
			}
		}
	}
}

// Sums are exact, and refused when they cannot be.
func TestAdd(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"0.1", "0.2", "0.3"}, {"1", "-1", "0"}, {"0", "0", "0"}, {"-5", "0", "-5"}, {"99", "1", "100"}, {"1e100", "1e100", "2" + strings.Repeat("0", 100)},
		{"1e37", "1", "1" + strings.Repeat("0", 36) + "1"}, {"-0.5", "1e1", "9.5"},
		{"1e38", "1", "refused"}, {"9e125", "1e125", "refused"}, {"1e125", "1e-130", "refused"}, {"1.1e-130", "-1e-130", "refused"},
	} {
		sum, err := number(t, c.a).Add(number(t, c.b))
		got := sum.String()
		if err != nil {
			got = "refused"
		}
		if got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// The size of a number grows by a byte for every second digit on each side of the point, and for the sign.
func TestNumberSize(t *testing.T) {
	for text, want := range map[string]int{"0": 1, "1": 2, "42": 2, "-42": 3, "123": 3, "1.5": 3, "0.5": 2, "1e100": 2, "-0.001": 3} {
		if got := attribute.Size(number(t, text)); got != want {
			t.Errorf("size of %s = %d, want %d", text, got, want)
		}
	}
}

// A parsed number is the rational that its text says, its form parses to itself, and its key orders it.
func FuzzNumber(f *testing.F) {
	for _, text := range append(ascending, "", "-0", "1e", "00.10e-7", "1E+0005", ".e1") {
		f.Add(text, "1")
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		n, err := attribute.ParseNumber(text)
		if err != nil {
			return
		}
		if again := number(t, n.String()); again != n {
			t.Errorf("%q = %s, which parses to %s", text, n, again)
		}
		got, _ := new(big.Rat).SetString(n.String())
		if want, ok := new(big.Rat).SetString(text); len(text) < 50 && ok && got.Cmp(want) != 0 {
			t.Errorf("%q = %s", text, n)
		}
		m, err := attribute.ParseNumber(other)
		if err != nil {
			return
		}
		value, _ := new(big.Rat).SetString(m.String())
		if order := got.Cmp(value); order != n.Compare(m) || order != bytes.Compare(attribute.AppendKey(nil, n), attribute.AppendKey(nil, m)) {
			t.Errorf("order of %s and %s = %d and %d, want %d", n, m, n.Compare(m), bytes.Compare(attribute.AppendKey(nil, n), attribute.AppendKey(nil, m)), order)
		}
		if sum, err := n.Add(m); err == nil {
			if exact, _ := new(big.Rat).SetString(sum.String()); exact.Cmp(new(big.Rat).Add(got, value)) != 0 {
				t.Errorf("%s + %s = %s", n, m, sum)
			}
		}
	})
}
