package access_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// The claims are exactly our eight, each once, in its own type and spelling.
func TestClaims(t *testing.T) {
	f, v := newForger(t)
	const exp, aud = `"exp":1795522200`, `"aud":"https://vault.example.com/v1/admin"`
	claims := []struct{ name, body, why string }{
		{"sub twice", with(body, `"sub":"adm_1"`, `"sub":"adm_1","sub":"adm_2"`), "/sub is given twice"},
		{"sub twice by an escape", with(body, `"sub":"adm_1"`, `"sub":"adm_1","s\u0075b":"adm_2"`), "/sub is given twice"},
		{"exp twice", with(body, exp, exp+`,`+exp), "/exp is given twice"},
		{"Sub as well", with(body, `"sub":"adm_1"`, `"sub":"adm_1","Sub":"adm_2"`), "/Sub is not known"},
		{"SUB instead", with(body, `"sub"`, `"SUB"`), "/SUB is not known"},
		{"EXP instead", with(body, `"exp"`, `"EXP"`), "/EXP is not known"},
		{"iss with a long s", with(body, `"iss"`, "\"is\u017f\""), "is not known"},
		{"another claim", with(body, `"sub"`, `"role":"owner","sub"`), "/role is not known"},
		{"an empty claim", with(body, `"sub"`, `"":"","sub"`), "is not known"},
		{"a deep claim", with(body, `"sub"`, `"x":`+strings.Repeat(`[`, 2000)+strings.Repeat(`]`, 2000)+`,"sub"`), "/x is not known"},
		{"sub is deep", with(body, `"adm_1"`, strings.Repeat("[", 2000)+strings.Repeat("]", 2000)), "/sub is not a string"},
		{"sub is a number", with(body, `"adm_1"`, `1`), "/sub is not a string"},
		{"sub is null", with(body, `"adm_1"`, `null`), "/sub is null"},
		{"sid is a list", with(body, `"ses_1"`, `["ses_1"]`), "/sid is not a string"},
		{"jti is true", with(body, `"tok_1"`, `true`), "/jti is not a string"},
		{"no iss", with(body, `"iss":"https://vault.example.com",`, ``), "/iss is missing"},
		{"no aud", with(body, aud+`,`, ``), "/aud is missing"},
		{"no sub", with(body, `"sub":"adm_1",`, ``), "/sub is missing"},
		{"no sid", with(body, `"sid":"ses_1",`, ``), "/sid is missing"},
		{"no jti", with(body, `"jti":"tok_1",`, ``), "/jti is missing"},
		{"no iat", with(body, `"iat":1795521600,`, ``), "/iat is missing"},
		{"no nbf", with(body, `"nbf":1795521600,`, ``), "/nbf is missing"},
		{"no exp", with(body, `,`+exp, ``), "/exp is missing"},
		{"another issuer", with(body, `"https://vault.example.com"`, `"https://vault.example.org"`), "invalid issuer"},
		{"issuer with a slash", with(body, `"https://vault.example.com"`, `"https://vault.example.com/"`), "invalid issuer"},
		{"issuer in capitals", with(body, `"https://vault.example.com"`, `"HTTPS://VAULT.EXAMPLE.COM"`), "invalid issuer"},
		{"issuer with a longer name", with(body, `"https://vault.example.com"`, `"https://vault.example.com.evil.example"`), "invalid issuer"},
		{"issuer is empty", with(body, `"https://vault.example.com"`, `""`), "iss claim is required"},
		{"issuer is a list", with(body, `"https://vault.example.com"`, `["https://vault.example.com"]`), "/iss is not a string"},
		{"another audience", with(body, `/v1/admin`, `/v1/other`), "invalid audience"},
		{"audience is the issuer", with(body, `/v1/admin`, ``), "invalid audience"},
		{"audience is empty", with(body, aud, `"aud":""`), "aud claim is required"},
		{"audience is a list", with(body, aud, `"aud":["https://vault.example.com/v1/admin"]`), "/aud is not a string"},
		{"audience is two", with(body, aud, `"aud":["https://vault.example.com/v1/admin","x"]`), "/aud is not a string"},
		{"not UTF-8", with(body, `adm_1`, "adm_\xff"), "not UTF-8"},
		{"a list", `[` + body + `]`, "not an object"},
		{"a token in a token", `"` + f.sign(f.head(), body) + `"`, "not an object"},
		{"null", `null`, "is null"},
		{"empty", `{}`, "is missing"},
		{"nothing", ``, "not valid JSON"},
		{"two", body + body, "data after its end"},
		{"a comment", body + ` // "`, "data after its end"},
		{"a comma at the end", with(body, exp, exp+`,`), "not valid JSON"},
		{"single quotes", strings.ReplaceAll(body, `"`, `'`), "not valid JSON"},
	}
	for _, at := range []string{"exp", "iat", "nbf"} {
		value := map[string]string{"exp": "1795522200"}[at]
		if value == "" {
			value = "1795521600"
		}
		member := `"` + at + `":`
		for name, other := range map[string]string{"a text": `"` + value + `"`, "a fraction": value + ".5", "a fraction of nothing": value + ".0", "an exponent": value + "e0",
			"a large exponent": "1e9", "a huge exponent": "1e999", "too large": "9223372036854775808", "far too large": "1" + strings.Repeat("0", 400), "true": "true",
			"a list": "[" + value + "]", "an object": "{}", "too small": "-9223372036854775809"} {
			claims = append(claims, struct{ name, body, why string }{at + " is " + name, with(body, member+value, member+other), "/" + at + " is not an integer in range"})
		}
		for name, other := range map[string]string{"has a leading zero": "0" + value, "has a plus": "+" + value, "is hexadecimal": "0x6B05A2D8", "is not a number": "NaN", "is infinite": "Infinity"} {
			claims = append(claims, struct{ name, body, why string }{at + " " + name, with(body, member+value, member+other), "not valid JSON"})
		}
		claims = append(claims, struct{ name, body, why string }{at + " is null", with(body, member+value, member+"null"), "/" + at + " is null"})
	}
	var list []attack
	for _, c := range claims {
		list = append(list, attack{name: c.name, token: f.sign(f.head(), c.body), why: c.why})
	}
	refused(t, f, v, list)
}

