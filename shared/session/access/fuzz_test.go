package access_test

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"

	"github.com/zenvault/zenvault/shared/session/access"
)

// theirs is what another library says of a token, asked the same as ours: one algorithm, the key, issuer, audience, times.
func theirs(token string, key access.Key) (access.Claims, error) {
	parsed, err := josejwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return access.Claims{}, err
	}
	var registered josejwt.Claims
	var private struct {
		Session string `json:"sid"`
	}
	if err := parsed.Claims(key.Public, &registered, &private); err != nil {
		return access.Claims{}, err
	}
	expected := josejwt.Expected{Issuer: url, AnyAudience: josejwt.Audience{access.Audience(url)}, Time: now}
	if err := registered.ValidateWithLeeway(expected, 30*time.Second); err != nil {
		return access.Claims{}, err
	}
	seconds := func(n *josejwt.NumericDate) int64 {
		if n == nil {
			return 0
		}
		return int64(*n)
	}
	return access.Claims{Issuer: registered.Issuer, Audience: strings.Join(registered.Audience, " "), Admin: registered.Subject, Session: private.Session,
		ID: registered.ID, Issued: seconds(registered.IssuedAt), NotYet: seconds(registered.NotBefore), Expires: seconds(registered.Expiry)}, nil
}

// stricter names the rule of ours that refuses a token though the other library accepts it; "" if none does. It is
// written without the code that it judges.
func stricter(token string, key access.Key) string {
	parts := strings.Split(token, ".")
	switch {
	case len(token) > 8192:
		return "at most 8 KiB"
	case len(parts) != 3:
		return "three parts"
	}
	var decoded [3]string
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || base64.RawURLEncoding.EncodeToString(raw) != part {
			return "one spelling of base64url, without blanks"
		}
		decoded[i] = string(raw)
	}
	head, ok := object(decoded[0])
	if !ok || len(head) != 3 || text(head["alg"]) != "ES256" || text(head["kid"]) != key.ID || text(head["typ"]) != "at+jwt" {
		return "a header of exactly alg, kid and typ, once, with our values"
	}
	claims, ok := object(decoded[1])
	if !ok || len(claims) != 8 {
		return "exactly eight claims, once each"
	}
	for _, name := range []string{"iss", "aud", "sub", "sid", "jti"} {
		if _, isText := claims[name].(string); !isText {
			return "claims that are texts"
		}
	}
	var times [3]int64
	for i, name := range []string{"iat", "nbf", "exp"} {
		number, _ := claims[name].(json.Number)
		n, err := strconv.ParseInt(number.String(), 10, 64)
		if err != nil {
			return "times that are integers"
		}
		times[i] = n
	}
	switch iat, nbf, exp := times[0], times[1], times[2]; {
	case exp <= iat || exp > iat+900:
		return "a lifetime of at most 15 minutes"
	case nbf < iat || nbf >= exp:
		return "issued, then valid, then expired"
	case exp == now.Unix()-30:
		return "the last second does not count"
	}
	return ""
}

// object reads a JSON object, and finds members that are given twice by their names' count.
func object(document string) (map[string]any, bool) {
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	var members map[string]any
	if !utf8.ValidString(document) || decoder.Decode(&members) != nil || decoder.More() || strings.TrimSpace(document[decoder.InputOffset():]) != "" {
		return nil, false
	}
	names, depth := 0, 0
	again := json.NewDecoder(strings.NewReader(document))
	for expectName := false; ; {
		token, err := again.Token()
		if err != nil {
			return members, names == len(members)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		default:
			if depth == 1 && expectName {
				names++
				expectName = false
				continue
			}
		}
		expectName = depth == 1
	}
}

func text(value any) string {
	t, _ := value.(string)
	return t
}

// agree holds the two against each other: what ours accepts the other accepts with the same claims, and what only the
// other accepts is refused by a rule that is listed above.
func agree(t *testing.T, token string, key access.Key) {
	t.Helper()
	ours, errOurs := access.Verifier{URL: url, Keys: access.Keys{key}}.Verify(token, now)
	other, errOther := theirs(token, key)
	rule := stricter(token, key)
	switch {
	case errOurs == nil && (errOther != nil || ours != other):
		t.Errorf("%q: ours says %+v, the other %+v, %v", token, ours, other, errOther)
	case errOurs == nil && rule != "":
		t.Errorf("%q is accepted, though it breaks the rule: %s", token, rule)
	case errOurs != nil && errOther == nil && rule == "":
		t.Errorf("%q: only the other accepts it, as %+v; ours says %v", token, other, errOurs)
	}
}

// FuzzSigned: of whatever is signed with our key, this library and another one agree, but for the rules that are listed.
func FuzzSigned(f *testing.F) {
	forge := publishedForger(f)
	head := forge.head()
	for _, seed := range [][2]string{{head, body}, {head, times(now.Unix()+30, now.Unix()+30, now.Unix()+600)}, {head, times(now.Unix()-630, now.Unix()-630, now.Unix()-30)},
		{head, times(now.Unix(), 9223372036854775807, now.Unix()+600)}, {head, times(now.Unix(), -9223372036854775808, now.Unix()+600)},
		{head, with(body, `"exp":1795522200`, `"exp":1795522200.5`)}, {head, with(body, `"sub":"adm_1"`, `"sub":"adm_1","sub":"adm_2"`)},
		{head, with(body, `"sub":"adm_1"`, `"\u0073ub":"\u0061dm_1\ud800"`)}, {head, with(body, `"sub":"adm_1"`, `"Sub":"adm_1"`)},
		{head, with(body, `"https://vault.example.com/v1/admin"`, `["https://vault.example.com/v1/admin"]`)}, {head, " " + body + "\n"},
		{with(head, `"typ":"at+jwt"`, `"typ":"at+jwt","crit":["b64"],"b64":false`), body}, {with(head, `"alg"`, `"ALG"`), body}, {`{"alg":"ES256"}`, body},
		{with(head, `"alg":"ES256"`, `"alg":"none","alg":"ES256"`), body}, {with(head, `,"typ"`, `,"jwk":`+jwkOf(forge.public)+`,"typ"`), body}, {`{}`, `{}`}, {``, ``}, {`null`, `[]`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, head, body string) {
		agree(t, forger{t, forge.private, forge.public}.sign(head, body), forge.public)
	})
}

// FuzzToken: whatever is sent, nothing panics, both agree, and what is accepted has one spelling.
func FuzzToken(f *testing.F) {
	forge := publishedForger(f)
	good := forge.sign(forge.head(), body)
	parts := strings.Split(good, ".")
	for _, token := range []string{good, parts[0] + "." + parts[1] + ".", good + "=", good + ".", parts[0] + "\n." + parts[1] + "." + parts[2], parts[0] + ".." + parts[2],
		good[:len(good)-1] + lastBits(good[len(good)-1]), "..", "", encode(`{"alg":"none"}`) + "." + parts[1] + "."} {
		f.Add(token)
	}
	for _, v := range load(f).Vectors {
		f.Add(v.Compact)
	}
	f.Fuzz(func(t *testing.T, token string) { agree(t, token, forge.public) })
}
