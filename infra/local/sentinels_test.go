package local_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/zenvault/zenvault/shared/secret"
)

// shownSecrets are the members of answers that are secrets. What requests bring as such is known by its type.
var shownSecrets = []string{"access_token", "refresh_token", "device_token", "challenge", "token", "secret", "uri", "qr", "recovery_codes"}

// plainMember are the forms of what else an answer may say: words, ids, addresses, digests, public keys. A text of none of
// these fails the test until somebody says in which of both lists it belongs.
var plainMember = regexp.MustCompile(`^(.{0,23}|([a-z._]+#)?([a-z]+/)?[a-z_]+_([a-z0-9]+_)?[0-9a-hjkmnp-tv-z]{26}(#[0-9TZ]+)?|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|https?://[^#?]*|[a-zA-Z0-9._+-]+@[a-z.]+|(?s:-----BEGIN PUBLIC KEY-----.*)|.* .*|/.*|urn:zenvault:problem:.*|[a-z]+(_[a-z]+)+|arn:aws:.*)$`)

// plainNames are members of answers whose texts have no form of their own: cursors, the public keys of tokens, names of
// transfers at providers, and what Safeheron's and Cobo's co-signers are answered, the latter a text that is no member.
var plainNames = []string{"next", "x", "y", "kid", "sig", "bizContent", "reference", ""}

// sentinels are the secrets of a run: each run of bytes of one, in whatever encoding, and whose it is.
type sentinels struct {
	mu     sync.Mutex
	runs   map[string]string
	codes  map[string]string // those too short for runs: whole, between word boundaries
	strays []string          // what an answer shows that is neither known as a secret nor as plain
	texts  map[string]string // what was answered that must not have a secret, by where
}

func newSentinels() *sentinels {
	return &sentinels{runs: map[string]string{}, codes: map[string]string{}, texts: map[string]string{}}
}

var checksumEnd = regexp.MustCompile(`_[0-9a-f]{8}$`)

// learn takes note of a secret: of a long one the end, since the beginning of a token names things.
func (c *sentinels) learn(whose, text string) {
	text = checksumEnd.ReplaceAllString(text, "")
	if len(text) < run {
		if len(text) >= 6 {
			c.codes[text] = whose
		}
		return
	}
	if len(text) > 40 {
		text = text[len(text)-40:]
	}
	c.learnBytes(whose, []byte(text))
	for _, decode := range []func(string) ([]byte, error){base32.StdEncoding.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if raw, err := decode(text[len(text)%8:]); err == nil && len(raw) >= run {
			c.learnBytes(whose, raw)
		}
	}
}

func (c *sentinels) learnBytes(whose string, raw []byte) {
	all := runs{}
	all.add(raw)
	for piece := range all {
		if c.runs[piece] == "" {
			c.runs[piece] = whose
		}
	}
}

// find tells whose secret is in a text, "" if none is.
func (c *sentinels) find(text string) string {
	for i := range len(text) - run + 1 {
		if whose := c.runs[text[i:i+run]]; whose != "" {
			return whose
		}
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > 'z' || r > '9' && r < 'A' || r > 'Z' && r < 'a' }) {
		if whose := c.codes[word]; whose != "" {
			return whose
		}
	}
	return ""
}

// RoundTrip sees all that the test asks of the gateway, whoever asks it: it learns the secrets and keeps the errors.
func (c *sentinels) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := []byte{}
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	defer c.mu.Unlock()
	at := fmt.Sprintf("answer %d to %s %.60s #%d", response.StatusCode, r.Method, r.URL.Path, len(c.texts))
	if token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer && response.StatusCode < 300 {
		c.learn("a credential of "+r.URL.Path, token)
	}
	c.walk("a member of what was sent to "+r.URL.Path, "", decoded(sent), false)
	if response.StatusCode < 300 {
		c.walk(at, "", decoded(body), true)
	}
	if response.StatusCode >= 300 || r.Method == http.MethodGet {
		c.texts[at] = fmt.Sprint(response.Header, string(body))
	}
	return response, err
}

func decoded(body []byte) any {
	var value any
	_ = json.Unmarshal(body, &value) // no JSON has no members
	return value
}

// walk learns the secrets of a document: of a request by the names of inputs, of an answer by the names above.
func (c *sentinels) walk(where, name string, value any, answer bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			c.walk(where, name, member, answer)
		}
	case []any:
		for _, element := range v {
			c.walk(where, name, element, answer)
		}
	case string:
		switch {
		case answer && has(shownSecrets, name), !answer && secretInputs()[name]:
			c.learn(name+" of "+where, v)
		case answer && !plainMember.MatchString(v) && !has(plainNames, name):
			c.strays = append(c.strays, fmt.Sprintf("%s in the %s: %.40q", name, where, v))
		}
	}
}

func has(list []string, name string) bool {
	for _, entry := range list {
		if entry == name {
			return true
		}
	}
	return false
}

// secretInputs are the names of all members of all routes that are secrets by their type.
var secretInputs = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, row := range rows() {
		input := row.Types.Input()
		if input.Kind() != reflect.Struct {
			continue
		}
		for _, field := range reflect.VisibleFields(input) {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.Type == reflect.TypeFor[secret.Text]() && name != "" {
				names[name] = true
			}
		}
	}
	return names
})
