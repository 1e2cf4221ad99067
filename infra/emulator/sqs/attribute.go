package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// attribute is a message attribute: a String, a Number or a Binary.
type attribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

// maxAttributes is how many attributes a message may have (SQS quotas).
const maxAttributes = 10

var attributeName = regexp.MustCompile(`^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$`)

func checkMessageAttributes(attributes map[string]attribute) error {
	if len(attributes) > maxAttributes {
		return invalid("MessageAttributes", len(attributes), "Number of message attributes exceeds the allowed maximum (10).")
	}
	for name, a := range attributes {
		lower := strings.ToLower(name)
		if len(name) > 256 || !attributeName.MatchString(name) || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") {
			return invalid("MessageAttributes", name, "The message attribute name is invalid.")
		}
		if err := a.check(name); err != nil {
			return err
		}
	}
	return nil
}

func (a attribute) check(name string) error {
	kind, _, _ := strings.Cut(a.DataType, ".")
	hasText := a.StringValue != nil && *a.StringValue != ""
	switch {
	case len(a.DataType) > 256:
		return invalid("MessageAttributes", name, "The data type is too long.")
	case (kind == "String" || kind == "Number") && hasText && a.BinaryValue == nil:
		return checkText(*a.StringValue)
	case kind == "Binary" && len(a.BinaryValue) > 0 && a.StringValue == nil:
		return nil
	case kind == "String" || kind == "Number" || kind == "Binary":
		return invalid("MessageAttributes", name, "The message attribute must contain a non-empty value of its type.")
	}
	return invalid("MessageAttributes", name, "The type must be String, Number or Binary.")
}

// size is what attributes count towards the size of their message: names, types and values.
func size(attributes map[string]attribute) int {
	n := 0
	for name, a := range attributes {
		n += len(name) + len(a.DataType) + len(a.value())
	}
	return n
}

func (a attribute) value() []byte {
	if a.StringValue != nil {
		return []byte(*a.StringValue)
	}
	return a.BinaryValue
}

func digest(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// attributesDigest is MD5OfMessageAttributes ("Calculating the MD5 message digest for message attributes", SQS
// Developer Guide); empty for no attributes.
func attributesDigest(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	add := func(part []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		add([]byte(name))
		add([]byte(a.DataType))
		transport := byte(1)
		if a.StringValue == nil {
			transport = 2
		}
		b = append(b, transport)
		add(a.value())
	}
	return digest(string(b))
}

// selected returns the attributes that a receive asks for: by name, or all by "All" and ".*".
func selected(attributes map[string]attribute, asked []string) map[string]attribute {
	chosen := map[string]attribute{}
	for name, a := range attributes {
		if slices.ContainsFunc(asked, func(pattern string) bool { return pattern == name || pattern == "All" || pattern == ".*" }) {
			chosen[name] = a
		}
	}
	return chosen
}
