// Package strict decodes JSON from outside without guessing: names match exactly, duplicate and unknown members are
// refused, so are null, trailing data, and text that is not UTF-8. Every refusal names the member by its JSON pointer.
// (encoding/json alone accepts members in another case, keeps the last of two, and turns null into a zero value.)
package strict

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxDepth bounds nesting. No document of ours needs a quarter of it.
const maxDepth = 32

// Error is a refusal.
type Error struct {
	Pointer string // RFC 6901; "" is the whole document
	Problem string // a phrase, such as "is not a string"
}

func (e *Error) Error() string {
	if e.Pointer == "" {
		return "the document " + e.Problem
	}
	return e.Pointer + " " + e.Problem
}

// Decode reads one JSON value into v, a pointer, refusing unknown members. Struct fields are named by their json tag;
// strings, bools, ints, json.Number, json.RawMessage, slices, string maps, pointers and encoding.TextUnmarshaler are understood.
func Decode(data []byte, v any) error { return decode(data, v, false) }

// DecodeLenient is Decode for a sender that adds members as it likes: unknown ones are skipped (still checked for
// duplicates), and null counts as absent.
func DecodeLenient(data []byte, v any) error { return decode(data, v, true) }

func decode(data []byte, v any, lenient bool) error {
	if !utf8.Valid(data) {
		return &Error{Problem: "is not UTF-8"}
	}
	d := decoder{source: open(data), lenient: lenient}
	if err := d.value(nil, reflect.ValueOf(v).Elem(), 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &Error{Problem: "has data after its end"}
	}
	return nil
}

type decoder struct {
	source
	lenient bool
}

// next reads a token and turns the parser's complaints into ours.
func (d decoder) next(at *place) (json.Token, error) {
	token, err := d.Token()
	if err != nil {
		return nil, &Error{at.pointer(), "is not valid JSON"}
	}
	return token, nil
}

func (d decoder) value(at *place, into reflect.Value, depth int) error {
	if into.IsValid() && into.Type() == rawType {
		return d.raw(at, into, depth)
	}
	token, err := d.next(at)
	if err != nil {
		return err
	}
	return d.token(token, at, into, depth)
}

// raw keeps a value as it is written, well formed and without duplicates. (A document whose tokens are not at hand is not
// valid: it is refused before anybody sees what was kept of it.)
func (d decoder) raw(at *place, into reflect.Value, depth int) error {
	from := 0
	t, valid := d.source.(*tokens)
	if valid && t.next() {
		from = t.at
	}
	token, err := d.next(at)
	if err != nil {
		return err
	}
	err = d.token(token, at, reflect.Value{}, depth)
	if valid && token != nil {
		into.SetBytes(bytes.Clone(t.data[from:t.at]))
	}
	return err
}

func (d decoder) token(token json.Token, at *place, into reflect.Value, depth int) error {
	if depth > maxDepth {
		return &Error{at.pointer(), "is nested too deeply"}
	}
	if token == nil {
		if d.lenient {
			return nil
		}
		return &Error{at.pointer(), "is null"}
	}
	if !into.IsValid() {
		return d.skip(token, at, depth)
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		return d.token(token, at, into.Elem(), depth)
	}
	if text, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return unmarshalText(token, at, text)
	}
	switch into.Kind() {
	case reflect.Struct:
		return d.structure(token, at, into, depth)
	case reflect.Map:
		return d.mapping(token, at, into, depth)
	case reflect.Slice:
		return d.array(token, at, into, depth)
	}
	return scalar(token, at, into)
}

func unmarshalText(token json.Token, at *place, into encoding.TextUnmarshaler) error {
	text, ok := token.(string)
	if !ok {
		return &Error{at.pointer(), "is not a string"}
	}
	if err := into.UnmarshalText([]byte(text)); err != nil {
		return &Error{at.pointer(), "is malformed"}
	}
	return nil
}

func scalar(token json.Token, at *place, into reflect.Value) error {
	switch value := token.(type) {
	case string:
		if into.Kind() == reflect.String && into.Type() != numberType {
			into.SetString(value)
			return nil
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(value)
			return nil
		}
	case json.Number:
		if into.Type() == numberType {
			into.SetString(value.String())
			return nil
		}
		if n, err := strconv.ParseInt(value.String(), 10, 64); err == nil && into.CanInt() && !into.OverflowInt(n) {
			into.SetInt(n)
			return nil
		}
	}
	return &Error{at.pointer(), "is not " + wanted(into)}
}

