package expression

import (
	"maps"
	"slices"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

var (
	errPath    = protocol.Invalid("The document path provided in the update expression is invalid for update")
	errMissing = protocol.Invalid("The provided expression refers to an attribute that does not exist in the item")
)

// edit answers the document with another value at the path, nil for none, copying what lies on the way.
func edit(document attribute.Value, path Path, to attribute.Value) (attribute.Value, error) {
	if len(path) == 0 {
		return to, nil
	}
	switch of := document.(type) {
	case attribute.Map:
		if path[0].name != "" {
			return editMap(of, path, to)
		}
	case attribute.List:
		if path[0].name == "" {
			return editList(of, path, to)
		}
	}
	return nil, errPath
}

func editMap(m attribute.Map, path Path, to attribute.Value) (attribute.Value, error) {
	name := path[0].name
	inner, ok := m[name]
	if !ok && len(path) > 1 {
		return nil, errPath
	}
	edited, err := edit(inner, path[1:], to)
	if err != nil {
		return nil, err
	}
	copied := maps.Clone(m)
	if edited == nil {
		delete(copied, name)
	} else {
		copied[name] = edited
	}
	return copied, nil
}

func editList(l attribute.List, path Path, to attribute.Value) (attribute.Value, error) {
	at := path[0].index
	switch {
	case at >= len(l) && len(path) > 1:
		return nil, errPath
	case at >= len(l) && to == nil:
		return l, nil
	case at >= len(l):
		return append(slices.Clone(l), to), nil
	}
	edited, err := edit(l[at], path[1:], to)
	if err != nil {
		return nil, err
	}
	copied := slices.Clone(l)
	if edited == nil {
		return slices.Delete(copied, at, at+1), nil
	}
	copied[at] = edited
	return copied, nil
}
