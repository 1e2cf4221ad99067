package attribute

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON is the wire form of an item or of the value of M, its names sorted: equal items have equal bytes.
func (m Map) MarshalJSON() ([]byte, error) { return appendMap(nil, m), nil }

// AppendJSON appends the wire form, such as {"S":"text"}.
func AppendJSON(to []byte, v Value) []byte {
	to = append(append(append(to, `{"`...), v.Type()...), `":`...)
	switch v := v.(type) {
	case String:
		to = appendQuoted(to, string(v))
	case Number:
		to = strconv.AppendQuote(to, v.String())
	case Binary:
		to = appendBase64(to, v)
	case Bool:
		to = strconv.AppendBool(to, bool(v))
	case Null:
		to = append(to, "true"...)
	case List:
		to = appendArray(to, v, AppendJSON)
	case Map:
		to = appendMap(to, v)
	case StringSet:
		to = appendArray(to, v, func(to []byte, s String) []byte { return appendQuoted(to, string(s)) })
	case NumberSet:
		to = appendArray(to, v, func(to []byte, n Number) []byte { return strconv.AppendQuote(to, n.String()) })
	case BinarySet:
		to = appendArray(to, v, appendBase64)
	}
	return append(to, '}')
}

func appendMap(to []byte, m Map) []byte {
	to = append(to, '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendQuoted(to, name), ':')
		to = AppendJSON(to, m[name])
	}
	return append(to, '}')
}

func appendArray[E any](to []byte, elements []E, one func([]byte, E) []byte) []byte {
	to = append(to, '[')
	for i, element := range elements {
		if i > 0 {
			to = append(to, ',')
		}
		to = one(to, element)
	}
	return append(to, ']')
}

func appendBase64(to []byte, b Binary) []byte {
	return append(base64.StdEncoding.AppendEncode(append(to, '"'), []byte(b)), '"')
}

// appendQuoted takes the plain strings, nearly all of them, the short way.
func appendQuoted(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}
