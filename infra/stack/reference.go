package stack

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// value is a text, or a reference to a resource.
type value struct {
	text      string
	resource  string // its logical id
	attribute string // of a GetAtt; empty for a Ref
}

// evaluate understands plain scalars, Ref, Fn::Sub and Fn::GetAtt, each in its short and its long form.
func (r *reader) evaluate(n *yaml.Node) value {
	function, argument := call(n)
	switch function {
	case "":
		if n.Kind == yaml.ScalarNode && slices.Contains([]string{"!!str", "!!int", "!!bool"}, n.Tag) {
			return value{text: n.Value}
		}
		r.fail(n, "expected a text, a number or a flag")
	case "Ref":
		return r.reference(n, argument.Value)
	case "Fn::Sub":
		return value{text: r.substitute(n, argument.Value)}
	case "Fn::GetAtt":
		return r.attributeOf(n, argument)
	default:
		r.fail(n, "%s is not understood here", function)
	}
	return value{}
}

// call takes a function apart. A function that gets what it can't be given here is named, without an argument that
// evaluate could use.
func call(n *yaml.Node) (function string, argument *yaml.Node) {
	switch {
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		function, argument = n.Tag[1:], n
		if function != "Ref" {
			function = "Fn::" + function
		}
	case n.Kind == yaml.MappingNode && len(n.Content) == 2:
		function, argument = n.Content[0].Value, n.Content[1]
	default:
		return "", n
	}
	if function != "Fn::GetAtt" && argument.Kind != yaml.ScalarNode {
		return function + " of other than a text", argument
	}
	return function, argument
}

func (r *reader) reference(n *yaml.Node, name string) value {
	switch name {
	case "AWS::StackName":
		return value{text: r.deployment.Name}
	case "AWS::Region":
		return value{text: r.deployment.Region}
	}
	if r.resources[name] != nil {
		return value{resource: name}
	}
	parameter := r.parameters[name]
	if parameter == nil {
		r.fail(n, "%s is no parameter or resource, and no pseudo parameter understood here", name)
		return value{}
	}
	standard := r.mapping(parameter)["Default"]
	if standard == nil || standard.Kind != yaml.ScalarNode {
		r.fail(n, "the parameter %s has no default", name)
		return value{}
	}
	return value{text: standard.Value}
}

var substitution = regexp.MustCompile(`\$\{[^}]*\}`)

func (r *reader) substitute(n *yaml.Node, pattern string) string {
	return substitution.ReplaceAllStringFunc(pattern, func(found string) string {
		name := found[2 : len(found)-1]
		if literal, is := strings.CutPrefix(name, "!"); is { // "${!x}" stands for "${x}"
			return "${" + literal + "}"
		}
		v := r.reference(n, name)
		if v.resource != "" {
			r.fail(n, "Fn::Sub of the resource %s is not understood here", name)
		}
		return v.text
	})
}

func (r *reader) attributeOf(n, argument *yaml.Node) value {
	id, attribute, found := strings.Cut(argument.Value, ".")
	if argument.Kind == yaml.SequenceNode && len(argument.Content) == 2 {
		id, attribute, found = argument.Content[0].Value, argument.Content[1].Value, true
	}
	if !found || attribute == "" || r.resources[id] == nil {
		r.fail(n, "Fn::GetAtt needs a resource of the template and an attribute")
		return value{}
	}
	return value{resource: id, attribute: attribute}
}

// resource gives the logical id of a resource of the kind, referred to by one of the attributes ("" is Ref).
func (r *reader) resource(n *yaml.Node, kind string, attributes ...string) string {
	if n == nil {
		return ""
	}
	v := r.evaluate(n)
	if r.err != nil {
		return ""
	}
	if v.resource == "" || r.kindOf(r.resources[v.resource]) != kind || !slices.Contains(attributes, v.attribute) {
		r.fail(n, "expected a reference to an %s of the template", kind)
		return ""
	}
	return v.resource
}

func (r *reader) kindOf(resource *yaml.Node) string {
	kind := r.mapping(resource)["Type"]
	if kind == nil || kind.Kind != yaml.ScalarNode || kind.Value == "" {
		r.fail(resource, "a resource needs a Type")
		return ""
	}
	return kind.Value
}

// properties gives a resource's properties, each among the known ones. Of what stands beside them it takes what has no
// bearing on what is made.
func (r *reader) properties(n *yaml.Node, known ...string) map[string]*yaml.Node {
	resource := r.fields(n, "Type", "Properties", "DeletionPolicy", "UpdateReplacePolicy", "Metadata")
	return r.fields(resource["Properties"], known...)
}

// need gives a property that must be there, as a text that is not empty.
func (r *reader) need(n *yaml.Node, properties map[string]*yaml.Node, name string) string {
	text := r.text(properties[name])
	if text == "" {
		r.fail(n, "needs %s", name)
	}
	return text
}
