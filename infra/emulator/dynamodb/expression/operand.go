package expression

import (
	"strings"
	"unicode/utf16"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// operand is what conditions compare: a Path, a literal or a sizeOf. Its value is absent if a path leads nowhere.
type operand interface {
	value(item attribute.Item) (attribute.Value, bool)
	String() string
}

// literal is a value given with the request.
type literal struct {
	name string
	attribute.Value
}

func (l literal) value(attribute.Item) (attribute.Value, bool) { return l.Value, true }
func (l literal) String() string                               { return l.name }

// sizeOf is size(path). What has no size, a number or a boolean, gives no value.
type sizeOf struct{ of operand }

func (s sizeOf) String() string { return "size(" + s.of.String() + ")" }

func (s sizeOf) value(item attribute.Item) (attribute.Value, bool) {
	v, ok := s.of.value(item)
	if !ok {
		return nil, false
	}
	var size int
	switch v := v.(type) {
	case attribute.String:
		size = len(utf16.Encode([]rune(string(v))))
	case attribute.Binary:
		size = len(v)
	case attribute.List:
		size = len(v)
	case attribute.Map:
		size = len(v)
	case attribute.StringSet:
		size = len(v)
	case attribute.NumberSet:
		size = len(v)
	case attribute.BinarySet:
		size = len(v)
	default:
		return nil, false
	}
	return attribute.Whole(size), true
}

// operand parses a path, a value or size(path).
func (p *parser) operand() operand {
	if p.peek().kind == valueToken {
		return p.value(p.take())
	}
	if !p.atCall() {
		return p.path()
	}
	if name := p.take().text; name != "size" {
		p.misplaced(name)
	}
	of := p.arguments("size", 1, p.operand)[0]
	if l, ok := of.(literal); ok {
		p.typed("operator or function", "size", l, "S", "B", "L", "M", "SS", "NS", "BS")
	}
	return sizeOf{of}
}

func (p *parser) misplaced(function string) {
	for _, known := range []string{"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "if_not_exists", "list_append", "size"} {
		if function == known {
			p.refuse("The function is not allowed to be used this way in an expression; function: %s", function)
		}
	}
	p.refuse("Invalid function name; function: %s", function)
}

// typed refuses a literal of another type than those; what a path leads to is only known when evaluating.
func (p *parser) typed(role, name string, o operand, types ...string) {
	l, ok := o.(literal)
	if ok && !strings.Contains(" "+strings.Join(types, " ")+" ", " "+l.Type()+" ") {
		p.refuse("Incorrect operand type for operator or function; %s: %s, operand type: %s", role, name, l.Type())
	}
}

var errOperandType = protocol.Invalid("An operand in the update expression has an incorrect data type")
