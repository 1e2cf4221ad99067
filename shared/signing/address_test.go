package signing_test

import (
	"testing"

	"github.com/zenvault/zenvault/shared/signing"
)

// Hexadecimal addresses are the same in any case; all others, and what only begins like one, are the same as they are written.
func TestSameAddress(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", "0x5dc69b1fbb13bafd09af88a782f0f285772ad5f8", true},
		{"0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", "0x5dc69b1fbb13bafd09af88a782f0f285772ad5f9", false},
		{"0xAb", "ab", false},
		{"0XAB", "0xab", false},
		{"0xZz", "0xzz", false},
		{"rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", true},
		{"rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", "reb8tk3gbgk5auzkwc6shnwrgvjh8dualh", false},
		{"", "", true},
		{"", "0x", false},
	} {
		if got := signing.SameAddress(c.a, c.b); got != c.want {
			t.Errorf("SameAddress(%q, %q) = %t, want %t", c.a, c.b, got, c.want)
		}
	}
}
