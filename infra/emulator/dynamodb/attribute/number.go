package attribute

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Limits of a DynamoDB number (Amazon DynamoDB Developer Guide, "Naming rules and data types").
const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
)

// Number is an exact decimal. Equal numbers are equal as Go values, so it can be a map's key.
type Number struct {
	negative bool
	digits   string // significant ones, without zeros at either end; empty is zero
	exponent int    // of the first digit: 1.5 is "15" with exponent 0
}

// ParseNumber reads decimal notation with or without an exponent. More than 38 significant digits are refused rather
// than rounded.
func ParseNumber(text string) (Number, error) {
	rest, negative := text, false
	switch {
	case strings.HasPrefix(rest, "-"):
		rest, negative = rest[1:], true
	case strings.HasPrefix(rest, "+"):
		rest = rest[1:]
	}
	mantissa, power, err := cutExponent(rest)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if err != nil || whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		if text == "" {
			return Number{}, protocol.Invalid("The parameter cannot be converted to a numeric value")
		}
		return Number{}, protocol.Invalid("The parameter cannot be converted to a numeric value: %s", text)
	}
	return normal(negative, whole+fraction, power+len(whole)-1)
}

// cutExponent splits at the E. An exponent too long for an int is as good as any other out of range.
func cutExponent(text string) (mantissa string, exponent int, err error) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, 0, nil
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(text[at+1:], "+"), "-")
	if digits == "" || !allDigits(digits) || len(text)-at-1-len(digits) > 1 {
		return "", 0, strconv.ErrSyntax
	}
	if len(strings.TrimLeft(digits, "0")) > 9 {
		digits = "999999999"
	}
	exponent, err = strconv.Atoi(digits)
	if text[at+1] == '-' {
		exponent = -exponent
	}
	return text[:at], exponent, err
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// normal strips zeros and checks the limits; exponent is that of the first of the digits.
func normal(negative bool, digits string, exponent int) (Number, error) {
	significant := strings.TrimLeft(digits, "0")
	exponent -= len(digits) - len(significant)
	significant = strings.TrimRight(significant, "0")
	switch {
	case significant == "":
		return Number{}, nil
	case exponent > maxExponent:
		return Number{}, protocol.Invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case exponent < minExponent:
		return Number{}, protocol.Invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	case len(significant) > maxDigits:
		return Number{}, protocol.Invalid("Attempting to store more than 38 significant digits in a Number")
	}
	return Number{negative, significant, exponent}, nil
}

// String is the plain notation in which DynamoDB answers: no exponent, no needless zeros.
func (n Number) String() string {
	var plain string
	switch count := len(n.digits); {
	case count == 0:
		return "0"
	case n.exponent < 0:
		plain = "0." + strings.Repeat("0", -n.exponent-1) + n.digits
	case count <= n.exponent+1:
		plain = n.digits + strings.Repeat("0", n.exponent+1-count)
	default:
		plain = n.digits[:n.exponent+1] + "." + n.digits[n.exponent+1:]
	}
	if n.negative {
		return "-" + plain
	}
	return plain
}

// Add is the exact sum; a sum that needs more than 38 digits is refused.
func (n Number) Add(m Number) (Number, error) {
	low := min(n.exponent-len(n.digits), m.exponent-len(m.digits)) + 1
	sum := n.scaled(low)
	sum.Add(sum, m.scaled(low))
	digits := new(big.Int).Abs(sum).String()
	return normal(sum.Sign() < 0, digits, low+len(digits)-1)
}

// scaled is n / 10^low, which the caller has chosen so that it is whole.
func (n Number) scaled(low int) *big.Int {
	if n.digits == "" {
		return new(big.Int)
	}
	i, _ := new(big.Int).SetString(n.digits+strings.Repeat("0", n.exponent+1-len(n.digits)-low), 10)
	if n.negative {
		i.Neg(i)
	}
	return i
}

// Negate is -n.
func (n Number) Negate() Number {
	n.negative = !n.negative && n.digits != ""
	return n
}

// Whole is a number without fraction, such as a size.
func Whole(i int) Number {
	n, err := ParseNumber(strconv.Itoa(i))
	if err != nil {
		panic(err) // no int has 38 digits
	}
	return n
}
