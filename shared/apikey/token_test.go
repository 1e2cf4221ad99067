package apikey_test

import (
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/apikey"
)

const good = "zv_live_01jd0000000000000000000001_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_"

// sum is the CRC-32 (IEEE) of good without its last underscore, computed by another program (zlib).
const sum = "d1fcdfec"

// A token reads back as the key and the secret that it was made of.
func TestParseToken(t *testing.T) {
	token, err := apikey.ParseToken(good + sum)
	if err != nil {
		t.Fatal(err)
	}
	if token.KeyID != "key_01jd0000000000000000000001" || token.Expose() != good+sum {
		t.Errorf("got %s, %s", token.KeyID, token.Expose())
	}
	if token.Prefix() != "zv_live_01jd0000000000000000000001" {
		t.Errorf("the prefix is %s", token.Prefix())
	}
}

// Every single changed, lost or added character is noticed before anything is looked up.
func TestParseTokenRefuses(t *testing.T) {
	token := good + sum
	for i := range len(token) {
		other := byte('b')
		if token[i] == other {
			other = 'c'
		}
		for _, bad := range []string{token[:i] + string(other) + token[i+1:], token[:i] + token[i+1:], token[:i] + "b" + token[i:]} {
			if _, err := apikey.ParseToken(bad); err == nil && bad != token {
				t.Errorf("%q is taken", bad)
			}
		}
	}
	for _, bad := range []string{"", "zv_live_", token + " ", strings.ToUpper(token), "Bearer " + token, token + "_" + sum} {
		if _, err := apikey.ParseToken(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Whatever is sent is refused, or is exactly what a token writes.
func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{good + sum, good, "", "zv_live_x_y_z", strings.Repeat("_", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if token, err := apikey.ParseToken(text); err == nil && token.Expose() != text {
			t.Fatalf("%q reads as %q", text, token.Expose())
		}
	})
}
