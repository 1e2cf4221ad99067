package local_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// bad is a request that must be refused.
type bad struct {
	name string
	request
	code string
}

// members are the names of a route's body and whether each is required.
func members(input reflect.Type) map[string]bool {
	all := map[string]bool{}
	for _, field := range reflect.VisibleFields(input) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			all[name] = options == ""
		}
	}
	return all
}

// isBool reports whether true is a good value of a member.
func isBool(input reflect.Type, member string) bool {
	for _, field := range reflect.VisibleFields(input) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if t := field.Type; name == member && (t.Kind() == reflect.Bool || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool) {
			return true
		}
	}
	return false
}

// bodies are the ways in which a body can't be read.
func bodies(row routes.Row, good request) []bad {
	var list []bad
	add := func(name, body, code string) {
		changed := good
		changed.body = body
		list = append(list, bad{name, changed, code})
	}
	limit := row.Spec.MaxBody
	if limit == 0 {
		limit = 64 << 10
	}
	if row.Spec.Guard.Kind == edge.CallbackGuard {
		for name, body := range map[string]string{"nothing": "", "not a token": "{", "JSON": `{"requestId":"x"}`, "dots": "..", "zeros": "\x00\x00",
			"as large as can be": strings.Repeat("a", limit)} {
			add(name, body, "callback_not_authentic")
		}
		add("too large", strings.Repeat("a", limit+1), "body_too_large")
		return list
	}
	known := members(row.Types.Input())
	if len(known) == 0 {
		add("a body", `{}`, "unexpected_body")
		add("too large", strings.Repeat(" ", limit+1), "body_too_large")
		return list
	}
	for name, body := range map[string]string{"nothing": "", "half": good.body[:len(good.body)/2], "null": "null", "a list": "[]", "a text": `"x"`, "a number": "1",
		"two documents": good.body + good.body, "data after the end": good.body + "x", "not UTF-8": good.body[:len(good.body)-1] + ",\"\xff\":1}",
		"an unknown member": good.body[:len(good.body)-1] + `,"no_such_member":1}`, "a member too deep": good.body[:len(good.body)-1] + `,"x":` + strings.Repeat("[", 5000) + "}",
	} {
		add(name, body, through)
	}
	add("too large", good.body+strings.Repeat(" ", limit+1-len(good.body)), "body_too_large")
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(good.body), &values); err != nil {
		panic(err)
	}
	for member, required := range known {
		value := string(values[member])
		if value != "" {
			add("a second "+member, good.body[:len(good.body)-1]+`,"`+member+`":`+value+"}", through)
			add("a second "+member+" by an escape", good.body[:len(good.body)-1]+`,"\u00`+strings.ToLower(hexOf(member[0]))+member[1:]+`":`+value+"}", through)
			add(member+" in another case", strings.Replace(good.body, `"`+member+`"`, `"`+strings.ToUpper(member)+`"`, 1), through)
		}
		for kind, other := range map[string]string{"null": "null", "true": "true", "a map in a list": `[[{}]]`, "a fraction": "0.5", "a map": `{"no_such_member":1}`} {
			if kind == "true" && isBool(row.Types.Input(), member) {
				kind, other = "a text", `"true"`
			}
			add(member+" is "+kind, with(values, member, other), through)
		}
		if required {
			add("no "+member, with(values, member, ""), through)
		}
	}
	return list
}

