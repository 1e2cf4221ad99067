package expression

import (
	"fmt"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// maxLength of an expression in bytes (Amazon DynamoDB Developer Guide, "Service quotas"). It also bounds the recursion.
const maxLength = 4096

// parser is a recursive descent over the tokens. Its methods end the parse by panicking with a parseError.
type parser struct {
	scope  *Scope
	kind   string // such as "ConditionExpression", for the messages
	text   string
	tokens []token
	at     int
}

type parseError struct{ error }

func (s *Scope) parse(kind, text string, run func(*parser)) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case parseError:
			err = cause.error
		default:
			panic(cause)
		}
	}()
	p := &parser{scope: s, kind: kind, text: text, tokens: lex(text)}
	if len(p.tokens) == 1 {
		p.refuse("The expression can not be empty;")
	}
	if len(text) > maxLength {
		p.refuse("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	run(p)
	if p.peek().kind != endToken {
		p.syntax()
	}
	return nil
}

func (p *parser) refuse(format string, args ...any) {
	panic(parseError{protocol.Invalid("Invalid %s: %s", p.kind, fmt.Sprintf(format, args...))})
}

// syntax reports the next token with its neighbours.
func (p *parser) syntax() {
	t := p.peek()
	from, to := t.from, t.to
	if p.at > 0 {
		from = p.tokens[p.at-1].from
	}
	if p.at+1 < len(p.tokens) {
		to = p.tokens[p.at+1].to
	}
	p.refuse("Syntax error; token: \"%s\", near: \"%s\"", t.text, p.text[from:to])
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

// symbol consumes the symbol if it is next.
func (p *parser) symbol(text string) bool {
	if t := p.peek(); t.kind != symbolToken || t.text != text {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(text string) {
	if !p.symbol(text) {
		p.syntax()
	}
}

// keyword consumes the word, in any case, if it is next.
func (p *parser) keyword(word string) bool {
	if t := p.peek(); t.kind != wordToken || !strings.EqualFold(t.text, word) {
		return false
	}
	p.at++
	return true
}

// atCall reports whether a function call is next.
func (p *parser) atCall() bool {
	return p.peek().kind == wordToken && p.tokens[p.at+1].kind == symbolToken && p.tokens[p.at+1].text == "("
}

// list parses one or more, separated by commas.
func list[E any](p *parser, one func() E) []E {
	elements := []E{one()}
	for p.symbol(",") {
		elements = append(elements, one())
	}
	return elements
}

// arguments parses a call's operands, of which there must be so many.
func (p *parser) arguments(function string, count int, one func() operand) []operand {
	p.expect("(")
	operands := list(p, one)
	p.expect(")")
	if len(operands) != count {
		p.refuse("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", function, len(operands))
	}
	return operands
}
