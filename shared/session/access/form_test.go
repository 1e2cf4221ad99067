package access_test

import (
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
)

// A token has one spelling: three parts of base64url without padding, blanks or idle bits, at most 8 KiB. What is
// refused here is signed over exactly the text that is sent, so that the signature can't be the reason.
func TestForms(t *testing.T) {
	f, v := newForger(t)
	good := f.sign(f.head(), body)
	parts := strings.Split(good, ".")
	head, claims, signature := parts[0], parts[1], parts[2]
	// One byte more, or two: the last character has idle bits then.
	idle := encode(f.head() + " ")
	for len(idle)%4 == 0 {
		idle = encode(f.head() + "  ")
	}
	list := []attack{
		{name: "empty", token: "", why: tooLong},
		{name: "one part", token: head, why: notThree},
		{name: "two parts", token: head + "." + claims, why: notThree},
		{name: "four parts", token: good + "." + signature, why: notThree},
		{name: "four parts, the last empty", token: good + ".", why: notThree},
		{name: "a part before", token: "." + good, why: notThree},
		{name: "five parts, as of a JWE", token: head + "..." + claims + "." + signature, why: notThree},
		{name: "only dots", token: "..", why: "not valid JSON"},
		{name: "many dots", token: strings.Repeat(".", 4000), why: notThree},
		{name: "detached", token: head + ".." + f.signature(head+"."+claims), why: "not valid JSON"},
		{name: "two tokens", token: good + " " + good, why: notAlphabet},
		{name: "Bearer", token: "Bearer " + good, why: notAlphabet},
		{name: "JSON serialisation", token: `{"payload":"` + claims + `","protected":"` + head + `","signature":"` + signature + `"}`, why: notAlphabet},
		{name: "an encoded dot", token: strings.Replace(good, ".", "%2E", 1), why: notAlphabet},
		{name: "a full stop of another script", token: strings.Replace(good, ".", "\u3002", 1), why: notAlphabet},
		{name: "a zero byte", token: good + "\x00", why: notAlphabet},
		{name: "idle bits in the header", token: f.over(idle[:len(idle)-1] + lastBits(idle[len(idle)-1]) + "." + claims), why: notOneForm},
		{name: "idle bits in the signature", token: good[:len(good)-1] + lastBits(good[len(good)-1]), why: notOneForm},
		{name: "one character too many in the header", token: f.over(encode(f.head()+strings.Repeat(" ", 3-len(f.head())%3)) + "A." + claims), why: notOneForm},
		{name: "standard alphabet", token: f.over(base64.RawStdEncoding.EncodeToString([]byte(f.head()+" ")) + "." + base64.RawStdEncoding.EncodeToString([]byte(with(body, "adm_1", "\u00ff\u00fe>>??")))), why: notAlphabet},
		{name: "a refresh token", token: "zv_rt_" + strings.Repeat("A", 124) + "_00000000", why: notThree},
		{name: "an API key", token: "zv_live_01jc0000000000000000000000_" + strings.Repeat("a", 52) + "_00000000", why: notThree},
		{name: "a webhook secret", token: "whsec_" + strings.Repeat("A", 43) + "=", why: notAlphabet},
		{name: "endless", token: strings.Repeat("a", 1<<20), why: tooLong},
		{name: "endless dots", token: strings.Repeat(".", 1<<20), why: tooLong},
	}
	for name, inside := range map[string]string{"line break": "\n", "carriage return": "\r", "line end": "\r\n", "blank": " ", "tab": "\t", "padding": "=", "plus": "+", "slash": "/", "not ASCII": "é"} {
		list = append(list,
			attack{name: name + " before", token: inside + good, why: notAlphabet},
			attack{name: name + " after", token: good + inside, why: notAlphabet},
			attack{name: name + " in the header", token: f.over(head[:8] + inside + head[8:] + "." + claims), why: notAlphabet},
			attack{name: name + " after the claims", token: f.over(head + "." + claims + inside), why: notAlphabet},
			attack{name: name + " in the signature", token: head + "." + claims + "." + signature[:8] + inside + signature[8:], why: notAlphabet})
	}
	refused(t, f, v, list)
}

// lastBits is another last character that decodes to the same bytes, for a decoder that is not strict.
func lastBits(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)|1])
}

// A token of up to 8 KiB is read, a longer one is not, whatever is in it.
func TestLength(t *testing.T) {
	f, v := newForger(t)
	longest := 0
	for size := 5000; ; size++ {
		token := f.sign(f.head(), with(body, "tok_1", strings.Repeat("x", size)))
		_, err := v.Verify(token, now)
		if good := len(token) <= 8192; good != (err == nil) || !good && !strings.Contains(err.Error(), tooLong) {
			t.Fatalf("%d bytes: %v", len(token), err)
		}
		if err != nil {
			break
		}
		longest = len(token)
	}
	if longest < 8190 {
		t.Errorf("the longest token that is read has %d bytes", longest)
	}
}

// A signature is r and s, 32 bytes each, between 1 and the curve's order: no other encoding, no other length, no other
// numbers, and none that was made over something else.
func TestSignatures(t *testing.T) {
	f, v := newForger(t)
	good := f.sign(f.head(), body)
	signed, text, _ := cutLast(good)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != 64 {
		t.Fatalf("%d bytes, %v", len(raw), err)
	}
	r, s, order := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]), f.public.Public.Params().N
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		t.Fatal(err)
	}
	sized := func(n *big.Int, size int) []byte { return n.FillBytes(make([]byte, size)) }
	pair := func(r, s *big.Int) []byte { return append(sized(r, 32), sized(s, 32)...) }
	zero, one, most := big.NewInt(0), big.NewInt(1), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	var list []attack
	for name, signature := range map[string][]byte{
		"empty": nil, "DER": der, "DER cut to 64 bytes": der[:64], "r alone": raw[:32], "63 bytes": raw[:63], "65 bytes": append(append([]byte{}, raw...), 0), "a zero before": append([]byte{0}, raw...),
		"each of 33 bytes": append(sized(r, 33), sized(s, 33)...), "of P-384's size": append(sized(r, 48), sized(s, 48)...), "twice": append(append([]byte{}, raw...), raw...),
		"r and s are 0": pair(zero, zero), "r is 0": pair(zero, s), "s is 0": pair(r, zero), "r is 1": pair(one, s), "r and s are 1": pair(one, one),
		"r is the order": pair(order, s), "s is the order": pair(r, order), "both are the order": pair(order, order), "both are all ones": pair(most, most),
		"r is above the order": pair(most, s), "s is above the order": pair(r, most), "r and s change places": pair(s, r), "all zeros, long": make([]byte, 256),
	} {
		list = append(list, attack{name: name, token: signed + "." + base64.RawURLEncoding.EncodeToString(signature), why: badSign})
	}
	head, claims, _ := strings.Cut(signed, ".")
	list = append(list,
		attack{name: "of other claims", token: head + "." + encode(with(body, "adm_1", "adm_2")) + "." + text, why: badSign},
		attack{name: "of another header", token: encode(f.head()+" ") + "." + claims + "." + text, why: badSign},
		attack{name: "of the decoded parts", token: signed + "." + f.signature(f.head()+"."+body), why: badSign},
		attack{name: "of the claims alone", token: signed + "." + f.signature(claims), why: badSign},
		attack{name: "of the parts without the dot", token: signed + "." + f.signature(head+claims), why: badSign})
	refused(t, f, v, list)
}

func cutLast(token string) (before, after string, found bool) {
	i := strings.LastIndexByte(token, '.')
	return token[:i], token[i+1:], true
}
