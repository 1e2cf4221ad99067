package codectest

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/signing"
)

// Mutation is a message that was changed.
type Mutation struct {
	About   string
	Body    []byte
	Refused bool // it must not open; one that need not be refused is read as the very same, or not at all
}

// Open is what a codec does with a message.
type Open func(message []byte) (signing.Callback, error)

// Hold opens each mutation of a message that opens. None may panic, and none may be read as anything but the message.
func Hold(t testing.TB, good []byte, open Open, mutations []Mutation) {
	t.Helper()
	want, err := open(good)
	if err != nil {
		t.Fatalf("the message itself: %v", err)
	}
	if len(mutations) == 0 {
		t.Fatal("there are no mutations")
	}
	for _, m := range mutations {
		got, err := open(m.Body)
		switch {
		case err == nil && m.Refused:
			t.Errorf("%s: it opens: %.300q", m.About, m.Body)
		case err == nil && Diff(want, got) != "":
			t.Errorf("%s: it is read as something else: %.300q\n%s", m.About, m.Body, Diff(want, got))
		}
	}
}

// classes are the bytes that readers treat in different ways.
var classes = []byte{'A', 'z', '0', '9', '+', '/', '-', '_', '=', '.', '"', '\'', '\\', '{', '}', ',', ':', '%', '&', '#', ' ', '\t', '\r', '\n', 0, 0x1f, 0x7f, 0x80, 0xc3, 0xff}

// Bytes changes a message at each of its places: another byte, one more, one less, the rest cut off. Each class of bytes comes
// at each kind of place; every is how many places lie between two.
func Bytes(message []byte, every int) []Mutation {
	var all []Mutation
	add := func(about string, at int, parts ...[]byte) {
		all = append(all, Mutation{About: fmt.Sprintf("%s at %d", about, at), Body: bytes.Join(parts, nil)})
	}
	for at, turn := 0, 0; at < len(message); at, turn = at+every, turn+1 {
		before, here, behind := message[:at], message[at:at+1], message[at+1:]
		one := []byte{classes[turn%len(classes)]}
		other := []byte{classes[(turn+len(classes)/2)%len(classes)]}
		add("another byte", at, before, one, behind)
		add("a byte more", at, before, other, here, behind)
		add("another bit", at, before, []byte{here[0] ^ 1<<(turn%8)}, behind)
		add("a byte less", at, before, behind)
		add("a byte twice", at, before, here, here, behind)
		add("a line break", at, before, []byte("\r\n"), here, behind)
		add("the end", at, before)
	}
	for _, c := range classes {
		add(fmt.Sprintf("%q in front", c), 0, []byte{c}, message)
		add(fmt.Sprintf("%q behind", c), len(message), message, []byte{c})
	}
	add("a byte order mark", 0, []byte("\ufeff"), message)
	add("it twice", 0, message, message)
	return slices.DeleteFunc(all, func(m Mutation) bool { return bytes.Equal(m.Body, message) })
}

// Members changes an object of JSON, member by member: twice, with the same and with another value, its name spelled with an
// escape, in another case beside it, without a value. Written in another order or spacing it is the same object.
func Members(object []byte) []Mutation {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		panic(err)
	}
	var all []Mutation
	rest := bytes.TrimPrefix(bytes.TrimSpace(object), []byte("{"))
	front := func(about, member string, refused bool) {
		all = append(all, Mutation{about, append([]byte("{"+member+","), rest...), refused})
	}
	for name, value := range members {
		escaped := fmt.Sprintf(`"\u%04x%s"`, name[0], name[1:])
		front(name+" twice", fmt.Sprintf("%q:%s", name, value), true)
		front(name+" twice, once null", fmt.Sprintf("%q:null", name), true)
		front(name+" twice, once another", fmt.Sprintf(`%q:"another"`, name), true)
		front(name+" twice, once spelled with an escape", escaped+`:"another"`, true)
		for _, other := range []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:], name + " ", name + "\u200b"} {
			if _, there := members[other]; !there {
				front(fmt.Sprintf("%s beside %s", other, name), fmt.Sprintf(`%q:"another"`, other), false)
			}
		}
		all = append(all, Mutation{name + " spelled with an escape", bytes.Replace(object, fmt.Appendf(nil, "%q:", name), []byte(escaped+":"), 1), false})
	}
	indented, err := json.MarshalIndent(members, "", "\t")
	if err != nil {
		panic(err)
	}
	text := string(object)
	return append(all, Mutation{"another spacing", indented, false}, Mutation{"two documents", []byte(text + "{}"), true}, Mutation{"a list of it", []byte("[" + text + "]"), true},
		Mutation{"a comma too many", []byte(text[:len(text)-1] + ",}"), true}, Mutation{"not UTF-8", []byte("{\"\xff\":1," + text[1:]), true},
		Mutation{"a byte order mark", []byte("\ufeff" + text), true}, Mutation{"not closed", []byte(text[:len(text)-1]), true})
}

// spare sets a bit of the last character that holds no data: the same bytes under another text.
func spare(encoded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, encoded[len(encoded)-1])
	return encoded[:len(encoded)-1] + string(alphabet[last|1])
}

// padded puts blanks behind JSON until the last character of its base64 has spare bits.
func padded(text string) string {
	for len(text)%3 != 1 {
		text += " "
	}
	return B64([]byte(text))
}

