package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/zenvault/zenvault/shared/secret"
)

// Fields are named values of an entry: string, bool, int, int64, time.Time (kept as Unix milliseconds), nil, secret.Text
// and secret.Bytes (kept as "[redacted]"), Fields, []string, []Fields. There is no floating point: an amount is a string.
type Fields map[string]any

// Encoded is what Fields.JSON made.
type Encoded []byte

// Diff keeps what differs: of each side, the members whose values are not the same on the other.
func Diff(before, after Fields) (Fields, Fields) {
	return without(before, after), without(after, before)
}

func without(these, those Fields) Fields {
	kept := Fields{}
	for name, value := range these {
		if other, there := those[name]; !there || !same(value, other) {
			kept[name] = value
		}
	}
	return kept
}

// same compares secrets by what they hold and times by what is kept of them.
func same(one, other any) bool {
	switch v := one.(type) {
	case secret.Text:
		w, ok := other.(secret.Text)
		return ok && v.Equal(w)
	case secret.Bytes:
		w, ok := other.(secret.Bytes)
		return ok && bytes.Equal(v.Expose(), w.Expose())
	case time.Time:
		w, ok := other.(time.Time)
		return ok && v.UnixMilli() == w.UnixMilli()
	}
	return reflect.DeepEqual(one, other)
}

// JSON is the canonical form of the fields (RFC 8785); nil fields are an empty object.
func (f Fields) JSON() ([]byte, error) { return appendObject(nil, f) }

// MarshalJSON makes Fields print the same way everywhere.
func (f Fields) MarshalJSON() ([]byte, error) { return f.JSON() }

// ParseFields reads what JSON wrote: integers come back as int64.
func ParseFields(canonical []byte) (Fields, error) {
	fields := Fields{}
	if err := json.Unmarshal(canonical, &fields); err != nil {
		return nil, fmt.Errorf("reading the fields of an audit entry: %w", err)
	}
	return fields, nil
}

// UnmarshalJSON keeps integers exact.
func (f *Fields) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	*f = Fields{}
	for name, raw := range members {
		value, err := parseValue(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		(*f)[name] = value
	}
	return nil
}

func parseValue(raw json.RawMessage) (any, error) {
	switch raw[0] {
	case '{':
		var inner Fields
		err := json.Unmarshal(raw, &inner)
		return inner, err
	case '[':
		var texts []string
		if json.Unmarshal(raw, &texts) == nil {
			return texts, nil
		}
		var rows []Fields
		err := json.Unmarshal(raw, &rows)
		return rows, err
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case 't', 'f':
		return raw[0] == 't', nil
	case 'n':
		return nil, nil
	}
	return strconv.ParseInt(string(raw), 10, 64)
}
