package codec

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/amount"
)

// ErrValue is a value that is no decimal, or a negative one.
var ErrValue = errors.New("not a decimal of zero or more")

// Value reads what something is worth, told as text or as a JSON number; nil is not told. A number may have an exponent:
// libraries write small and large ones so. It is read exactly, and fails with ErrValue.
func Value(raw json.RawMessage) (*amount.Decimal, error) {
	text := string(raw)
	if text == "" || text == "null" {
		return nil, nil
	}
	if text[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, ErrValue
		}
		if text == "" {
			return nil, nil
		}
	} else {
		text = plainNumber(text)
	}
	if d := Number(text); d != nil {
		return d, nil
	}
	return nil, ErrValue
}

// plainNumber moves the point of a JSON number by its exponent. What has no short form without one comes back as it is.
func plainNumber(text string) string {
	mantissa, exponent, has := strings.Cut(strings.ToLower(text), "e")
	if !has {
		return text
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift > amount.MaxDigits || shift < -amount.MaxDigits {
		return text
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits, point := whole+frac, len(whole)+shift
	if point < 1 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	before := strings.TrimLeft(digits[:point-1], "0") + digits[point-1:point]
	if behind := strings.TrimRight(digits[point:], "0"); behind != "" {
		return before + "." + behind
	}
	return before
}

// USD sums up what the parts of a request are worth; amounts are theirs, "" where it is not told. It is nil if one of them is not
// priced: a provider that knows no price says nothing or 0, and a part that is worth nothing is one that moves nothing. It
// fails with ErrValue.
func USD(values []json.RawMessage, amounts []string) (*amount.Decimal, error) {
	var sum amount.Decimal
	priced := len(values) > 0
	for i, raw := range values {
		value, err := Value(raw)
		if err != nil {
			return nil, err
		}
		moved := Number(amounts[i])
		nothing := moved != nil && *moved == amount.Decimal{}
		if value == nil || *value == (amount.Decimal{}) && !nothing {
			priced = false
			continue
		}
		sum = sum.Add(*value)
	}
	if !priced {
		return nil, nil
	}
	return &sum, nil
}
