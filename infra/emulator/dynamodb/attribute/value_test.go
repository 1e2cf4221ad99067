package attribute_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/dynamodb/attribute"
)

// everything has each type once, in the form in which it is answered.
const everything = `{"M":{"b":{"B":"AP8="},"bs":{"BS":["AA==","AQ=="]},"f":{"BOOL":false},"l":{"L":[{"S":""},{"L":[]},{"M":{}}]},"n":{"N":"-1.5"},"ns":{"NS":["9","10"]},"s":{"S":"é\u0000\"\\"},"ss":{"SS":["a","b"]},"z":{"NULL":true}}}`

// A value in canonical form comes back byte for byte.
func TestCanonical(t *testing.T) {
	v, err := attribute.Decode([]byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(attribute.AppendJSON(nil, v)); got != everything {
		t.Errorf("got  %s\nwant %s", got, everything)
	}
}

// What is no value is refused, each kind in its words.
func TestDecodeRefused(t *testing.T) {
	deep := strings.Repeat(`{"L":[`, 40) + `{"S":""}` + strings.Repeat(`]}`, 40)
	for text, want := range map[string]string{
		`{}`: "is empty", `{"S":"a","N":"1"}`: "more than one", `{"X":"a"}`: "unknown attribute type", `{"s":"a"}`: "unknown attribute type",
		`{"S":1}`: "SerializationException", `{"N":1}`: "SerializationException", `{"BOOL":"true"}`: "SerializationException", `{"L":{}}`: "SerializationException",
		`{"S":"a"`: "SerializationException", `{"S":"a"} `: "", `{"S":"a"}{`: "SerializationException", ``: "SerializationException", `{"S":"\x"}`: "SerializationException", `{"S":"a\`: "SerializationException",
		`{"B":"A"}`: "Base64", `{"B":"AP9="}`: "Base64", `{"NULL":false}`: "must have the value of true",
		`{"SS":[]}`: "may not be empty", `{"NS":["1","1.0"]}`: "duplicates", `{"BS":["AA==","AA=="]}`: "duplicates",
		`{"M":{"a":{"S":"1"},"a":{"S":"2"}}}`: "occurs twice", deep: "Nesting Levels",
	} {
		_, err := attribute.Decode([]byte(text))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

// Sizes are those of the guide.
func TestSize(t *testing.T) {
	for text, want := range map[string]int{
		`{"S":"é"}`: 2, `{"B":"AAE="}`: 2, `{"BOOL":true}`: 1, `{"NULL":true}`: 1, `{"L":[]}`: 3, `{"M":{}}`: 3,
		`{"L":[{"S":"ab"},{"NULL":true}]}`: 8, `{"M":{"key":{"S":"ab"}}}`: 9, `{"SS":["ab","c"]}`: 3, `{"NS":["1","22"]}`: 4, `{"BS":["AAE="]}`: 2,
	} {
		v, err := attribute.Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := attribute.Size(v); got != want {
			t.Errorf("size of %s = %d, want %d", text, got, want)
		}
	}
	if got := attribute.ItemSize(attribute.Item{"name": attribute.String("ab"), "é": attribute.Null{}}); got != 9 {
		t.Errorf("size of the item = %d, want 9", got)
	}
}

// Joined keys order part by part, whatever bytes the parts hold.
func TestKeyOrder(t *testing.T) {
	ordered := [][2]string{{"", ""}, {"", "z"}, {"\x00", "a"}, {"\x00\x00", ""}, {"\x00\x01", ""}, {"\x01", ""}, {"a", "b"}, {"a\x00", "a"}, {"a\x01", ""}, {"aa", ""}, {"b", ""}, {"\xff", "\xff"}}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := bytes.Compare(joined(a), joined(b)), min(max(i-j, -1), 1); got != want {
				t.Errorf("compare %q with %q = %d, want %d", a, b, got, want)
			}
		}
	}
}

func joined(parts [2]string) []byte {
	return attribute.AppendKey(attribute.AppendKey(nil, attribute.Binary(parts[0])), attribute.Binary(parts[1]))
}

// Whatever is decoded is written in a form that is decoded to the same again.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{everything, `{"S":"a"}`, `{"L":[{"N":"1"}]}`, `{"M":{"a":{"M":{}}}}`, `{"SS":["b","a"]}`, `{ "BOOL" : true }`, `{"S":"\ud800"}`, `{}`, `{"N":""}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := attribute.Decode(data)
		if err != nil {
			return
		}
		written := attribute.AppendJSON(nil, v)
		again, err := attribute.Decode(written)
		if err != nil || !attribute.Equal(v, again) {
			t.Errorf("%s was written as %s, which is %v, %v", data, written, again, err)
		}
		if !bytes.Equal(written, attribute.AppendJSON(nil, again)) || attribute.Size(v) != attribute.Size(again) {
			t.Errorf("%s is not canonical", written)
		}
	})
}
