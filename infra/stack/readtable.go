package stack

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

func (r *reader) table(id string, n *yaml.Node) Table {
	p := r.properties(n, "TableName", "BillingMode", "DeletionProtectionEnabled", "PointInTimeRecoverySpecification",
		"SSESpecification", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "TimeToLiveSpecification",
		"StreamSpecification")
	if r.oneOf(p["BillingMode"], "PROVISIONED", "PAY_PER_REQUEST") != "PAY_PER_REQUEST" {
		r.fail(n, "needs BillingMode PAY_PER_REQUEST")
	}
	types := r.attributeTypes(p["AttributeDefinitions"])
	used := map[string]bool{}
	t := Table{
		LogicalID: id, Name: r.need(n, p, "TableName"),
		PrimaryKey:          r.primaryKey(n, p["KeySchema"], types, used),
		TimeToLive:          r.timeToLive(p["TimeToLiveSpecification"]),
		Stream:              r.stream(p["StreamSpecification"]),
		KMSKey:              r.tableEncryption(p["SSESpecification"]),
		PointInTimeRecovery: r.flag(r.fields(p["PointInTimeRecoverySpecification"], "PointInTimeRecoveryEnabled")["PointInTimeRecoveryEnabled"]),
		DeletionProtection:  r.flag(p["DeletionProtectionEnabled"]),
	}
	for _, index := range r.list(p["GlobalSecondaryIndexes"]) {
		t.Indexes = append(t.Indexes, r.index(index, types, used))
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if !used[name] { // DynamoDB refuses it too
			r.fail(p["AttributeDefinitions"], "the attribute %s is part of no key", name)
		}
	}
	return t
}

func (r *reader) attributeTypes(n *yaml.Node) map[string]string {
	types := map[string]string{}
	for _, definition := range r.list(n) {
		f := r.fields(definition, "AttributeName", "AttributeType")
		name := r.need(definition, f, "AttributeName")
		if types[name] != "" {
			r.fail(definition, "the attribute %s is defined twice", name)
		}
		types[name] = r.oneOf(f["AttributeType"], "", "S", "N", "B")
	}
	return types
}

// primaryKey reads a KeySchema and marks its attributes as used.
func (r *reader) primaryKey(owner, n *yaml.Node, types map[string]string, used map[string]bool) PrimaryKey {
	elements := r.list(n)
	if len(elements) == 0 || len(elements) > 2 {
		r.fail(owner, "needs a KeySchema of one or two attributes")
		return PrimaryKey{}
	}
	var attributes [2]Attribute
	for i, element := range elements {
		f := r.fields(element, "AttributeName", "KeyType")
		r.oneOf(f["KeyType"], "", []string{"HASH", "RANGE"}[i])
		name := r.need(element, f, "AttributeName")
		if types[name] == "" || f["KeyType"] == nil {
			r.fail(element, "needs a KeyType, and %q among the AttributeDefinitions", name)
		}
		attributes[i], used[name] = Attribute{Name: name, Type: types[name]}, true
	}
	return PrimaryKey{Partition: attributes[0], Sort: attributes[1]}
}

func (r *reader) index(n *yaml.Node, types map[string]string, used map[string]bool) Index {
	f := r.fields(n, "IndexName", "KeySchema", "Projection")
	projection := r.fields(f["Projection"], "ProjectionType", "NonKeyAttributes")
	index := Index{
		Name: r.need(n, f, "IndexName"), PrimaryKey: r.primaryKey(n, f["KeySchema"], types, used),
		Projection: r.oneOf(projection["ProjectionType"], "", "ALL", "KEYS_ONLY", "INCLUDE"),
	}
	for _, name := range r.list(projection["NonKeyAttributes"]) {
		index.Include = append(index.Include, r.text(name))
	}
	if index.Projection == "" || (index.Projection == "INCLUDE") != (len(index.Include) > 0) {
		r.fail(n, "needs a ProjectionType, and NonKeyAttributes for INCLUDE only")
	}
	return index
}

func (r *reader) timeToLive(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	f := r.fields(n, "AttributeName", "Enabled")
	if !r.flag(f["Enabled"]) {
		r.fail(n, "a TimeToLiveSpecification that is not enabled is not understood")
	}
	return r.need(n, f, "AttributeName")
}

func (r *reader) stream(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	view := r.fields(n, "StreamViewType")["StreamViewType"]
	if view == nil {
		r.fail(n, "needs a StreamViewType")
	}
	return r.oneOf(view, "", "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
}

func (r *reader) tableEncryption(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	f := r.fields(n, "SSEEnabled", "SSEType", "KMSMasterKeyId")
	if !r.flag(f["SSEEnabled"]) {
		r.fail(n, "an SSESpecification that is not enabled is not understood")
	}
	r.oneOf(f["SSEType"], "KMS", "KMS")
	return r.resource(f["KMSMasterKeyId"], "AWS::KMS::Key", "", "Arn")
}
