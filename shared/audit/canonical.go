package audit

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/secret"
)

// maxSafe is the largest integer that every JSON reader keeps exact (RFC 8259 §6).
const maxSafe = 1<<53 - 1

func appendObject(out []byte, fields Fields) ([]byte, error) {
	names := make([]string, 0, len(fields))
	ascii := true
	for name := range fields {
		names, ascii = append(names, name), ascii && isASCII(name)
	}
	if ascii {
		slices.Sort(names)
	} else {
		slices.SortFunc(names, compareUTF16)
	}
	out = append(out, '{')
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendString(out, name); err != nil {
			return nil, err
		}
		out = append(out, ':')
		if out, err = appendValue(out, fields[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return append(out, '}'), nil
}

// compareUTF16 is the member order of RFC 8785 §3.2.3, which for ASCII is that of the bytes.
func compareUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendValue(out []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case string:
		return appendString(out, v)
	case bool:
		return strconv.AppendBool(out, v), nil
	case int:
		return appendInteger(out, int64(v))
	case int64:
		return appendInteger(out, v)
	case time.Time:
		return appendInteger(out, v.UnixMilli())
	case secret.Text, secret.Bytes:
		return appendString(out, secret.Redacted)
	case Fields:
		return appendObject(out, v)
	case Encoded:
		return append(out, v...), nil
	case []string:
		return appendArray(out, v)
	case []Fields:
		return appendArray(out, v)
	}
	return nil, fmt.Errorf("audit: a field can't be a %T", value)
}

func appendArray[T any](out []byte, values []T) ([]byte, error) {
	out = append(out, '[')
	for i, value := range values {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendValue(out, value); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendInteger(out []byte, n int64) ([]byte, error) {
	if n > maxSafe || n < -maxSafe {
		return nil, fmt.Errorf("audit: integer %d is not exact in JSON", n)
	}
	return strconv.AppendInt(out, n, 10), nil
}

// appendString escapes as RFC 8785 §3.2.2.2 asks: the two-character escapes, \u00xx for other controls, nothing else.
func appendString(out []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("audit: text is not UTF-8")
	}
	const hexDigits = "0123456789abcdef"
	out = append(out, '"')
	plain := 0 // what comes from here on is copied as it is
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[plain:i]...)
		plain = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, '\\', 'b')
		case '\t':
			out = append(out, '\\', 't')
		case '\n':
			out = append(out, '\\', 'n')
		case '\f':
			out = append(out, '\\', 'f')
		case '\r':
			out = append(out, '\\', 'r')
		default:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(out, s[plain:]...), '"'), nil
}
