package attribute

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxDepth is how deep documents may be nested (Amazon DynamoDB Developer Guide, "Service quotas").
const maxDepth = 32

// Decode reads one value in wire form, such as {"S":"text"}.
func Decode(data []byte) (v Value, err error) {
	err = scan(data, func(s *scanner) { v = s.value(0) })
	return v, err
}

// UnmarshalJSON reads an item or the value of M. Its errors are *protocol.Error.
func (m *Map) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	return scan(data, func(s *scanner) { *m = s.members(-1) })
}

// value reads {"<type>": …}. depth counts the lists and maps around it.
func (s *scanner) value(depth int) (v Value) {
	if depth > maxDepth {
		s.refuse("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	}
	s.object(func(kind string) {
		if v != nil {
			s.refuse("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
		}
		v = s.typed(kind, depth)
	})
	if v == nil {
		s.refuse("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
	return v
}

func (s *scanner) typed(kind string, depth int) Value {
	switch kind {
	case "S":
		return String(s.text())
	case "N":
		return s.number()
	case "B":
		return s.binary()
	case "BOOL":
		return Bool(s.boolean())
	case "NULL":
		if !s.boolean() {
			s.refuse("One or more parameter values were invalid: Null attribute value types must have the value of true")
		}
		return Null{}
	case "L":
		list := List{}
		s.array(func() { list = append(list, s.value(depth+1)) })
		return list
	case "M":
		return s.members(depth)
	case "SS":
		return StringSet(set(s, "An string set  may not be empty", func() String { return String(s.text()) }, cmp.Compare))
	case "NS":
		return NumberSet(set(s, "An number set  may not be empty", s.number, func(a, b Number) int { return a.Compare(b) }))
	case "BS":
		return BinarySet(set(s, "Binary sets should not be empty", s.binary, cmp.Compare))
	}
	s.fail(protocol.Refuse("SerializationException", "unknown attribute type %q", kind))
	return nil
}

func (s *scanner) members(depth int) Map {
	m := Map{}
	s.object(func(name string) {
		if _, seen := m[name]; seen {
			s.fail(protocol.Refuse("SerializationException", "the attribute %q occurs twice", name))
		}
		m[name] = s.value(depth + 1)
	})
	return m
}

func (s *scanner) number() Number {
	n, err := ParseNumber(s.text())
	if err != nil {
		s.fail(err)
	}
	return n
}

func (s *scanner) binary() Binary {
	b, err := base64.StdEncoding.Strict().DecodeString(s.text())
	if err != nil {
		s.fail(protocol.Refuse("SerializationException", "Base64 encoded length is unexpected or it has a wrong character: %v", err))
	}
	return Binary(b)
}

func set[E Value](s *scanner, empty string, one func() E, order func(a, b E) int) []E {
	var elements []E
	s.array(func() { elements = append(elements, one()) })
	if len(elements) == 0 {
		s.refuse("One or more parameter values were invalid: " + empty)
	}
	sorted := slices.SortedFunc(slices.Values(elements), order)
	if len(slices.CompactFunc(slices.Clone(sorted), func(a, b E) bool { return order(a, b) == 0 })) < len(sorted) {
		s.refuse(fmt.Sprintf("One or more parameter values were invalid: Input collection %s contains duplicates.", listed(elements)))
	}
	return sorted
}

func listed[E any](elements []E) string {
	return strings.ReplaceAll(fmt.Sprintf("%v", elements), " ", ", ")
}