// times is the body with other times.
func times(iat, nbf, exp int64) string {
	set := func(text, member, old string, to int64) string {
		return with(text, `"`+member+`":`+old, `"`+member+`":`+strconv.FormatInt(to, 10))
	}
	return set(set(set(body, "iat", "1795521600", iat), "nbf", "1795521600", nbf), "exp", "1795522200", exp)
}

// A token lives from its beginning to its end, give or take half a minute, and at most 15 minutes from when it was issued;
// no number is so large or small that it passes for another.
func TestTimes(t *testing.T) {
	f, v := newForger(t)
	const (
		n       = 1795521600 // now
		early   = "not valid yet"
		issued  = "used before issued"
		expired = "token is expired"
		most    = math.MaxInt64
		fewest  = math.MinInt64
	)
	tests := []struct {
		name          string
		iat, nbf, exp int64
		why           string // "" is good
	}{
		{"as issued", n, n, n + 600, ""},
		{"15 minutes", n, n, n + 900, ""},
		{"15 minutes and a second", n, n, n + 901, badLifetime},
		{"a second", n, n, n + 1, ""},
		{"no time at all", n, n, n, badLifetime},
		{"backwards", n, n, n - 1, badLifetime},
		{"issued in 30 seconds", n + 30, n + 30, n + 600, ""},
		{"issued in 31 seconds", n + 31, n + 31, n + 600, issued},
		{"valid in 30 seconds", n, n + 30, n + 600, ""},
		{"valid in 31 seconds", n, n + 31, n + 600, early},
		{"expired for 29 seconds", n - 629, n - 629, n - 29, ""},
		{"expired for 30 seconds", n - 630, n - 630, n - 30, expired},
		{"expired for an hour", n - 4200, n - 4200, n - 3600, expired},
		{"begins before it is issued", n, n - 1, n + 600, badLifetime},
		{"issued at the beginning of time", 0, n, n + 600, badLifetime},
		{"issued before all time", fewest, n, n + 600, badLifetime},
		{"issued so early that it wraps", fewest, n, most, expired},
		{"issued so early that it wraps by minutes", fewest + 600, n, most, expired},
		{"for ever", n, n, most, "token"},
		{"in the last ten minutes of time", most - 600, n, most, "token"},
		{"before all time", fewest, fewest, fewest + 600, expired},
		{"expired before all time", n, n, fewest, "token"},
		{"negative", -1200, -1200, -600, expired},
		{"valid at the end of time", n, most, n + 600, badLifetime},
		{"valid only when it expires", n + 1, n + 1, n + 1, badLifetime},
		{"valid for the last second", n - 600, n, n + 1, ""},
		{"valid a little before that", n, most - 1<<36, n + 600, early},
		{"valid when floats are no longer exact", n, 1<<53 + 1, n + 600, early},
		{"valid beyond the years", n, 1 << 62, n + 600, early},
		{"valid since before all time", n, fewest, n + 600, badLifetime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := v.Verify(f.sign(f.head(), times(tt.iat, tt.nbf, tt.exp)), now)
			if tt.why == "" && err != nil || tt.why != "" && (err == nil || !strings.Contains(err.Error(), tt.why)) {
				t.Errorf("got %v, want %q", err, tt.why)
			}
		})
	}
}
