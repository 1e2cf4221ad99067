// Package attribute is DynamoDB's data model: values and items, their JSON form, their order, their size.
package attribute

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Value is one of String, Number, Binary, Bool, Null, List, Map, StringSet, NumberSet and BinarySet. Values are never
// changed once made: what updates them copies.
type Value interface {
	// Type is the name in the JSON form and in attribute_type, such as "S".
	Type() string
}

// The scalar values. Binary holds the bytes, not their base64.
type (
	String string
	Binary string
	Bool   bool
	Null   struct{}
)

// The documents.
type (
	List []Value
	Map  map[string]Value
)

// The sets, sorted and without duplicates.
type (
	StringSet []String
	NumberSet []Number
	BinarySet []Binary
)

// Item is a row: its attributes by name.
type Item = Map

func (String) Type() string    { return "S" }
func (Number) Type() string    { return "N" }
func (Binary) Type() string    { return "B" }
func (Bool) Type() string      { return "BOOL" }
func (Null) Type() string      { return "NULL" }
func (List) Type() string      { return "L" }
func (Map) Type() string       { return "M" }
func (StringSet) Type() string { return "SS" }
func (NumberSet) Type() string { return "NS" }
func (BinarySet) Type() string { return "BS" }

// Equal is the = of expressions.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case List:
		b, ok := b.(List)
		return ok && slices.EqualFunc(a, b, Equal)
	case Map:
		b, ok := b.(Map)
		return ok && maps.EqualFunc(a, b, Equal)
	case StringSet:
		b, ok := b.(StringSet)
		return ok && slices.Equal(a, b)
	case NumberSet:
		b, ok := b.(NumberSet)
		return ok && slices.Equal(a, b)
	case BinarySet:
		b, ok := b.(BinarySet)
		return ok && slices.Equal(a, b)
	}
	// What is left on the side of a is comparable, and == of different dynamic types is false before it looks inside.
	return a == b
}

// Compare is the order of two strings, numbers or binaries; ok is false for anything else and for unlike types.
func Compare(a, b Value) (order int, ok bool) {
	switch a := a.(type) {
	case String:
		if b, ok := b.(String); ok {
			return cmp.Compare(a, b), true
		}
	case Binary:
		if b, ok := b.(Binary); ok {
			return cmp.Compare(a, b), true
		}
	case Number:
		if b, ok := b.(Number); ok {
			return a.Compare(b), true
		}
	}
	return 0, false
}

// Compare is the numeric order.
func (n Number) Compare(m Number) int {
	if order := cmp.Compare(n.sign(), m.sign()); order != 0 {
		return order
	}
	order := cmp.Compare(n.exponent, m.exponent)
	if order == 0 {
		order = strings.Compare(n.digits, m.digits)
	}
	return n.sign() * order
}

func (n Number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}
