package fireblocks_test

import (
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
)

// No change to a signed token, however small, leaves one that opens.
func FuzzOpen(f *testing.F) {
	signed := map[string]bool{}
	for _, head := range []string{header, `{"alg":"RS256","typ":"JWT"}`, `{ "typ":"JWT", "alg":"RS256" }`} {
		for _, body := range [][]byte{codectest.Marshal(documented(f)), []byte(minimal)} {
			good := token(head, body)
			signed[string(good)] = true
			f.Add(good)
			for _, m := range codectest.Bytes(good, 97) {
				f.Add(m.Body)
			}
		}
	}
	for _, m := range codectest.Tokens(key(), header, []byte(minimal)) {
		f.Add(m.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := open(body); err == nil && !signed[string(body)] {
			t.Errorf("opened %q", body)
		}
	})
}

// Whatever the payload, what is read holds together: an id that can be a key, one destination at least, an amount that
// is written as it was read, and the same reading of the same members in another order and spacing.
func FuzzRead(f *testing.F) {
	payload := codectest.Marshal(documented(f))
	f.Add(payload)
	for _, m := range codectest.Members(payload) {
		f.Add(m.Body)
	}
	for _, text := range []string{
		`{"requestId":"r"}`, `{"requestId":"r","fee":1}`, `{"requestId":"r","destinations":[{}],"amountStr":"1"}`, `{"requestId":"r","players":null}`,
		`{"requestId":"r","rawTx":[{"rawTx":"\u0000"}]}`, `{"requestId":"r","externalTxId":"` + workspace + `:a"}`, `{"requestId":"r","requestId":"s"}`,
		`{"requestId":"r","destinations":[{"amountNativeStr":"1e5"}],"amountStr":"100000"}`, `[]`, `null`, `{"requestId":"r","x":[[[[1e400]]]]}`,
		`{"requestId":"r","amountUSD":1e-7,"amountStr":"1"}`, `{"requestId":"r","destinations":[{"amountUSD":"5"},{"amountUSD":0}]}`,
		`{"requestId":"r","operation":"CONTRACT_CALL","extraParameters":{"contractCallData":"0xa9059cbb"},"destAddress":"0xA"}`,
		`{"requestId":"r","operation":"TRANSFER","asset":"BTC","rawTx":[{"rawTx":"00","payload":"00"}]}`,
	} {
		f.Add([]byte(text))
	}
	for _, c := range rawTransfers(f) {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := fireblocks.Read(payload)
		if err != nil {
			return
		}
		if c.ExternalID == "" || len(c.ExternalID) > 200 || len(c.Request.Destinations) == 0 || len(c.Digest) != 64 {
			t.Errorf("read %+v", c)
		}
		if r := c.Request; r.NoCall && (r.Contract != "" || r.Method != "") {
			t.Errorf("a call that is none: %+v", r)
		}
		codectest.Steady(t, payload, c, fireblocks.Read)
	})
}
