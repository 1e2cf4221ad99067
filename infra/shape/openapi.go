package shape

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// OpenAPI gives the OpenAPI 3.1 document of the table's routes, as indented JSON that is the same for the same table.
func OpenAPI(rows []routes.Row) ([]byte, error) {
	s := &schemas{components: object{}, types: map[string]reflect.Type{}}
	// Inputs first: a type that is part of an input is closed, wherever else it is used.
	s.closed = true
	inputs := map[string]object{}
	for _, row := range rows {
		if row.Types == nil {
			continue
		}
		body, err := s.body(row.Spec, row.Types.Input())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.Spec.Name, err)
		}
		inputs[row.Spec.Name] = body
	}
	s.closed = false
	problem, err := s.of(reflect.TypeFor[edge.Problem]())
	if err != nil {
		return nil, err
	}
	paths := map[string]object{}
	for _, row := range rows {
		if row.Types == nil {
			continue
		}
		operation, err := s.operation(row, inputs[row.Spec.Name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", row.Spec.Name, err)
		}
		if paths[row.Spec.Path] == nil {
			paths[row.Spec.Path] = object{}
		}
		paths[row.Spec.Path][strings.ToLower(row.Spec.Method)] = operation
	}
	return encode(object{
		"openapi": "3.1.0",
		"info": object{"title": "zenvault", "version": "1",
			"description": "A custody gateway. Times are Unix milliseconds, amounts exact decimals in strings. Members and parameters that are not described are refused.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		"servers":    []object{{"url": "http://127.0.0.1:8080", "description": "The local gateway."}},
		"paths":      paths,
		"components": components(s.components, problem),
	})
}

func components(schemas, problem object) object {
	return object{
		"schemas": schemas,
		"securitySchemes": object{
			"admin": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
				"description": "The access token of an admin's session, from /v1/auth/login. The role needed is that of the named permission."},
			"apiKey": object{"type": "http", "scheme": "bearer", "bearerFormat": "API key",
				"description": "A workspace's API key. It needs the named scopes. A key with a public key takes, or asks for, signed requests: a JWT in the header Zenvault-Signature (infra/design/signed-requests.md)."},
		},
		"parameters": object{"IdempotencyKey": object{
			"name": "Idempotency-Key", "in": "header", "required": false,
			"description": "Makes a repeat safe: within 24 hours the same key with the same request gets the first answer again, without secrets in it; with another request it is refused.",
			"schema":      object{"type": "string", "minLength": 1, "maxLength": 255, "pattern": `^[!-+\-.-~]+$`}}},
		"headers": object{
			"IdempotencyReplayed": header("true if this is the answer to an earlier request with the same Idempotency-Key.", object{"type": "string"}),
			"RateLimit": header("What is left of the limit that the request counted in, and for how many seconds (draft-ietf-httpapi-ratelimit-headers-11).",
				object{"type": "string", "examples": []string{`"read";r=99;t=60`}}),
			"RateLimitPolicy": header("The limit: how many requests in how many seconds.", object{"type": "string", "examples": []string{`"read";q=100;w=60`}}),
			"RetryAfter":      header("Seconds to wait before trying again, where waiting helps.", object{"type": "integer", "minimum": 1}),
		},
		"responses": object{
			"Problem": object{"description": "What was wrong (RFC 9457).", "headers": fields(allowance, "Retry-After"), "content": problems(problem)},
			"TooMany": object{"description": "Too many requests: wait.", "headers": fields(allowance, "Retry-After"), "content": problems(problem)},
		},
	}
}

// allowance are the fields of an answer to who is told what is left: known callers, and whoever is refused by a limit.
const allowance = "RateLimit RateLimit-Policy"

// fields refers to the header fields of the names.
func fields(names ...string) object {
	all := object{}
	for _, name := range strings.Fields(strings.Join(names, " ")) {
		all[name] = object{"$ref": "#/components/headers/" + strings.ReplaceAll(name, "-", "")}
	}
	return all
}

func header(description string, schema object) object {
	return object{"description": description, "schema": schema}
}

func problems(schema object) object {
	return object{"application/problem+json": object{"schema": schema}}
}

func encode(document object) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(document)
	return out.Bytes(), err
}

