package expression

import (
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// Condition parses a ConditionExpression or, so named by kind, a FilterExpression.
func (s *Scope) Condition(kind, text string) (c Condition, err error) {
	err = s.parse(kind, text, func(p *parser) { c = p.disjunction() })
	return c, err
}

func (p *parser) disjunction() Condition {
	c := p.conjunction()
	for p.keyword("OR") {
		c = either{c, p.conjunction()}
	}
	return c
}

func (p *parser) conjunction() Condition {
	c := p.negation()
	for p.keyword("AND") {
		c = both{c, p.negation()}
	}
	return c
}

func (p *parser) negation() Condition {
	if p.keyword("NOT") {
		return negated{p.negation()}
	}
	if p.symbol("(") {
		return p.parenthesis()
	}
	return p.primary()
}

// parenthesis refuses ((…)), as DynamoDB does.
func (p *parser) parenthesis() Condition {
	start := p.at
	c := p.disjunction()
	p.expect(")")
	if t := p.tokens[start]; t.kind == symbolToken && t.text == "(" && p.closing(start) == p.at-2 {
		p.refuse("The expression has redundant parentheses;")
	}
	return c
}

// closing is the position of the parenthesis that closes the one at open.
func (p *parser) closing(open int) int {
	depth := 0
	for at := open; ; at++ {
		if t := p.tokens[at]; t.kind == symbolToken {
			switch t.text {
			case "(":
				depth++
			case ")":
				depth--
			}
		}
		if depth == 0 {
			return at
		}
	}
}

func (p *parser) primary() Condition {
	if p.atCall() && p.peek().text != "size" {
		return p.function(p.take().text)
	}
	left := p.operand()
	switch t := p.take(); {
	case t.kind == symbolToken && strings.Contains(" = <> < <= > >= ", " "+t.text+" "):
		return p.comparison(t.text, left, p.operand())
	case t.kind == wordToken && strings.EqualFold(t.text, "BETWEEN"):
		low := p.operand()
		if !p.keyword("AND") {
			p.syntax()
		}
		return p.between(left, low, p.operand())
	case t.kind == wordToken && strings.EqualFold(t.text, "IN"):
		p.expect("(")
		c := oneOf{left, list(p, p.operand)}
		p.expect(")")
		return c
	case t.kind != endToken:
		p.at--
	}
	p.syntax()
	return nil
}

func (p *parser) comparison(operator string, left, right operand) Condition {
	if left.String() == right.String() {
		p.refuse("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %v", operator, left)
	}
	if operator != "=" && operator != "<>" {
		p.typed("operator", operator, left, "S", "N", "B")
		p.typed("operator", operator, right, "S", "N", "B")
	}
	return comparison{operator, left, right}
}

func (p *parser) between(of, low, high operand) Condition {
	for _, o := range []operand{of, low, high} {
		p.typed("operator or function", "BETWEEN", o, "S", "N", "B")
	}
	if lowest, ok := low.(literal); ok {
		if highest, ok := high.(literal); ok {
			p.bounds(lowest, highest)
		}
	}
	return between{of, low, high}
}

// bounds refuses a range that nothing can lie in.
func (p *parser) bounds(low, high literal) {
	order, comparable := attribute.Compare(low.Value, high.Value)
	problem := ""
	switch {
	case !comparable:
		problem = "same data type for lower and upper bounds"
	case order > 0:
		problem = "upper bound to be greater than or equal to lower bound"
	default:
		return
	}
	p.refuse("The BETWEEN operator requires %s; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s", problem, wire(low.Value), wire(high.Value))
}

// wire is the form of a value in messages: {S:text}.
func wire(v attribute.Value) string {
	return strings.ReplaceAll(string(attribute.AppendJSON(nil, v)), `"`, "")
}

func (p *parser) function(name string) Condition {
	switch name {
	case "attribute_exists":
		return exists{p.pathArgument(name), true}
	case "attribute_not_exists":
		return exists{p.pathArgument(name), false}
	case "attribute_type":
		operands := p.arguments(name, 2, p.operand)
		return hasType{p.asPath(name, operands[0]), p.typeName(operands[1])}
	case "begins_with":
		operands := p.arguments(name, 2, p.operand)
		p.typed("operator or function", name, operands[0], "S", "B")
		p.typed("operator or function", name, operands[1], "S", "B")
		return beginsWith{operands[0], operands[1]}
	case "contains":
		operands := p.arguments(name, 2, p.operand)
		if operands[0].String() == operands[1].String() {
			p.refuse("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %v", name, operands[0])
		}
		return contains{operands[0], operands[1]}
	}
	p.misplaced(name)
	return nil
}

func (p *parser) pathArgument(function string) Path {
	return p.asPath(function, p.arguments(function, 1, p.operand)[0])
}

func (p *parser) asPath(function string, o operand) Path {
	path, ok := o.(Path)
	if !ok {
		p.refuse("Operator or function requires a document path; operator or function: %s", function)
	}
	return path
}

func (p *parser) typeName(o operand) string {
	p.typed("operator or function", "attribute_type", o, "S")
	l, ok := o.(literal)
	if !ok {
		p.refuse("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: a document path")
	}
	name := string(l.Value.(attribute.String))
	if !strings.Contains(" B NULL SS BOOL L BS N NS S M ", " "+name+" ") || name == "" {
		p.refuse("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", name)
	}
	return name
}