// Tokens are a good token in other forms. Each has the right key's signature over exactly the bytes that are sent, so that only
// the form can be what is refused: base64 has many texts for the same bytes, and Go's decoder takes some of them even when it
// is strict.
func Tokens(key *rsa.PrivateKey, header string, payload []byte) []Mutation {
	good := Token(key, header, payload)
	parts := strings.Split(good, ".")
	head, body, mark := parts[0], parts[1], parts[2]
	odd, wide := padded(string(payload)), padded(header+" ")
	sum := sha512.Sum512([]byte(head + "." + body))
	of512, err := rsa.SignPKCS1v15(nil, key, crypto.SHA512, sum[:])
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	confused := B64([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + body
	mac := hmac.New(sha256.New, der)
	mac.Write([]byte(confused))
	var all []Mutation
	add := func(about, token string) { all = append(all, Mutation{about, []byte(token), true}) }
	signed := func(about, segments string) { add(about, Sealed(key, segments)) }
	add("nothing", "")
	add("two segments", head+"."+body)
	add("no signature", head+"."+body+".")
	add("five segments of a JWE", good+".."+mark)
	add("JSON serialization", `{"protected":"`+head+`","payload":"`+body+`","signature":"`+mark+`"}`)
	add("a signature twice", good+mark)
	add("a signature of SHA-512", head+"."+body+"."+B64(of512))
	add("a signature of zeros", head+"."+body+"."+B64(make([]byte, 256)))
	add("the modulus as signature", head+"."+body+"."+B64(key.N.Bytes()))
	add("another root of it", head+"."+body+"."+B64(opposite(key, mark)))
	add("a public key as secret", confused+"."+B64(mac.Sum(nil)))
	add("padding in the signature", good+"==")
	add("CR LF in the signature", good[:len(good)-8]+"\r\n"+good[len(good)-8:])
	add("spare bits in the signature", head+"."+body+"."+spare(mark))
	signed("no header", "."+body)
	signed("no payload", head+".")
	signed("one segment", body)
	signed("four segments", head+"."+body+"."+mark)
	signed("a dot before it", "."+head+"."+body)
	signed("a byte order mark", "\ufeff"+head+"."+body)
	signed("padding in the header", wide+"==."+body)
	signed("padding in the payload", head+"."+odd+"==")
	signed("CR in the header", head[:8]+"\r"+head[8:]+"."+body)
	signed("LF in the payload", head+"."+body[:8]+"\n"+body[8:])
	signed("LF before the payload", head+".\n"+body)
	signed("LF after the payload", head+"."+body+"\n")
	signed("a blank in the payload", head+"."+body[:8]+" "+body[8:])
	signed("NUL in the payload", head+"."+body[:8]+"\x00"+body[8:])
	signed("the other alphabet", head+"."+strings.NewReplacer("-", "+", "_", "/").Replace(B64([]byte(`{"a":"???>>>"}`))))
	signed("spare bits in the header", spare(wide)+"."+body)
	signed("spare bits in the payload", head+"."+spare(odd))
	signed("a character too many", head+"."+odd+"AAA")
	for _, h := range headers {
		add("header "+h, Token(key, h, payload))
	}
	return all
}

// opposite is the signature's negative: its square is the same, its power of 65537 is not.
func opposite(key *rsa.PrivateKey, mark string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil {
		panic(err)
	}
	return new(big.Int).Sub(key.N, new(big.Int).SetBytes(raw)).FillBytes(make([]byte, len(raw)))
}

// headers are others than the one that says type JWT and algorithm RS256, each once and in these letters, and nothing else.
var headers = []string{
	`{"typ":"JWT","alg":"none"}`, `{"typ":"JWT","alg":"HS256"}`, `{"typ":"JWT","alg":"RS512"}`, `{"typ":"JWT","alg":"PS256"}`, `{"typ":"JWT","alg":"ES256"}`,
	`{"typ":"JWT","alg":"rs256"}`, `{"typ":"JWT","alg":null}`, `{"typ":"JWT","alg":["RS256"]}`, `{"typ":"JWT"}`, `{"typ":"JWT","alg":""}`,
	`{"typ":"JWT","alg":"RS256","alg":"RS256"}`, `{"typ":"JWT","alg":"none","alg":"RS256"}`, `{"typ":"JWT","alg":"RS256","\u0061lg":"none"}`,
	`{"typ":"JWT","Alg":"RS256"}`, `{"typ":"JWT","alg":"RS256","ALG":"RS256"}`, `{"typ":"JWT","alg":"RS256","alg ":"none"}`,
	`{"typ":"jwt","alg":"RS256"}`, `{"typ":"at+jwt","alg":"RS256"}`, `{"typ":null,"alg":"RS256"}`, `{"typ":"JWT","typ":"JWT","alg":"RS256"}`, `{"alg":"RS256"}`,
	`{"typ":"JWT","alg":"RS256","kid":"1"}`, `{"typ":"JWT","alg":"RS256","crit":["b64"]}`, `{"typ":"JWT","alg":"RS256","b64":false}`,
	`{"typ":"JWT","alg":"RS256","jwk":{}}`, `{"typ":"JWT","alg":"RS256","jku":"https://example.com"}`, `{"typ":"JWT","alg":"RS256","x5u":"https://example.com"}`,
	`{"typ":"JWT","alg":"RS256","x5c":[]}`, `{"typ":"JWT","alg":"RS256","zip":"DEF"}`, `{"typ":"JWT","alg":"RS256","cty":"JWT"}`,
	`{}`, `["JWT","RS256"]`, `null`, `typ=JWT`, `{"typ":"JWT","alg":"RS256"}{}`, "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"\xff\":1}", "\ufeff" + `{"typ":"JWT","alg":"RS256"}`,
	`{"typ":"JWT","alg":"RS256"` + strings.Repeat(" ", 100) + `}`,
}
