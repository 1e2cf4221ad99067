package cobo_test

import (
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/cobo"
)

// No change to a signed message, however small, leaves one that opens.
func FuzzOpen(f *testing.F) {
	signed := map[string]bool{}
	for _, request := range []any{keysign(nil, nil), object{"request_type": 0}, object{"request_id": "a", "request_type": 5, "request_detail": "x"}} {
		good := message(request)
		signed[string(good)] = true
		f.Add(good)
		for _, m := range codectest.Bytes(good, 97) {
			f.Add(m.Body)
		}
	}
	for _, m := range forms() {
		f.Add(m.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := open(body); err == nil && !signed[string(body)] {
			t.Errorf("opened %q", body)
		}
	})
}

// Whatever the request, what is read holds together: an id that can be a key unless it is a ping, a kind, and the same
// reading of the same members in another order and spacing.
func FuzzRead(f *testing.F) {
	for _, m := range codectest.Members(marshal(keysign(nil, nil))) {
		f.Add(m.Body)
	}
	f.Add(marshal(keysign(nil, nil)))
	f.Add(marshal(keysign(to("Address", object{"utxo_outputs": []object{{"address": "a", "amount": "0.1"}}}), nil)))
	f.Add(marshal(keysign(to("CustodialWallet", object{"wallet_id": "w", "amount": "1"}), nil)))
	for _, text := range []string{
		`{"request_type":0}`, `{"request_id":"a","request_type":1,"request_detail":"{}","extra_info":"{}"}`, `{"request_id":"a","request_type":2}`,
		`{"request_id":"a","request_type":2,"extra_info":"{\"transaction\":{}}"}`, `{"request_id":"a","request_type":9223372036854775807}`, `[]`, `null`,
		`{"request_id":"a","request_type":2,"extra_info":"{\"transaction\":{\"type\":\"Withdrawal\",\"destination\":{\"destination_type\":\"Address\"}}}"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := cobo.Read(raw)
		if err != nil {
			return
		}
		if c.ExternalID == "" && !c.Ping || len(c.ExternalID) > 200 || c.Signing == c.Ping || c.Kind == "" || len(c.Digest) != 64 {
			t.Errorf("read %+v", c)
		}
		if c.Supported && c.Inconsistent == "" && len(c.Request.Destinations) == 0 {
			t.Errorf("a judged request goes nowhere: %+v", c)
		}
		codectest.Steady(t, raw, c, cobo.Read)
	})
}
