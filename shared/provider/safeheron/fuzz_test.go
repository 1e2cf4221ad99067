package safeheron_test

import (
	"encoding/json"
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/safeheron"
	"github.com/zenvault/zenvault/shared/strict"
)

// No change to what a message says leaves one that opens: whatever opens has the signed texts, in a JSON of some spacing.
func FuzzOpen(f *testing.F) {
	var vector struct{ Body json.RawMessage }
	codectest.Vector(f, "testdata/cosigner_v3_synthetic.json", &vector)
	good := message(content("TRANSACTION", nil))
	signed := map[string]bool{}
	for _, body := range [][]byte{good, message(object{"approvalId": "a", "type": "X", "detail": object{}})} {
		var e map[string]string
		if err := json.Unmarshal(body, &e); err != nil {
			f.Fatal(err)
		}
		signed[e["bizContent"]+" "+e["timestamp"]] = true
		for _, m := range append(codectest.Bytes(body, 97), codectest.Members(body)...) {
			f.Add(m.Body)
		}
		f.Add(body)
	}
	f.Add([]byte(vector.Body))
	for _, body := range forms() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := open(body); err != nil {
			return
		}
		var e struct {
			Timestamp  string `json:"timestamp"`
			Version    string `json:"version"`
			BizContent string `json:"bizContent"`
			Sig        string `json:"sig"`
		}
		if err := strict.Decode(body, &e); err != nil || e.Version != "v3" {
			t.Fatalf("opened %q: %v", body, err)
		}
		if !signed[e.BizContent+" "+e.Timestamp] {
			t.Errorf("opened %q", body)
		}
	})
}

// Whatever the content, what is read holds together, and reads the same in another order and spacing.
func FuzzRead(f *testing.F) {
	for _, m := range codectest.Members(marshal(content("TRANSACTION", nil))) {
		f.Add(m.Body)
	}
	f.Add(marshal(content("TRANSACTION", nil)))
	f.Add(marshal(content("TRANSACTION_BATCH_UTXO", object{"destinationAddressList": []object{{"address": "0xA", "amount": "0.25"}}})))
	for _, text := range []string{
		`{"approvalId":"a","type":"TRANSACTION","detail":{}}`, `{"approvalId":"a","type":"MPC_SIGN","detail":{"hashs":[{"hash":"00"}]}}`,
		`{"approvalId":"a","type":"X","detail":{"n":1e400,"m":0.10}}`, `{"approvalId":"a","approvalId":"b","type":"X","detail":{}}`,
		`{"approvalId":"a","type":"TRANSACTION","customerContent":{"txAmount":"1"}}`, `[]`, `null`, `{"approvalId":"a","type":"X","detail":[[[[]]]]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := safeheron.Read(raw)
		if err != nil {
			return
		}
		if c.ExternalID == "" || len(c.ExternalID) > 200 || !c.Signing || c.Kind == "" || len(c.Digest) != 64 || c.Supported && len(c.Request.Destinations) == 0 {
			t.Errorf("read %+v", c)
		}
		codectest.Steady(t, raw, c, safeheron.Read)
	})
}
