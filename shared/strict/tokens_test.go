package strict_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/strict"
)

type kept struct {
	Raw json.RawMessage `json:"raw,omitempty"`
}

// A raw member is kept as it is written; null is absent to a lenient reader, and duplicates inside are refused.
func TestRaw(t *testing.T) {
	for text, want := range map[string]string{
		`{"raw":1.50}`: `1.50`, `{"raw" : "a\"b" }`: `"a\"b"`, `{"raw":{"a": [1, {"b":null}]}, "more":1}`: `{"a": [1, {"b":null}]}`,
		`{"raw":[]}`: `[]`, `{"raw":false}`: `false`, `{"raw":""}`: `""`, `{"raw":null}`: ``, `{}`: ``,
	} {
		var got kept
		if err := strict.DecodeLenient([]byte(text), &got); err != nil || string(got.Raw) != want {
			t.Errorf("%s: kept %s, %v, want %s", text, got.Raw, err, want)
		}
	}
	for _, text := range []string{`{"raw":{"a":1,"a":2}}`, `{"raw":`, `{"raw":tru}`, `{"raw":1}}`} {
		if err := strict.DecodeLenient([]byte(text), new(kept)); err == nil {
			t.Errorf("%s: taken", text)
		}
	}
	if err := strict.Decode([]byte(`{"raw":null}`), new(kept)); err == nil {
		t.Error("null is taken for a member")
	}
}

// Every valid document is taken, and read as encoding/json reads it: strings, numbers and nesting.
func FuzzRaw(f *testing.F) {
	for _, seed := range []string{`1`, `-0.5e+7`, `"a\\"`, `"\u0041\ud83d\ude00\ud800"`, `[[],{},[1,"]"],{"}":":,"}]`, `true`, ` [ 1 , 2 ] `, `"é"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		document := append(append([]byte(`{"raw":`), value...), '}')
		var got kept
		err := strict.DecodeLenient(document, &got)
		if !json.Valid(document) || bytes.Equal(bytes.TrimSpace(value), []byte("null")) {
			return
		}
		var want struct {
			Raw json.RawMessage `json:"raw"`
		}
		if json.Unmarshal(document, &want) != nil || err != nil { // what is refused has duplicates, or is too deep, or not UTF-8
			return
		}
		if diff := cmp.Diff(string(want.Raw), string(got.Raw)); diff != "" {
			t.Error(diff)
		}
	})
}

type words struct {
	Texts   []string      `json:"texts,omitempty"`
	Numbers []json.Number `json:"numbers,omitempty"`
	Flags   []bool        `json:"flags,omitempty"`
}

// Strings with every escape, numbers in every form and flags are read as encoding/json reads them.
func TestTokens(t *testing.T) {
	text := []byte(`{"texts":["","a","\"","\\","\/\b\f\n\r\t","\u00e9\ud83d\ude00","\\\"",",:{}[]","\ud800"],
		"numbers":[0,-1,1.0,1e5,1E+5,-1.25e-7,123456789012345678901234567890] , "flags" :[true,false , true]}`)
	var got, want words
	if err := strict.Decode(text, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
