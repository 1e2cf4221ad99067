// Package amount is exact, non-negative decimals: what a transfer moves, and what a policy allows. Nothing in it is ever
// a float, and nothing is rounded.
package amount

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// MaxDigits is the longest number that Parse takes, digits before and after the point together. The finest asset in use
// has 24 decimals (NEAR), which leaves 16 digits before the point.
const MaxDigits = 40

// ErrMalformed is returned for text that is not a plain decimal.
var ErrMalformed = errors.New("amount: malformed")

// Decimal is a non-negative decimal. It is kept in its shortest form, so that equal numbers are equal values. The zero
// value is 0.
type Decimal struct {
	whole string // without leading zeros, "" for 0
	frac  string // without trailing zeros
}

// Parse reads digits with at most one point between them: "0.001", "12", "0.010000000000000000". There is no sign, no
// exponent, no blank, no leading zero ("01"), and no bare point (".5", "5.").
func Parse(text string) (Decimal, error) { return parse(text, MaxDigits) }

// ParseSum reads what String wrote of a sum, which may have more digits than Parse takes: those of the longest whole part
// and those of the longest fraction, and a few for the carry.
func ParseSum(text string) (Decimal, error) { return parse(text, 2*MaxDigits+10) }

func parse(text string, most int) (Decimal, error) {
	whole, frac, point := strings.Cut(text, ".")
	if !digits(whole) || point && !digits(frac) || len(whole)+len(frac) > most {
		return Decimal{}, ErrMalformed
	}
	if len(whole) > 1 && whole[0] == '0' {
		return Decimal{}, ErrMalformed
	}
	return shortest(whole, frac), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func shortest(whole, frac string) Decimal {
	return Decimal{strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")}
}

// Compare is negative if d is less than other, 0 if they are equal, positive if it is more.
func (d Decimal) Compare(other Decimal) int {
	if len(d.whole) != len(other.whole) {
		return len(d.whole) - len(other.whole)
	}
	if c := strings.Compare(d.whole, other.whole); c != 0 {
		return c
	}
	return strings.Compare(d.frac, other.frac) // no trailing zeros: a longer text with the same start is more
}

// Add is the exact sum. It may have more digits than Parse takes.
func (d Decimal) Add(other Decimal) Decimal {
	places := max(len(d.frac), len(other.frac))
	a, b := d.scaled(places), other.scaled(places)
	size := max(len(a), len(b)) + 1
	sum, carry := make([]byte, size), byte(0)
	for i := range size {
		column := carry + digit(a, i) + digit(b, i)
		sum[size-1-i], carry = '0'+column%10, column/10
	}
	return shortest(string(sum[:size-places]), string(sum[size-places:]))
}

// Less is the exact difference, 0 where other is more.
func (d Decimal) Less(other Decimal) Decimal {
	if d.Compare(other) <= 0 {
		return Decimal{}
	}
	places := max(len(d.frac), len(other.frac))
	a, b := d.scaled(places), other.scaled(places)
	rest, borrow := make([]byte, len(a)), byte(0)
	for i := range len(a) {
		column := 10 + digit(a, i) - digit(b, i) - borrow
		rest[len(a)-1-i], borrow = '0'+column%10, 1-column/10
	}
	return shortest(string(rest[:len(a)-places]), string(rest[len(a)-places:]))
}

// Whole is a whole number; a negative one is 0.
func Whole(n int64) Decimal { return shortest(strconv.FormatInt(max(n, 0), 10), "") }

// IsZero reports whether it is 0.
func (d Decimal) IsZero() bool { return d == Decimal{} }

// scaled is the number without its point, times ten to the places.
func (d Decimal) scaled(places int) string {
	return d.whole + d.frac + strings.Repeat("0", places-len(d.frac))
}

// digit is the nth from the right, 0 beyond the left end.
func digit(s string, n int) byte {
	if n >= len(s) {
		return 0
	}
	return s[len(s)-1-n] - '0'
}

// String is the shortest form, with one digit before the point: "0", "0.01", "12".
func (d Decimal) String() string {
	whole := d.whole
	if whole == "" {
		whole = "0"
	}
	if d.frac == "" {
		return whole
	}
	return whole + "." + d.frac
}

// MarshalText writes String.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is Parse.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = Parse(string(text))
	return err
}

// Units is the number in its smallest unit, of which there are ten to the places in one. It is false if that is no whole
// number.
func (d Decimal) Units(places int) (*big.Int, bool) {
	if len(d.frac) > places {
		return nil, false
	}
	return new(big.Int).SetString("0"+d.scaled(places), 10)
}
