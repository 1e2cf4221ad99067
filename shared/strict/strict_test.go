package strict_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
)

type inner struct {
	Count int64 `json:"count"`
}

type document struct {
	Name     string            `json:"name"`
	On       bool              `json:"on,omitempty"`
	Amount   json.Number       `json:"amount,omitempty"`
	List     []inner           `json:"list,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Pointer  *inner            `json:"pointer,omitempty"`
	Owner    tenant.ID         `json:"owner,omitempty"`
	Hidden   string
	Excluded string `json:"-"`
}

// Every member of a well-formed document arrives, and numbers keep their text.
func TestDecode(t *testing.T) {
	var got document
	text := `{"name":"a","on":true,"amount":0.00100000,"list":[{"count":1},{"count":-2}],"labels":{"x/y":"z"},"pointer":{"count":3},
		"owner":"ws_eucentral1_01jd0000000000000000000000"}`
	if err := strict.Decode([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	owner, _ := tenant.Parse("ws_eucentral1_01jd0000000000000000000000")
	want := document{Name: "a", On: true, Amount: "0.00100000", List: []inner{{1}, {-2}}, Labels: map[string]string{"x/y": "z"},
		Pointer: &inner{3}, Owner: owner}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b tenant.ID) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

// Whatever is not exactly right is refused, and the refusal names the member.
func TestRefusals(t *testing.T) {
	tests := []struct{ name, text, pointer, problem string }{
		{"not JSON", `{"name":`, "/name", "is not valid JSON"},
		{"empty", ``, "", "is not valid JSON"},
		{"not an object", `[]`, "", "is not an object"},
		{"missing", `{}`, "/name", "is missing"},
		{"missing inside", `{"name":"a","list":[{}]}`, "/list/0/count", "is missing"},
		{"unknown", `{"name":"a","more":1}`, "/more", "is not known here"},
		{"other case", `{"Name":"a"}`, "/Name", "is not known here"},
		{"untagged field", `{"name":"a","Hidden":"b"}`, "/Hidden", "is not known here"},
		{"excluded field", `{"name":"a","-":"b"}`, "/-", "is not known here"},
		{"twice", `{"name":"a","name":"a"}`, "/name", "is given twice"},
		{"twice by escape", `{"name":"a","n\u0061me":"b"}`, "/name", "is given twice"},
		{"twice in a map", `{"name":"a","labels":{"x/y":"1","x/y":"2"}}`, "/labels/x~1y", "is given twice"},
		{"null", `{"name":null}`, "/name", "is null"},
		{"number for text", `{"name":1}`, "/name", "is not a string"},
		{"text for number", `{"name":"a","amount":"1"}`, "/amount", "is not a number"},
		{"fraction for integer", `{"name":"a","pointer":{"count":1.5}}`, "/pointer/count", "is not an integer in range"},
		{"too large", `{"name":"a","pointer":{"count":9223372036854775808}}`, "/pointer/count", "is not an integer in range"},
		{"text for flag", `{"name":"a","on":"true"}`, "/on", "is not true or false"},
		{"object for list", `{"name":"a","list":{}}`, "/list", "is not an array"},
		{"malformed id", `{"name":"a","owner":"ws_1"}`, "/owner", "is malformed"},
		{"two documents", `{"name":"a"}{}`, "", "has data after its end"},
		{"not UTF-8", "{\"name\":\"\xff\"}", "", "is not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := strict.Decode([]byte(tt.text), new(document))
			var refusal *strict.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if refusal.Pointer != tt.pointer || refusal.Problem != tt.problem {
				t.Errorf("got %q %q, want %q %q", refusal.Pointer, refusal.Problem, tt.pointer, tt.problem)
			}
		})
	}
}

// A lenient decoder skips what it does not know, but not duplicates within it, and takes null as absent.
func TestDecodeLenient(t *testing.T) {
	var got document
	if err := strict.DecodeLenient([]byte(`{"new":{"a":[1,{"b":null}]},"name":"a","on":null}`), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "a" {
		t.Errorf("got %+v", got)
	}
	for _, text := range []string{`{"new":{"a":1,"a":2}}`, `{"new":1,"new":2}`, `{"new":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`} {
		if err := strict.DecodeLenient([]byte(text), &got); err == nil {
			t.Errorf("%.40s: taken", text)
		}
	}
}

// What Decode takes, encoding/json takes too, with the same result; nothing makes it panic.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"name":"a"}`, `{"name":"a","list":[{"count":1}]}`, `{"name":"a","name":"b"}`, `{"labels":{"a":"b"}}`, `[`, `{"n\u0061me":""}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want document
		strict.DecodeLenient(data, new(document))
		if strict.Decode(data, &got) != nil {
			return
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b tenant.ID) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
	})
}