// raw describes bytes of a media type that are not JSON of ours; what is in them is the provider's to document.
func raw(media string) (object, error) {
	if media == "" {
		return nil, errors.New("it does not say of which media type its raw body or reply is")
	}
	schema := object{}
	if strings.HasPrefix(media, "text/") {
		schema["type"] = "string"
	}
	return object{media: object{"schema": schema}}, nil
}

// body describes a request's body, nil if there is none.
func (s *schemas) body(spec edge.Spec, input reflect.Type) (object, error) {
	if input == reflect.TypeFor[edge.Raw]() {
		content, err := raw(spec.Takes)
		return object{"required": true, "content": content}, err
	}
	if !members(input) {
		return nil, nil
	}
	schema, err := s.of(input)
	return object{"required": true, "content": object{"application/json": object{"schema": schema}}}, err
}

func (s *schemas) operation(row routes.Row, body object) (object, error) {
	spec := row.Spec
	answer, err := s.answer(spec, row.Types.Output())
	if err != nil {
		return nil, err
	}
	parameters, err := s.parameters(spec, row.Types.Input())
	if err != nil {
		return nil, err
	}
	domain, _, _ := strings.Cut(spec.Name, "-")
	operation := object{"operationId": spec.Name, "summary": spec.Summary, "tags": []string{domain}, "security": security(spec.Guard)}
	if body != nil {
		operation["requestBody"] = body
	}
	headers := object{}
	if len(security(spec.Guard)) > 0 {
		headers = fields(allowance)
	}
	if TakesIdempotencyKey(spec) {
		parameters = append(parameters, object{"$ref": "#/components/parameters/IdempotencyKey"})
		headers["Idempotency-Replayed"] = object{"$ref": "#/components/headers/IdempotencyReplayed"}
	}
	if len(headers) > 0 {
		answer["headers"] = headers
	}
	if len(parameters) > 0 {
		operation["parameters"] = parameters
	}
	operation["responses"] = responses(spec, answer)
	return operation, nil
}

func (s *schemas) answer(spec edge.Spec, output reflect.Type) (object, error) {
	if output == reflect.TypeFor[edge.RawReply]() {
		content, err := raw(spec.Gives)
		return object{"description": "Done.", "content": content}, err
	}
	schema, err := s.of(output)
	return object{"description": "Done.", "content": object{"application/json": object{"schema": schema}}}, err
}

func responses(spec edge.Spec, answer object) object {
	status := spec.Status
	if status == 0 {
		status = http.StatusOK
	}
	problem := object{"$ref": "#/components/responses/Problem"}
	all := object{strconv.Itoa(status): answer, "429": object{"$ref": "#/components/responses/TooMany"}, "default": problem}
	if len(security(spec.Guard)) > 0 {
		all["401"], all["403"] = problem, problem
	}
	return all
}

func security(g edge.Guard) []object {
	switch g.Kind {
	case edge.AdminGuard:
		return []object{{"admin": []string{string(g.Permission)}}}
	case edge.KeyGuard:
		return []object{{"apiKey": g.Scopes}}
	}
	return []object{}
}

var braces = regexp.MustCompile(`\{([^}]*)\}`)

// parameters describes those of the path, in its order, and of the query. A raw input has all of its path's as text.
func (s *schemas) parameters(spec edge.Spec, input reflect.Type) ([]object, error) {
	byName := map[string]reflect.Type{}
	var query []object
	for _, field := range reflect.VisibleFields(input) {
		if name := field.Tag.Get("path"); name != "" {
			byName[name] = field.Type
		}
		name := field.Tag.Get("query")
		if name == "" {
			continue
		}
		schema, err := s.of(field.Type)
		if err != nil {
			return nil, err
		}
		if name == "limit" {
			schema = object{"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
		}
		query = append(query, object{"name": name, "in": "query", "required": false, "schema": schema})
	}
	var all []object
	for _, match := range braces.FindAllStringSubmatch(spec.Path, -1) {
		t, known := byName[match[1]]
		if input == reflect.TypeFor[edge.Raw]() {
			t, known = reflect.TypeFor[string](), true
		}
		if !known {
			return nil, fmt.Errorf("the path's {%s} is not in the input", match[1])
		}
		schema, err := s.of(t)
		if err != nil {
			return nil, err
		}
		all = append(all, object{"name": match[1], "in": "path", "required": true, "schema": schema})
	}
	return append(all, query...), nil
}
