package expression

import (
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// Condition decides about an item; of an absent item, pass nil.
type Condition interface {
	Holds(item attribute.Item) bool
}

type (
	both    struct{ left, right Condition }
	either  struct{ left, right Condition }
	negated struct{ of Condition }

	comparison struct {
		operator    string
		left, right operand
	}
	between struct{ of, low, high operand }
	oneOf   struct {
		of         operand
		candidates []operand
	}
	exists struct {
		path Path
		want bool
	}
	hasType struct {
		path Path
		kind string
	}
	beginsWith struct{ of, prefix operand }
	contains   struct{ of, part operand }
)

func (c both) Holds(item attribute.Item) bool    { return c.left.Holds(item) && c.right.Holds(item) }
func (c either) Holds(item attribute.Item) bool  { return c.left.Holds(item) || c.right.Holds(item) }
func (c negated) Holds(item attribute.Item) bool { return !c.of.Holds(item) }

// Holds with an absent side is false, but for <>: what is not there is not equal.
func (c comparison) Holds(item attribute.Item) bool {
	left, okLeft := c.left.value(item)
	right, okRight := c.right.value(item)
	switch equal := okLeft && okRight && attribute.Equal(left, right); c.operator {
	case "=":
		return equal
	case "<>":
		return !equal
	}
	return okLeft && okRight && ordered(c.operator, left, right)
}

func ordered(operator string, left, right attribute.Value) bool {
	order, comparable := attribute.Compare(left, right)
	if !comparable {
		return false
	}
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (c between) Holds(item attribute.Item) bool {
	return comparison{">=", c.of, c.low}.Holds(item) && comparison{"<=", c.of, c.high}.Holds(item)
}

func (c oneOf) Holds(item attribute.Item) bool {
	for _, candidate := range c.candidates {
		if (comparison{"=", c.of, candidate}).Holds(item) {
			return true
		}
	}
	return false
}

func (c exists) Holds(item attribute.Item) bool {
	_, ok := c.path.value(item)
	return ok == c.want
}

func (c hasType) Holds(item attribute.Item) bool {
	v, ok := c.path.value(item)
	return ok && v.Type() == c.kind
}

func (c beginsWith) Holds(item attribute.Item) bool {
	of, okOf := c.of.value(item)
	prefix, okPrefix := c.prefix.value(item)
	if !okOf || !okPrefix || of.Type() != prefix.Type() {
		return false
	}
	switch of := of.(type) {
	case attribute.String:
		return strings.HasPrefix(string(of), string(prefix.(attribute.String)))
	case attribute.Binary:
		return strings.HasPrefix(string(of), string(prefix.(attribute.Binary)))
	}
	return false
}

func (c contains) Holds(item attribute.Item) bool {
	of, okOf := c.of.value(item)
	part, okPart := c.part.value(item)
	if !okOf || !okPart {
		return false
	}
	switch of := of.(type) {
	case attribute.String:
		part, ok := part.(attribute.String)
		return ok && strings.Contains(string(of), string(part))
	case attribute.Binary:
		part, ok := part.(attribute.Binary)
		return ok && strings.Contains(string(of), string(part))
	case attribute.List:
		return among(of, part)
	case attribute.StringSet:
		return among(of, part)
	case attribute.NumberSet:
		return among(of, part)
	case attribute.BinarySet:
		return among(of, part)
	}
	return false
}

func among[E attribute.Value](elements []E, v attribute.Value) bool {
	for _, element := range elements {
		if attribute.Equal(element, v) {
			return true
		}
	}
	return false
}

// Names are the top-level attributes that a condition looks at.
func Names(c Condition) []string {
	switch c := c.(type) {
	case both:
		return append(Names(c.left), Names(c.right)...)
	case either:
		return append(Names(c.left), Names(c.right)...)
	case negated:
		return Names(c.of)
	case comparison:
		return roots(c.left, c.right)
	case between:
		return roots(c.of, c.low, c.high)
	case oneOf:
		return roots(append([]operand{c.of}, c.candidates...)...)
	case exists:
		return roots(c.path)
	case hasType:
		return roots(c.path)
	case beginsWith:
		return roots(c.of, c.prefix)
	case contains:
		return roots(c.of, c.part)
	}
	return nil
}

func roots(operands ...operand) (names []string) {
	for _, o := range operands {
		switch o := o.(type) {
		case Path:
			names = append(names, o.Root())
		case sizeOf:
			names = append(names, roots(o.of)...)
		}
	}
	return names
}
