package stack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxTemplate is the largest template that CloudFormation takes, in bytes (CloudFormation quotas, template body in S3).
const maxTemplate = 1 << 20

// Deployment is what a template's pseudo parameters stand for.
type Deployment struct {
	Name   string // AWS::StackName
	Region string // AWS::Region
}

// Read gives the tables, queues and keys of a template as it would be deployed. Parameters have their defaults. Every
// error names the line.
func Read(source []byte, d Deployment) (Stack, error) {
	root, err := parse(source)
	if err != nil {
		return Stack{}, err
	}
	r := &reader{deployment: d}
	sections := r.mapping(root)
	r.parameters = r.mapping(sections["Parameters"])
	r.resources = r.mapping(sections["Resources"])
	if r.err == nil && len(r.resources) == 0 {
		r.fail(root, "a template needs Resources")
	}
	s := r.stack(sections["Resources"])
	if r.err != nil {
		return Stack{}, r.err
	}
	return s, nil
}

func parse(source []byte) (*yaml.Node, error) {
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("line 1: a template of %d bytes, the limit is %d", len(source), maxTemplate)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("line 1: not a YAML document: %w", err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: more than one YAML document", max(more.Line, 1))
	}
	return document.Content[0], nil
}

func (r *reader) stack(resources *yaml.Node) Stack {
	s := Stack{Name: r.deployment.Name}
	aliases := map[string]string{} // by the key's logical id
	for _, id := range keysOf(resources) {
		n := r.resources[id]
		switch kind := r.kindOf(n); {
		case kind == "AWS::DynamoDB::Table":
			s.Tables = append(s.Tables, r.table(id, n))
		case kind == "AWS::SQS::Queue":
			s.Queues = append(s.Queues, r.queue(id, n))
		case kind == "AWS::KMS::Key":
			s.Keys = append(s.Keys, r.key(id, n))
		case kind == "AWS::KMS::Alias":
			r.alias(n, aliases)
		case ours(kind):
			r.fail(n, "%s: a resource of type %s is not understood", id, kind)
		}
	}
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Alias = aliases[k.LogicalID]; k.Alias == "" {
			r.fail(r.resources[k.LogicalID], "%s needs an alias, by which it is found again", k.LogicalID)
		}
	}
	r.distinct(s)
	return s
}

// ours reports whether a resource of that type would be missing if it were passed over.
func ours(kind string) bool {
	return kind == "AWS::Serverless::SimpleTable" || slices.ContainsFunc(
		[]string{"AWS::DynamoDB::", "AWS::SQS::", "AWS::KMS::"},
		func(service string) bool { return strings.HasPrefix(kind, service) })
}

// distinct refuses two resources of one service with one name: the second would be taken for the first.
func (r *reader) distinct(s Stack) {
	seen := map[string]bool{}
	check := func(service, name, id string) {
		if seen[service+name] {
			r.fail(r.resources[id], "%s: there is another %s with the name %q", id, service, name)
		}
		seen[service+name] = true
	}
	for _, t := range s.Tables {
		check("table", t.Name, t.LogicalID)
	}
	for _, q := range s.Queues {
		check("queue", q.Name, q.LogicalID)
	}
	for _, k := range s.Keys {
		check("alias", k.Alias, k.LogicalID)
	}
}
