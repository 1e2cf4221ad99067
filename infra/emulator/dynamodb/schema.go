package dynamodb

import (
	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// keyPart is one attribute of a key.
type keyPart struct {
	name string
	kind string // S, N or B
}

// schema is a key: the partition's attribute and, unless its name is empty, the sort attribute.
type schema struct{ partition, sort keyPart }

func (s schema) parts() []keyPart {
	if s.sort.name == "" {
		return []keyPart{s.partition}
	}
	return []keyPart{s.partition, s.sort}
}

func (s schema) has(name string) bool {
	return name == s.partition.name || name == s.sort.name
}

// Lengths of key values in bytes (Amazon DynamoDB Developer Guide, "Service quotas").
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
)

var errKeyShape = protocol.Invalid("The provided key element does not match the schema")

// checkKey is for a Key of a request: the schema's attributes and no others.
func (s schema) checkKey(key attribute.Item) error {
	if len(key) != len(s.parts()) {
		return errKeyShape
	}
	for _, part := range s.parts() {
		if v, ok := key[part.name]; !ok || v.Type() != part.kind {
			return errKeyShape
		}
	}
	return s.checkLengths(key)
}

// checkItem is for an item to store under the schema.
func (s schema) checkItem(item attribute.Item) error {
	for _, part := range s.parts() {
		v, ok := item[part.name]
		if !ok {
			return protocol.Invalid("One or more parameter values were invalid: Missing the key %s in the item", part.name)
		}
		if v.Type() != part.kind {
			return protocol.Invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", part.name, part.kind, v.Type())
		}
	}
	return s.checkLengths(item)
}

func (s schema) checkLengths(item attribute.Item) error {
	for _, part := range s.parts() {
		if empty(item[part.name]) {
			return protocol.Invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", typeNames[part.kind], part.name)
		}
	}
	if attribute.Size(item[s.partition.name]) > maxPartitionKey {
		return protocol.Invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of%d bytes", maxPartitionKey)
	}
	if s.sort.name != "" && attribute.Size(item[s.sort.name]) > maxSortKey {
		return protocol.Invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortKey)
	}
	return nil
}

var typeNames = map[string]string{"S": "string", "B": "binary", "N": "number"}

func empty(v attribute.Value) bool {
	return v == attribute.String("") || v == attribute.Binary("")
}

// place is where an item with checked keys lies.
func (s schema) place(item attribute.Item) place {
	p := place{partition: string(attribute.AppendKey(nil, item[s.partition.name]))}
	if s.sort.name != "" {
		p.sort = string(attribute.AppendKey(nil, item[s.sort.name]))
	}
	return p
}

// keyOf is the key of an item.
func (s schema) keyOf(item attribute.Item) attribute.Item {
	key := attribute.Item{}
	for _, part := range s.parts() {
		key[part.name] = item[part.name]
	}
	return key
}
