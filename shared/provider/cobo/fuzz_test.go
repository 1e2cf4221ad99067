package cobo_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/provider/cobo"
)

// No change to a signed message, however small, leaves one that opens.
func FuzzOpen(f *testing.F) {
	signed := map[string]bool{}
	for _, request := range []any{keysign(nil, nil), object{"request_type": 0}, object{"request_id": "a", "request_type": 5, "request_detail": "x"}} {
		good := message(request)
		signed[string(good)] = true
		f.Add(good)
		for at := 0; at < len(good); at += 97 { // bits, line breaks, separators, cuts
			f.Add(append(append(bytes.Clone(good[:at]), good[at]^1), good[at+1:]...))
			f.Add(append(append(bytes.Clone(good[:at]), '\n'), good[at:]...))
			f.Add(append(append(bytes.Clone(good[:at]), '&'), good[at:]...))
			f.Add(good[:at])
		}
		f.Add(append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]+1))
	}
	for _, body := range forms() {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := (cobo.Codec{}).Open(body, keys(), noon); err == nil && !signed[string(body)] {
			t.Errorf("opened %q", body)
		}
	})
}

// Whatever the request, what is read holds together: an id that can be a key unless it is a ping, a kind, and the same
// reading of the same members in another order and spacing.
func FuzzRead(f *testing.F) {
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
		if a := c.Request.Amount; a != nil {
			if back, err := amount.Parse(a.String()); err != nil || back != *a {
				t.Errorf("the amount %s does not read back", a)
			}
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatalf("read what is no object: %v", err)
		}
		again, err := json.MarshalIndent(members, "", "\t")
		if err != nil {
			return
		}
		if other, err := cobo.Read(again); err != nil || other.Digest != c.Digest || other.Kind != c.Kind || other.Inconsistent != c.Inconsistent {
			t.Errorf("in another form: %v, %+v, was %+v", err, other, c)
		}
	})
}
