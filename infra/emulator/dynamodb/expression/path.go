package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// Path leads to an attribute or into a document.
type Path []step

// step is an attribute's name, or an index into a list if name is empty.
type step struct {
	name  string
	index int
}

// Root is the top-level attribute.
func (p Path) Root() string { return p[0].name }

// String is the form in DynamoDB's messages: [a, b, [0]].
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.name
		if s.name == "" {
			parts[i] = fmt.Sprintf("[%d]", s.index)
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// value is what the path leads to in the item.
func (p Path) value(item attribute.Item) (attribute.Value, bool) {
	return follow(item, p)
}

func follow(v attribute.Value, path Path) (attribute.Value, bool) {
	for _, s := range path {
		switch document := v.(type) {
		case attribute.Map:
			inner, ok := document[s.name]
			if s.name == "" || !ok {
				return nil, false
			}
			v = inner
		case attribute.List:
			if s.name != "" || s.index >= len(document) {
				return nil, false
			}
			v = document[s.index]
		default:
			return nil, false
		}
	}
	return v, true
}

func (p *parser) path() Path {
	path := Path{{name: p.pathName()}}
	for {
		switch {
		case p.symbol("."):
			path = append(path, step{name: p.pathName()})
		case p.symbol("["):
			t := p.peek()
			index, err := strconv.ParseInt(t.text, 10, 32)
			if t.kind != indexToken || err != nil {
				p.syntax()
			}
			p.take()
			p.expect("]")
			path = append(path, step{index: int(index)})
		default:
			return path
		}
	}
}

func (p *parser) pathName() string {
	switch t := p.peek(); t.kind {
	case wordToken:
		if reserved[strings.ToUpper(t.text)] {
			p.refuse("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
		}
		return p.take().text
	case nameToken:
		return p.name(p.take())
	}
	p.syntax()
	return ""
}

// distinct refuses paths of which one lies in another, or which want one place to be both a list and a map.
func (p *parser) distinct(paths []Path) {
	for i, one := range paths {
		for _, two := range paths[:i] {
			common := 0
			for common < len(one) && common < len(two) && one[common] == two[common] {
				common++
			}
			switch {
			case common == len(one) || common == len(two):
				p.refuse("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %v, path two: %v", two, one)
			case (one[common].name == "") != (two[common].name == ""):
				p.refuse("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %v, path two: %v", two, one)
			}
		}
	}
}
