package attribute

import "strings"

// AppendKey appends a form of a key value (String, Number or Binary) whose byte order is DynamoDB's order. No form is
// a prefix of another, so that forms can be joined to one key and still compare part by part.
func AppendKey(to []byte, v Value) []byte {
	switch v := v.(type) {
	case String:
		return append(AppendKeyPrefix(to, v), 0, 1)
	case Binary:
		return append(AppendKeyPrefix(to, v), 0, 1)
	case Number:
		return v.appendKey(to)
	}
	panic("attribute: a key of type " + v.Type())
}

// AppendKeyPrefix appends the form of a String or Binary without its end: what all forms that begin with it share.
func AppendKeyPrefix(to []byte, v Value) []byte {
	var text string
	switch v := v.(type) {
	case String:
		text = string(v)
	case Binary:
		text = string(v)
	default:
		panic("attribute: a key prefix of type " + v.Type())
	}
	// A zero byte is escaped, so that the end mark 0 1 sorts before every continuation.
	for {
		at := strings.IndexByte(text, 0)
		if at < 0 {
			return append(to, text...)
		}
		to = append(append(to, text[:at]...), 0, 255)
		text = text[at+1:]
	}
}

// appendKey writes sign, exponent, digits and an end mark. A negative number has all of it complemented.
func (n Number) appendKey(to []byte) []byte {
	switch n.sign() {
	case 0:
		return append(to, 2)
	case 1:
		return append(append(append(to, 3, byte(n.exponent-minExponent)), n.digits...), 0)
	}
	to = append(to, 1, ^byte(n.exponent-minExponent))
	for i := range len(n.digits) {
		to = append(to, '0'+'9'-n.digits[i])
	}
	return append(to, 255)
}
