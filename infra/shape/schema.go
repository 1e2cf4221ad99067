package shape

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/tenant"
)

// object is a JSON object; its members are written in the order of their names.
type object map[string]any

// special are the types whose JSON form reflection does not show.
var special = map[reflect.Type]object{
	reflect.TypeFor[tenant.ID](): {"type": "string", "description": "A workspace's id.",
		"examples": []string{"ws_eucentral1_01JD2RZ7Q0M5T8V3X6Y9ABCDEF"}},
	reflect.TypeFor[secret.Text]():    {"type": "string", "format": "password", "writeOnly": true},
	reflect.TypeFor[amount.Decimal](): {"type": "string", "description": "An exact decimal.", "examples": []string{"0.25"}},
	reflect.TypeFor[ledger.Cursor](): {"type": "string",
		"description": "The next member of the page before: the page that follows it."},
	reflect.TypeFor[audit.Fields](): {"type": "object", "additionalProperties": true},
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonMarshaler   = reflect.TypeFor[json.Marshaler]()
)

// schemas collects the components of a document.
type schemas struct {
	components object
	types      map[string]reflect.Type // by their names in components
	closed     bool                    // what is described now is an input: unknown members are refused
}

// of describes a type; structs become components.
func (s *schemas) of(t reflect.Type) (object, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if known, ok := special[t]; ok {
		return known, nil
	}
	switch pointer := reflect.PointerTo(t); {
	case pointer.Implements(jsonMarshaler):
		return nil, fmt.Errorf("%s writes its own JSON and is not described", t)
	case pointer.Implements(textUnmarshaler):
		return object{"type": "string"}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}, nil
	case reflect.Bool:
		return object{"type": "boolean"}, nil
	case reflect.Int:
		return object{"type": "integer"}, nil
	case reflect.Int64:
		return object{"type": "integer", "format": "int64"}, nil
	case reflect.Slice:
		items, err := s.of(t.Elem())
		return object{"type": "array", "items": items}, err
	case reflect.Struct:
		return s.component(t)
	}
	return nil, fmt.Errorf("%s has no JSON form here", t)
}

func (s *schemas) component(t reflect.Type) (object, error) {
	name := componentName(t)
	reference := object{"$ref": "#/components/schemas/" + name}
	if other, known := s.types[name]; known {
		if other != t {
			return nil, fmt.Errorf("%s and %s have one name", t, other)
		}
		return reference, nil
	}
	s.types[name] = t
	schema, err := s.structure(t)
	s.components[name] = schema
	return reference, err
}

// structure describes a struct's members, those of embedded structs included.
func (s *schemas) structure(t reflect.Type) (object, error) {
	properties, required := object{}, []string{}
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		schema, err := s.of(field.Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, field.Name, err)
		}
		properties[name] = explained(name, field.Type, schema)
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	schema := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		schema["required"] = required
	}
	if s.closed {
		schema["additionalProperties"] = false
	}
	return schema, nil
}

// explained adds the unit that a member's name promises.
func explained(name string, t reflect.Type, schema object) object {
	switch {
	case t.Kind() != reflect.Int64:
	case name == "time", strings.HasSuffix(name, "_at"):
		schema["description"] = "Unix time in milliseconds."
	case strings.HasSuffix(name, "_in"):
		schema["description"] = "Seconds."
	}
	return schema
}

// componentName is a type's package and name: workspace.View is WorkspaceView, and a page of them WorkspaceViewPage.
func componentName(t reflect.Type) string {
	outer, inner, generic := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "[")
	if generic {
		pkg, name, _ := strings.Cut(inner[strings.LastIndex(inner, "/")+1:], ".")
		return Camel(pkg) + name + outer
	}
	return Camel(t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]) + t.Name()
}

// members tells whether a type has members of the JSON body.
func members(t reflect.Type) bool {
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			return true
		}
	}
	return false
}
