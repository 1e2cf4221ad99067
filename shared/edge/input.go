package edge

import (
	"encoding"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/strict"
)

// decode fills a route's input: fields tagged path, query and json. Whatever the input does not name is refused.
func decode(r Request, input any) error {
	if raw, ok := input.(*Raw); ok {
		*raw = Raw{r.Params, r.Header, r.Body}
		return nil
	}
	into := reflect.ValueOf(input).Elem()
	if err := decodeParameters(r, into); err != nil {
		return err
	}
	return decodeBody(r, into, input)
}

func decodeParameters(r Request, into reflect.Value) error {
	var known []string
	for _, field := range reflect.VisibleFields(into.Type()) {
		place := into.FieldByIndex(field.Index)
		if name := field.Tag.Get("path"); name != "" {
			if err := setText(place, r.Params[name]); err != nil {
				return ErrMalformed.Saying(fmt.Sprintf("The path's {%s} is malformed.", name)).At(name)
			}
		}
		if name := field.Tag.Get("query"); name != "" {
			known = append(known, name)
			if err := decodeQuery(r, name, place); err != nil {
				return err
			}
		}
	}
	for name := range r.Query {
		if !slices.Contains(known, name) {
			return ErrMalformed.Saying("The query parameter is not known here.").At(name)
		}
	}
	return nil
}

func decodeQuery(r Request, name string, into reflect.Value) error {
	values := r.Query[name]
	switch {
	case len(values) > 1:
		return ErrMalformed.Saying("The query parameter is given more than once.").At(name)
	case len(values) == 1 && setText(into, values[0]) != nil:
		return ErrMalformed.Saying("The query parameter is malformed.").At(name)
	case len(values) == 1 && into.CanInt() && into.IsZero(): // below, a zero is a number that was not given
		return ErrMalformed.Saying("The query parameter can't be 0.").At(name)
	}
	return nil
}

func decodeBody(r Request, into reflect.Value, input any) error {
	if !takesBody(into.Type()) {
		if len(r.Body) > 0 {
			return ErrUnexpectedBody
		}
		return nil
	}
	err := strict.Decode(r.Body, input)
	var refusal *strict.Error
	if errors.As(err, &refusal) {
		return ErrMalformed.Saying(sentence(refusal)).At(refusal.Pointer)
	}
	return err
}

func sentence(e *strict.Error) string {
	if e.Pointer == "" {
		return "The body " + e.Problem + "."
	}
	return "The member " + e.Pointer + " " + e.Problem + "."
}

func takesBody(input reflect.Type) bool {
	for i := range input.NumField() {
		name, _, _ := strings.Cut(input.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			return true
		}
	}
	return false
}

func setText(field reflect.Value, text string) error {
	if parser, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return parser.UnmarshalText([]byte(text))
	}
	if field.CanInt() {
		n, err := strconv.ParseInt(text, 10, 32)
		field.SetInt(n)
		return err
	}
	field.SetString(text)
	return nil
}

// bearer is the token of the one Authorization header, "" if there is none or more than one.
func bearer(h http.Header) string {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, found := strings.Cut(values[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// Bearer is the request's bearer token (RFC 6750 §2.1), "" if there is none or it is ambiguous.
func (r Request) Bearer() string { return bearer(r.Header) }
