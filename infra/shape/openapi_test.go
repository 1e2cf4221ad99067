package shape_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/shape"
	"github.com/zenvault/zenvault/shared/edge"
)

type node = map[string]any

func openAPI(t *testing.T) node {
	t.Helper()
	var document node
	if err := json.Unmarshal([]byte(read(t, "infra/openapi.json")), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// operations gives every operation under its method and path.
func operations(document node) map[string]node {
	all := map[string]node{}
	for path, item := range document["paths"].(node) {
		for method, operation := range item.(node) {
			all[strings.ToUpper(method)+" "+path] = operation.(node)
		}
	}
	return all
}

// visit calls do with every reference of the document.
func visit(value any, do func(reference string)) {
	switch v := value.(type) {
	case node:
		for name, member := range v {
			if reference, ok := member.(string); ok && name == "$ref" {
				do(reference)
			}
			visit(member, do)
		}
	case []any:
		for _, element := range v {
			visit(element, do)
		}
	}
}

func resolve(document node, reference string) bool {
	var at any = document
	for _, step := range strings.Split(strings.TrimPrefix(reference, "#/"), "/") {
		object, ok := at.(node)
		if !ok || object[step] == nil {
			return false
		}
		at = object[step]
	}
	return true
}

// Every reference leads somewhere, and every component is referred to.
func TestOpenAPIReferences(t *testing.T) {
	document := openAPI(t)
	used := map[string]bool{}
	visit(document, func(reference string) {
		used[reference] = true
		if !resolve(document, reference) {
			t.Errorf("%s leads nowhere", reference)
		}
	})
	for kind, named := range document["components"].(node) {
		for name := range named.(node) {
			if kind != "securitySchemes" && !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing refers to %s/%s", kind, name)
			}
		}
	}
}

// The operations are the table's routes, each under its own id, with the parameters of its path and the header where it
// counts.
func TestOpenAPIOperations(t *testing.T) {
	document := openAPI(t)
	found := operations(document)
	ids := map[string]string{}
	for place, operation := range found {
		ids[place] = operation["operationId"].(string)
	}
	want := map[string]string{}
	for _, s := range shape.Specs() {
		if s.HTTP() {
			want[s.Method+" "+s.Path] = s.Name
			parameters(t, s, found[s.Method+" "+s.Path])
			secured(t, document, s, found[s.Method+" "+s.Path])
		}
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("operations (-table +document):\n%s", diff)
	}
	if unique := slices.Compact(slices.Sorted(maps.Values(ids))); len(unique) != len(ids) {
		t.Errorf("%d operation ids for %d operations", len(unique), len(ids))
	}
}

func parameters(t *testing.T, s edge.Spec, operation node) {
	var wanted, declared []string
	for _, match := range regexp.MustCompile(`\{([^}]*)\}`).FindAllStringSubmatch(s.Path, -1) {
		wanted = append(wanted, match[1])
	}
	once := false
	list, _ := operation["parameters"].([]any)
	for _, p := range list {
		parameter := p.(node)
		switch {
		case parameter["$ref"] == "#/components/parameters/IdempotencyKey":
			once = true
		case parameter["in"] == "path":
			declared = append(declared, parameter["name"].(string))
		}
	}
	if diff := cmp.Diff(wanted, declared); diff != "" {
		t.Errorf("%s: parameters of the path (-path +document):\n%s", s.Name, diff)
	}
	if once != shape.TakesIdempotencyKey(s) {
		t.Errorf("%s: Idempotency-Key declared: %t", s.Name, once)
	}
}

// secured checks that a route is open in the document only if it is public or a callback, and that the scheme exists.
func secured(t *testing.T, document node, s edge.Spec, operation node) {
	open := s.Guard.Kind == edge.PublicGuard || s.Guard.Kind == edge.CallbackGuard
	requirements := operation["security"].([]any)
	if open != (len(requirements) == 0) {
		t.Errorf("%s: security %v", s.Name, requirements)
	}
	for _, requirement := range requirements {
		for scheme := range requirement.(node) {
			if !resolve(document, "#/components/securitySchemes/"+scheme) {
				t.Errorf("%s: there is no scheme %s", s.Name, scheme)
			}
		}
	}
	if operation["responses"].(node)["default"] == nil {
		t.Errorf("%s: errors are not described", s.Name)
	}
}

// Known callers are told what is left of their limit, and whoever is refused by one how long to wait. Raw bodies have the media
// types in which they come and go.
func TestOpenAPILimitsAndMediaTypes(t *testing.T) {
	document := openAPI(t)
	names := func(of any) []string {
		headers, _ := of.(node)
		return slices.Sorted(maps.Keys(headers))
	}
	media := map[string]string{}
	for _, s := range shape.Specs() {
		if !s.HTTP() {
			continue
		}
		operation := operations(document)[s.Method+" "+s.Path]
		responses := operation["responses"].(node)
		if diff := cmp.Diff(node{"$ref": "#/components/responses/TooMany"}, responses["429"]); diff != "" {
			t.Errorf("%s: 429 (-want +got):\n%s", s.Name, diff)
		}
		success := responses[strconv.Itoa(max(200, s.Status))].(node)
		known := s.Guard.Kind == edge.AdminGuard || s.Guard.Kind == edge.KeyGuard
		if told := slices.Contains(names(success["headers"]), "RateLimit") && slices.Contains(names(success["headers"]), "RateLimit-Policy"); told != known {
			t.Errorf("%s: the caller is known: %t, and told what is left: %t", s.Name, known, told)
		}
		if s.Takes+s.Gives != "" {
			var takes []string
			if body, ok := operation["requestBody"].(node); ok {
				takes = names(body["content"])
			}
			media[s.Name] = strings.Join(takes, " ") + " > " + strings.Join(names(success["content"]), " ")
		}
	}
	want := map[string]string{"session-jwks": " > application/jwk-set+json", "cosign-fireblocks": "text/plain > text/plain", "cosign-fireblocksconfig": "text/plain > text/plain",
		"cosign-cobo": "application/x-www-form-urlencoded > application/json", "cosign-safeheron": "application/json > application/json"}
	if diff := cmp.Diff(want, media); diff != "" {
		t.Errorf("raw bodies (-want +got):\n%s", diff)
	}
	for _, name := range []string{"Problem", "TooMany"} {
		response := document["components"].(node)["responses"].(node)[name].(node)
		if diff := cmp.Diff([]string{"RateLimit", "RateLimit-Policy", "Retry-After"}, names(response["headers"])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Of the schemas: a secret is only sent, a time says its unit, what may be missing is not required, and an input takes
// no other members.
func TestOpenAPISchemas(t *testing.T) {
	schemas := openAPI(t)["components"].(node)["schemas"].(node)
	want := node{"type": "object", "additionalProperties": false, "required": []any{"email", "password"}, "properties": node{
		"email":        node{"type": "string"},
		"password":     node{"type": "string", "format": "password", "writeOnly": true},
		"device_token": node{"type": "string", "format": "password", "writeOnly": true},
	}}
	if diff := cmp.Diff(want, schemas["SessionLoginInput"]); diff != "" {
		t.Errorf("SessionLoginInput (-want +got):\n%s", diff)
	}
	want = node{"type": "object", "required": []any{"items"}, "properties": node{
		"items": node{"type": "array", "items": node{"$ref": "#/components/schemas/TrailView"}},
		"next":  node{"type": "string"},
	}}
	if diff := cmp.Diff(want, schemas["TrailViewPage"]); diff != "" {
		t.Errorf("TrailViewPage (-want +got):\n%s", diff)
	}
	view := schemas["ApikeyCreated"].(node)
	revoked := view["properties"].(node)["revoked_at"]
	if diff := cmp.Diff(node{"type": "integer", "format": "int64", "description": "Unix time in milliseconds."}, revoked); diff != "" {
		t.Errorf("revoked_at (-want +got):\n%s", diff)
	}
	if required := view["required"].([]any); slices.Contains(required, any("revoked_at")) || !slices.Contains(required, any("created_at")) {
		t.Errorf("required are %v", required)
	}
}
