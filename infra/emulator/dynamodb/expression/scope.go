// Package expression reads and evaluates DynamoDB's expressions: conditions, filters, key conditions, updates and
// projections. Reading is strict: what DynamoDB refuses is refused, with its words where they are known, and what only
// DynamoDB knows does not parse.
package expression

import (
	"maps"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Scope is what the expressions of one request share: the names and values behind #name and :value, each of which must
// be used.
type Scope struct {
	names      map[string]string
	values     attribute.Map
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewScope takes ExpressionAttributeNames and ExpressionAttributeValues; nil stands for an absent member.
func NewScope(names map[string]string, values attribute.Map) (*Scope, error) {
	if names != nil && len(names) == 0 {
		return nil, protocol.Invalid("ExpressionAttributeNames must not be empty")
	}
	if values != nil && len(values) == 0 {
		return nil, protocol.Invalid("ExpressionAttributeValues must not be empty")
	}
	for key, name := range names {
		if kind, length := keyToken(key); kind != nameToken || length < len(key) {
			return nil, protocol.Invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", key)
		}
		if name == "" {
			return nil, protocol.Invalid("ExpressionAttributeNames contains invalid value: Empty attribute name; key: %q", key)
		}
	}
	for key := range values {
		if kind, length := keyToken(key); kind != valueToken || length < len(key) {
			return nil, protocol.Invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", key)
		}
	}
	return &Scope{names, values, map[string]bool{}, map[string]bool{}}, nil
}

func keyToken(key string) (tokenKind, int) {
	if key == "" {
		return badToken, 0
	}
	return next(key)
}

// Unused refuses what no expression of the request has used. It is called after the last of them.
func (s *Scope) Unused() error {
	if unused := missing(maps.Keys(s.names), s.usedNames); unused != "" {
		return protocol.Invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", unused)
	}
	if unused := missing(maps.Keys(s.values), s.usedValues); unused != "" {
		return protocol.Invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", unused)
	}
	return nil
}

func missing(keys func(func(string) bool), used map[string]bool) string {
	var unused []string
	for _, key := range slices.Sorted(keys) {
		if !used[key] {
			unused = append(unused, key)
		}
	}
	return strings.Join(unused, ", ")
}

func (p *parser) name(t token) string {
	name, defined := p.scope.names[t.text]
	if !defined {
		p.refuse("An expression attribute name used in the document path is not defined; attribute name: %s", t.text)
	}
	p.scope.usedNames[t.text] = true
	return name
}

func (p *parser) value(t token) literal {
	value, defined := p.scope.values[t.text]
	if !defined {
		p.refuse("An expression attribute value used in expression is not defined; attribute value: %s", t.text)
	}
	p.scope.usedValues[t.text] = true
	return literal{t.text, value}
}
