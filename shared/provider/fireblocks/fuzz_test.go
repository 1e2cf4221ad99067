package fireblocks_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
)

// No change to a signed token, however small, leaves one that opens.
func FuzzOpen(f *testing.F) {
	payload, _ := json.Marshal(documented(f))
	signed := map[string]bool{}
	for _, head := range []string{header, `{"alg":"RS256","typ":"JWT"}`, `{ "typ":"JWT", "alg":"RS256" }`} {
		for _, body := range [][]byte{payload, []byte(`{"requestId":"r"}`)} {
			good := token(head, body)
			signed[string(good)] = true
			f.Add(good)
			for at := 0; at < len(good); at += 97 { // bits, line breaks, dots, cuts
				f.Add(append(append(bytes.Clone(good[:at]), good[at]^1), good[at+1:]...))
				f.Add(append(append(bytes.Clone(good[:at]), '\n'), good[at:]...))
				f.Add(append(append(bytes.Clone(good[:at]), '.'), good[at:]...))
				f.Add(good[:at])
			}
			f.Add(append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]+1))
			f.Add(append(bytes.Clone(good), '='))
			f.Add(bytes.ReplaceAll(good, []byte("-"), []byte("+")))
		}
	}
	for _, head := range []string{`{"typ":"JWT","alg":"none"}`, `{"typ":"JWT","alg":"HS256"}`, `{"typ":"JWT","alg":"RS256","alg":"none"}`, `{"alg":"RS256"}`, `[]`, ``} {
		f.Add(token(head, payload))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := (fireblocks.Codec{}).Open(body, keys(), time.Time{}); err == nil && !signed[string(body)] {
			t.Errorf("opened %q", body)
		}
	})
}

// Whatever the payload, what is read holds together: an id that can be a key, one destination at least, an amount that
// is written as it was read, and the same reading of the same members in another order and spacing.
func FuzzRead(f *testing.F) {
	payload, _ := json.Marshal(documented(f))
	f.Add(payload)
	for _, text := range []string{
		`{"requestId":"r"}`, `{"requestId":"r","fee":1}`, `{"requestId":"r","destinations":[{}],"amountStr":"1"}`, `{"requestId":"r","players":null}`,
		`{"requestId":"r","rawTx":[{"rawTx":"\u0000"}]}`, `{"requestId":"r","externalTxId":"` + workspace + `:a"}`, `{"requestId":"r","requestId":"s"}`,
		`{"requestId":"r","destinations":[{"amountNativeStr":"1e5"}],"amountStr":"100000"}`, `[]`, `null`, `{"requestId":"r","x":[[[[1e400]]]]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := fireblocks.Read(payload)
		if err != nil {
			return
		}
		if c.ExternalID == "" || len(c.ExternalID) > 200 || len(c.Request.Destinations) == 0 || len(c.Digest) != 64 {
			t.Errorf("read %+v", c)
		}
		if a := c.Request.Amount; a != nil {
			if back, err := amount.Parse(a.String()); err != nil || back != *a {
				t.Errorf("the amount %s does not read back", a)
			}
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(payload, &members); err != nil {
			t.Fatalf("read what is no object: %v", err)
		}
		again, err := json.MarshalIndent(members, "", "\t")
		if err != nil {
			return
		}
		if other, err := fireblocks.Read(again); err != nil || other.Digest != c.Digest || other.Kind != c.Kind || other.Inconsistent != c.Inconsistent {
			t.Errorf("in another form: %v, %+v, was %+v", err, other, c)
		}
	})
}
