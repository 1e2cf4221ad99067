package stack

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader walks a template. It keeps its first error and then gives zero values, so that the code that reads a resource
// is as long as the resource. An absent node (nil) gives a zero value or the default named.
type reader struct {
	deployment Deployment
	parameters map[string]*yaml.Node
	resources  map[string]*yaml.Node
	err        error
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...))
	}
}

// mapping gives a mapping's values by key. Absent, it is empty.
func (r *reader) mapping(n *yaml.Node) map[string]*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode || n.Tag != "!!map" {
		r.fail(n, "expected a mapping")
		return nil
	}
	values := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" {
			r.fail(key, "expected a name")
			return nil
		}
		if values[key.Value] != nil {
			r.fail(key, "%s stands here twice", key.Value)
			return nil
		}
		values[key.Value] = n.Content[i+1]
	}
	return values
}

// fields is mapping, with every key among the known ones.
func (r *reader) fields(n *yaml.Node, known ...string) map[string]*yaml.Node {
	values := r.mapping(n)
	for _, name := range keysOf(n) {
		if !slices.Contains(known, name) {
			r.fail(values[name], "%s is not understood", name)
			return nil
		}
	}
	return values
}

// keysOf gives a mapping's keys in their order.
func keysOf(n *yaml.Node) []string {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var keys []string
	for i := 0; i < len(n.Content); i += 2 {
		keys = append(keys, n.Content[i].Value)
	}
	return keys
}

func (r *reader) list(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode || n.Tag != "!!seq" {
		r.fail(n, "expected a list")
		return nil
	}
	return n.Content
}

// text gives a text as it is once references to parameters are resolved.
func (r *reader) text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	v := r.evaluate(n)
	if v.resource != "" {
		r.fail(n, "expected a text, found a reference to %s", v.resource)
	}
	return v.text
}

func (r *reader) oneOf(n *yaml.Node, standard string, allowed ...string) string {
	if n == nil {
		return standard
	}
	text := r.text(n)
	if !slices.Contains(allowed, text) {
		r.fail(n, "%q is not understood here, only %q", text, allowed)
	}
	return text
}

func (r *reader) flag(n *yaml.Node) bool {
	return r.oneOf(n, "false", "true", "false") == "true"
}

func (r *reader) number(n *yaml.Node, standard, least, most int) int {
	if n == nil {
		return standard
	}
	number, err := strconv.Atoi(r.text(n))
	if err != nil || number < least || number > most {
		r.fail(n, "expected a number from %d to %d", least, most)
		return standard
	}
	return number
}

func (r *reader) seconds(n *yaml.Node, standard, least, most int) time.Duration {
	return time.Duration(r.number(n, standard, least, most)) * time.Second
}