var (
	numberType = reflect.TypeFor[json.Number]()
	rawType    = reflect.TypeFor[json.RawMessage]()
)

func wanted(into reflect.Value) string {
	switch {
	case into.Type() == numberType:
		return "a number"
	case into.Kind() == reflect.String:
		return "a string"
	case into.Kind() == reflect.Bool:
		return "true or false"
	case into.CanInt():
		return "an integer in range"
	case into.Kind() == reflect.Slice:
		return "an array"
	}
	return "an object"
}

// structure reads an object into a struct. A field is required unless its tag says omitempty or omitzero.
func (d decoder) structure(token json.Token, at *place, into reflect.Value, depth int) error {
	find := func(name string) (reflect.Value, bool) { return member(into, name) }
	given, err := d.object(token, at, depth, find, nil)
	if err != nil || d.lenient {
		return err
	}
	for i := range into.NumField() {
		name, options, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" && options == "" && !given[name] {
			return &Error{at.member(name).pointer(), "is missing"}
		}
	}
	return nil
}

// object reads members, each into the place that find gives, until the object ends. It tells which there were.
func (d decoder) object(token json.Token, at *place, depth int,
	find func(string) (reflect.Value, bool), stored func(string, reflect.Value)) (map[string]bool, error) {
	if token != json.Delim('{') {
		return nil, &Error{at.pointer(), "is not an object"}
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.next(at)
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		here := at.member(name)
		into, known := find(name)
		switch {
		case seen[name]:
			return nil, &Error{here.pointer(), "is given twice"}
		case !known && !d.lenient:
			return nil, &Error{here.pointer(), "is not known here"}
		}
		seen[name] = true
		if err := d.value(here, into, depth+1); err != nil {
			return nil, err
		}
		if stored != nil {
			stored(name, into)
		}
	}
	_, err := d.next(at)
	return seen, err
}

func (d decoder) mapping(token json.Token, at *place, into reflect.Value, depth int) error {
	into.Set(reflect.MakeMap(into.Type()))
	fresh := func(string) (reflect.Value, bool) { return reflect.New(into.Type().Elem()).Elem(), true }
	keep := func(name string, value reflect.Value) {
		into.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), value)
	}
	_, err := d.object(token, at, depth, fresh, keep)
	return err
}

func (d decoder) array(token json.Token, at *place, into reflect.Value, depth int) error {
	if token != json.Delim('[') {
		return &Error{at.pointer(), "is not an array"}
	}
	into.Set(reflect.MakeSlice(into.Type(), 0, 0))
	for i := 0; d.More(); i++ {
		element := reflect.New(into.Type().Elem()).Elem()
		if err := d.value(at.element(i), element, depth+1); err != nil {
			return err
		}
		into.Set(reflect.Append(into, element))
	}
	_, err := d.next(at)
	return err
}

// skip reads a value that nobody asked for; what is in it must still be well formed, without duplicates.
func (d decoder) skip(token json.Token, at *place, depth int) error {
	nowhere := func(string) (reflect.Value, bool) { return reflect.Value{}, false }
	switch token {
	case json.Delim('{'):
		_, err := d.object(token, at, depth, nowhere, nil)
		return err
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if err := d.value(at.element(i), reflect.Value{}, depth+1); err != nil {
				return err
			}
		}
		_, err := d.next(at)
		return err
	}
	return nil
}

// member finds the field with exactly this json name; fields without a json tag are not reachable from outside.
func member(object reflect.Value, name string) (reflect.Value, bool) {
	i, known := fieldsOf(object.Type())[name]
	if !known {
		return reflect.Value{}, false
	}
	return object.Field(i), true
}

var fields sync.Map // of a reflect.Type: map[string]int

// fieldsOf reads a struct's tags once.
func fieldsOf(object reflect.Type) map[string]int {
	if known, ok := fields.Load(object); ok {
		return known.(map[string]int)
	}
	names := map[string]int{}
	for i := range object.NumField() {
		tag, _, _ := strings.Cut(object.Field(i).Tag.Get("json"), ",")
		if tag != "-" && tag != "" {
			names[tag] = i
		}
	}
	fields.Store(object, names)
	return names
}