func hexOf(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// with is the document with another value of a member, or without it.
func with(values map[string]json.RawMessage, member, value string) string {
	changed := map[string]json.RawMessage{}
	for name, old := range values {
		changed[name] = old
	}
	if changed[member] = json.RawMessage(value); value == "" {
		delete(changed, member)
	}
	return marshal(changed)
}

// strangers is what a route says of a well-formed id that nobody has, by the parameter's name; malformed is what it says
// of one that is no id.
var strangers = map[string]struct{ id, unknown, malformed string }{
	"workspace":  {"ws_eucentral1_01jd0000000000000000000000", "workspace_not_found", through},
	"key":        {"key_01jd0000000000000000000000", "api_key_not_found", "api_key_not_found"},
	"cosigner":   {"cos_01jd0000000000000000000000", "cosigner_not_found", "cosigner_not_found"},
	"admin":      {"adm_01jd0000000000000000000000", "admin_not_found", "admin_not_found"},
	"session":    {"ses_01jd0000000000000000000000", "session_not_found", through},
	"connection": {"con_01jd0000000000000000000000", "connection_not_found", through},
	"transfer":   {"tr_01jd0000000000000000000000", "transfer_not_found", "transfer_not_found"},
	"endpoint":   {"ep_01jd0000000000000000000000", "endpoint_not_found", through},
}

// paths are the ways in which a path names nothing.
func paths(t testing.TB, s edge.Spec, good request) []bad {
	t.Helper()
	var list []bad
	pattern, actual := strings.Split(s.Path, "/"), strings.Split(good.path, "/")
	for i, segment := range pattern {
		name, isParameter := strings.CutPrefix(segment, "{")
		if !isParameter {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		stranger, known := strangers[name]
		if !known {
			t.Fatalf("%s: the parameter {%s} is not in this test's table", s.Name, name)
		}
		unknown, malformed := stranger.unknown, stranger.malformed
		if s.Guard.Kind == edge.CallbackGuard {
			unknown, malformed = "callback_not_authentic", "callback_not_authentic"
		}
		add := func(what, value, code string) {
			changed := good
			changed.path = strings.Join(append(append(append([]string{}, actual[:i]...), value), actual[i+1:]...), "/")
			list = append(list, bad{name + " is " + what, changed, code})
		}
		add("nobody's", stranger.id, unknown)
		for what, value := range map[string]string{"a word": "x", "upwards": "..%2f..", "in upper case": strings.ToUpper(stranger.id), "cut": stranger.id[:len(stranger.id)-1],
			"with a hash": stranger.id + "%23", "long": strings.Repeat("a", 900), "with a zero byte": stranger.id + "%00", "not ASCII": "%c3%a9"} {
			add(what, value, malformed)
		}
		add("empty", "", "no_route")
	}
	return list
}

// around are the ways in which the rest of a request is wrong.
func around(s edge.Spec, good request) []bad {
	list := []bad{{"a longer path", request{method: good.method, path: strings.Split(good.path, "?")[0] + "/no/such/path", token: good.token}, "no_route"}}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		if !serves(method, s.Path) {
			wrong := good
			wrong.method = method
			list = append(list, bad{"the method " + method, wrong, "method_not_allowed"})
		}
	}
	if s.Guard.Kind != edge.CallbackGuard {
		query := "?"
		if strings.Contains(good.path, "?") {
			query = "&"
		}
		wrong := good
		wrong.path += query + "no_such_parameter=1"
		list = append(list, bad{"an unknown parameter", wrong, through})
	}
	if edge.TakesOnce(s) {
		for name, keys := range map[string][]string{"empty": {""}, "blank": {"a b"}, "two": {"a", "b"}, "long": {strings.Repeat("k", 256)}, "not ASCII": {"\xc3\xa9"}} {
			wrong := good
			wrong.once, wrong.header = "", map[string][]string{"Idempotency-Key": keys}
			list = append(list, bad{"Idempotency-Key " + name, wrong, through})
		}
	}
	return list
}

// serves reports whether some route takes the method at the path.
func serves(method, path string) bool {
	for _, row := range rows() {
		if row.Spec.Method == method && row.Spec.Path == path {
			return true
		}
	}
	return false
}

// lists are the bad parameters of every list.
func lists(row routes.Row, good request) []bad {
	var list []bad
	if _, paged := row.Types.Input().FieldByName("Paging"); !paged {
		return nil
	}
	base := strings.Split(good.path, "?")[0]
	for _, query := range []string{"limit=-1", "limit=0", "limit=101", "limit=x", "limit=1.5", "limit=", "limit=1&limit=2", "limit=99999999999999999999",
		"cursor=%ff", "cursor=", "cursor=a&cursor=b", "cursor=" + strings.Repeat("a", 2000), "cursor=AAAA", "Limit=1"} {
		list = append(list, bad{query, request{method: "GET", path: base + "?" + query, token: good.token}, through})
	}
	return list
}

// Whatever is wrong with a request, at every route the answer is the one status and code for it, in a problem document
// that names the request, and nothing is written.
func TestBadInput(t *testing.T) {
	v := shared(t)
	for _, row := range rows() {
		t.Run(row.Spec.Name, func(t *testing.T) {
			good := v.example(t, row.Spec)
			list := append(bodies(row, good), paths(t, row.Spec, good)...)
			list = append(append(list, around(row.Spec, good)...), lists(row, good)...)
			before := v.dump(t)
			for _, b := range list {
				got := v.send(t, b.request)
				status, known := statusOf[b.code]
				if !known {
					status = 404
				}
				if got.code() != b.code || got.status != status {
					t.Errorf("%s: got %d %.300s, want %d %s", b.name, got.status, got.body, status, b.code)
				}
				var problem edge.Problem
				if json.Unmarshal(got.body, &problem) != nil || problem.RequestID == "" || problem.RequestID != got.header.Get("X-Request-Id") || problem.Detail == "" {
					t.Errorf("%s: the problem does not tell which request it is of: %s", b.name, got.body)
				}
			}
			unchanged(t, "bad input", before, v.dump(t))
		})
	}
}
