package codec_test

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/provider/codec"
)

// What moves from one text into its neighbour, or from one list into the next, is another content.
func TestDigestKeepsTextsApart(t *testing.T) {
	seen := map[string][]string{}
	for _, texts := range [][]string{
		{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}, {"", "abc"}, {"a", "b", "c"}, {"a\x00\x00\x00\x01b", "c"}, {},
		{codec.List([]string{"a", "b"}), codec.List(nil)}, {codec.List([]string{"a"}), codec.List([]string{"b"})}, {codec.List(nil), codec.List([]string{"a", "b"})},
	} {
		digest := codec.Digest(texts...)
		if other, twice := seen[digest]; twice || len(digest) != 64 {
			t.Errorf("%q and %q have one digest %s", texts, other, digest)
		}
		seen[digest] = texts
	}
}

// The same JSON is one text, however it is written; numbers are what they are written as.
func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		`{"b": 1.0, "a": [1e2, "\u0061"]}`: `{"a":[1e2,"a"],"b":1.0}`, `null`: `null`, ``: ``, ` "x" `: `"x"`,
	} {
		if got, err := codec.Canonical([]byte(text)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := codec.Canonical([]byte(`{`)); err == nil {
		t.Error("half an object is taken")
	}
}

// An id is visible ASCII without what stands between the parts of a key.
func TestValidID(t *testing.T) {
	for text, want := range map[string]bool{"a": true, "tx_1-2/3:4": true, strings.Repeat("x", 200): true,
		"": false, " a": false, "a b": false, "a\n": false, "a#b": false, "é": false, "\x7f": false, strings.Repeat("x", 201): false} {
		if codec.ValidID(text) != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
}

// What is too long is cut between two characters.
func TestCut(t *testing.T) {
	for text, want := range map[string]string{"a": "a", strings.Repeat("x", 201): strings.Repeat("x", 200), "x" + strings.Repeat("é", 100): "x" + strings.Repeat("é", 99)} {
		if got := codec.Cut(text); got != want {
			t.Errorf("%d bytes are cut to %d", len(text), len(got))
		}
	}
}

// Amounts are one content, however many zeros they have; what is no amount stays.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{"0.10": "0.1", "1.000": "1", "1e2": "1e2", "": "", "x": "x"} {
		if got := codec.Plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A value is read exactly: as text or as a number, of which the exponent only moves the point.
func TestValue(t *testing.T) {
	for text, want := range map[string]string{
		`1`: "1", `0`: "0", `18.74292937`: "18.74292937", `"0.10"`: "0.1", `1e2`: "100", `1E2`: "100", `1.5e+1`: "15", `1.25e1`: "12.5", `125e-2`: "1.25", `1e-3`: "0.001",
		`10e-1`: "1", `0e5`: "0", `0.0e0`: "0", `12.50e2`: "1250", `1e39`: "1" + strings.Repeat("0", 39),
		``: "nil", `null`: "nil", `""`: "nil", `"\u0031"`: "1",
		`-1`: "", `-0`: "", `-1e-3`: "", `1e40`: "", `1e-40`: "", `1e400`: "", `1e99999999999999999999`: "", `"1e2"`: "", `"x"`: "", `true`: "", `[]`: "", `{}`: "", `" 1"`: "", `"-1"`: "",
	} {
		got, err := codec.Value([]byte(text))
		is := "nil"
		if got != nil {
			is = got.String()
		}
		if err != nil {
			is = ""
		}
		if is != want {
			t.Errorf("%s: %s, %v, want %q", text, is, err, want)
		}
	}
}

// FuzzValue: a number is what math/big reads, or it is refused.
func FuzzValue(f *testing.F) {
	for _, text := range []string{"1", "0.1", "1e5", "1.50E-3", "-1", "00", "1e", "null", `"1"`, "9e39", "0e-40", "123456789012345678901234567890.1234567890e-20"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || text != strings.TrimSpace(text) {
			return
		}
		got, err := codec.Value([]byte(text))
		if err != nil || got == nil || text[0] == '"' {
			return
		}
		want, ok := new(big.Rat).SetString(text)
		is, _ := new(big.Rat).SetString(got.String())
		if !ok || want.Cmp(is) != 0 {
			t.Errorf("%s is read as %s", text, got)
		}
	})
}

// FuzzBase64: what is read is written the same, so that no two texts are one content.
func FuzzBase64(f *testing.F) {
	for _, text := range []string{"e30=", "e31=", "e30", "e30==", "e3\n0=", "", "====", "_-==", "AAAA", "AA==AA=="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if raw, err := codec.Base64(text); err == nil && base64.StdEncoding.EncodeToString(raw) != text {
			t.Errorf("%q is read as %x", text, raw)
		}
	})
}
