package expression

import (
	"maps"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// Projection is the part of an item that a read asks for.
type Projection []Path

// Projection parses a ProjectionExpression.
func (s *Scope) Projection(text string) (paths Projection, err error) {
	err = s.parse("ProjectionExpression", text, func(p *parser) {
		paths = list(p, p.path)
		p.distinct(paths)
	})
	return paths, err
}

// Of is the item reduced to the projection. Selected list elements close ranks.
func (p Projection) Of(item attribute.Item) attribute.Item {
	projected, ok := project(item, p)
	if !ok {
		return attribute.Item{}
	}
	return projected.(attribute.Map)
}

func project(v attribute.Value, paths []Path) (attribute.Value, bool) {
	inner := map[step][]Path{}
	for _, path := range paths {
		if len(path) == 0 {
			return v, true
		}
		inner[path[0]] = append(inner[path[0]], path[1:])
	}
	switch v := v.(type) {
	case attribute.Map:
		projected := attribute.Map{}
		for s, rest := range inner {
			if at, ok := follow(v, Path{s}); ok {
				if part, ok := project(at, rest); ok {
					projected[s.name] = part
				}
			}
		}
		return projected, len(projected) > 0
	case attribute.List:
		var projected attribute.List
		for _, s := range slices.SortedFunc(maps.Keys(inner), func(a, b step) int { return a.index - b.index }) {
			if at, ok := follow(v, Path{s}); ok {
				if part, ok := project(at, inner[s]); ok {
					projected = append(projected, part)
				}
			}
		}
		return projected, len(projected) > 0
	}
	return nil, false
}
