package cobo_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/cobo"
	"github.com/zenvault/zenvault/shared/signing"
)

func open(message []byte) (signing.Callback, error) { return cobo.Codec{}.Open(message, keys(), noon) }

// claims are good for ten seconds.
func claims() object { return object{"package_data": marshal(keysign(nil, nil)), "exp": 1700000010} }

// forms are bodies of another form than a node's, many with the right key's signature over what they say.
func forms() []codectest.Mutation {
	payload := marshal(claims())
	good := token(header, payload)
	const field = "TSS_JWT_MSG="
	var all []codectest.Mutation
	for about, body := range map[string]string{
		"the token alone":           good,
		"the token as JSON":         `"` + good + `"`,
		"another field":             "tss_jwt_msg=" + good,
		"a field before it":         "a=b&" + field + good,
		"a field behind it":         field + good + "&a=b",
		"the field twice":           field + good + "&" + field + good,
		"the field twice, once bad": field + "x&" + field + good,
		"a separator at the end":    field + good + "&",
		"an escaped character":      field + strings.Replace(good, ".", "%2E", 1),
		"an escaped field":          "TSS%5FJWT_MSG=" + good,
		"a blank before it":         field + " " + good,
		"a plus before it":          field + "+" + good,
		"a query's question mark":   "?" + field + good,
		"multipart":                 "--x\r\nContent-Disposition: form-data; name=\"TSS_JWT_MSG\"\r\n\r\n" + good + "\r\n--x--\r\n",
		"JSON":                      `{"TSS_JWT_MSG":"` + good + `"}`,
		"a byte order mark":         "\ufeff" + field + good,
		"nothing":                   "",
	} {
		all = append(all, codectest.Mutation{About: about, Body: []byte(body), Refused: true})
	}
	for _, m := range codectest.Tokens(key(), header, payload) {
		m.Body = append([]byte(field), m.Body...)
		all = append(all, m)
	}
	return all
}

// Only the one form that a node sends opens, and every refusal looks the same.
func TestOpenForms(t *testing.T) {
	for _, m := range forms() {
		if _, err := open(m.Body); err != signing.ErrForged {
			t.Errorf("%s: got %v, want %v", m.About, err, signing.ErrForged)
		}
	}
}

// However a message was changed, it does not open, or it is read as the very same.
func TestOpenMutated(t *testing.T) {
	good := form(claims())
	codectest.Hold(t, good, open, slices.Concat(codectest.Bytes(good, 1), forms()))
}

// Claims and data that were signed by the node are read strictly: no member counts twice, and none under a name that is only like it.
func TestClaimsMutated(t *testing.T) {
	signed := func(payload []byte) []byte { return []byte("TSS_JWT_MSG=" + token(header, payload)) }
	var all []codectest.Mutation
	for _, m := range codectest.Members(marshal(claims())) {
		m.Body = signed(m.Body)
		all = append(all, m)
	}
	for _, m := range codectest.Members(marshal(keysign(nil, nil))) {
		m.Body = form(object{"package_data": m.Body, "exp": 1700000010})
		all = append(all, m)
	}
	for _, part := range []string{"request_detail", "extra_info"} {
		request := keysign(nil, nil)
		for _, m := range codectest.Members([]byte(request[part].(string))) {
			if !utf8.Valid(m.Body) {
				continue // no text of JSON's holds it
			}
			m.Body = form(object{"package_data": marshal(codectest.Changed(request, object{part: string(m.Body)})), "exp": 1700000010})
			all = append(all, m)
		}
	}
	for about, exp := range map[string]any{"as text": "1700000010", "as a fraction": 1700000010.5, "with an exponent": number("1.70000001e9"), "as a list": []int{1700000010},
		"huge": number("99999999999999999999"), "with a zero before it": number("01700000010"), "true": true} {
		raw := strings.Replace(string(marshal(claims())), "1700000010", string(marshalled(exp)), 1)
		all = append(all, codectest.Mutation{About: "exp " + about, Body: signed([]byte(raw)), Refused: true})
	}
	codectest.Hold(t, form(claims()), open, all)
}

// number is written as it is, be it JSON or not.
type number string

func marshalled(value any) []byte {
	if n, is := value.(number); is {
		return []byte(n)
	}
	return marshal(value)
}
