package safeheron_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/provider/safeheron"
	"github.com/zenvault/zenvault/shared/secretdir"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

const workspace = codectest.Workspace

const keyFile = "testdata/throwaway_cosigner_key.pem"

var key = codectest.Key(keyFile)

func keys() []*rsa.PublicKey { return []*rsa.PublicKey{&key().PublicKey} }

var noon = time.UnixMilli(1700000000000)

type object = codectest.Object

// pss signs a text as the co-signer does.
func pss(text string) string {
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPSS(rand.Reader, key(), crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: 32})
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// envelope is a message as the co-signer sends it.
func envelope(content []byte) object {
	biz := base64.StdEncoding.EncodeToString(content)
	return object{"timestamp": "1700000000000", "version": "v3", "bizContent": biz,
		"sig": pss("bizContent=" + biz + "&timestamp=1700000000000&version=v3")}
}

func marshal(value any) []byte { return codectest.Marshal(value) }

func message(content any) []byte { return marshal(envelope(marshal(content))) }

func detail() object {
	return object{
		"txKey": "tx-1", "coinKey": "ETH", "txAmount": "0.250", "transactionType": "NORMAL", "customerRefId": workspace + ":order-1",
		"sourceAccountKey": "account-1", "sourceAccountType": "VAULT_ACCOUNT", "sourceAddress": "0xF",
		"destinationAccountKey": "white-1", "destinationAccountType": "WHITELISTING_ACCOUNT", "destinationAddress": "0xA",
		"destinationTag": "", "transactionStatus": "SUBMITTED", "createTime": 1700000000000, "note": "",
	}
}

func content(kind string, changes object) object {
	return object{"approvalId": "task-1", "type": kind, "detail": codectest.Changed(detail(), changes)}
}

func read(t *testing.T, content any) signing.Callback {
	t.Helper()
	c, err := safeheron.Read(marshal(content))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A transaction reads as what it says.
func TestOpen(t *testing.T) {
	got, err := safeheron.Codec{}.Open(message(content("TRANSACTION", nil)), keys(), noon)
	ref, _ := tenant.ParseRef(workspace + ":order-1")
	want := signing.Callback{ExternalID: "task-1", TxID: "tx-1", Kind: "safeheron.transaction", Signing: true, Supported: true, Ref: ref,
		RefText: workspace + ":order-1", Digest: got.Digest,
		Request: signing.Request{Operation: "TRANSACTION", Asset: "ETH", Amount: codectest.Decimal("0.25"),
			Source:       signing.Party{Type: "VAULT_ACCOUNT", ID: "account-1", Address: "0xF"},
			Destinations: []signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xA", Whitelisted: new(true)}}}}
	if diff := codectest.Diff(want, got); diff != "" || err != nil || len(got.Digest) != 64 {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// The message that was made elsewhere after the vendor's converter opens with its key, within 5 seconds of its time.
func TestOpenVector(t *testing.T) {
	var vector struct {
		Key  string          `json:"cosigner_public_key_pem"`
		Body json.RawMessage `json:"body"`
	}
	codectest.Vector(t, "testdata/cosigner_v3_synthetic.json", &vector)
	theirs := []*rsa.PublicKey{codectest.PublicKey(t, vector.Key)}
	for away, want := range map[time.Duration]error{
		0: nil, 5 * time.Second: nil, -5 * time.Second: nil,
		5*time.Second + time.Millisecond: signing.ErrExpired, -5*time.Second - time.Millisecond: signing.ErrExpired, 24 * time.Hour: signing.ErrExpired,
	} {
		got, err := safeheron.Codec{}.Open(vector.Body, theirs, noon.Add(away))
		if !errors.Is(err, want) || err == nil && (got.ExternalID != "tx0000000000000001" || got.RefText != "ws_1:idem-1" || got.Request.Asset != "ETH") {
			t.Errorf("%v away: %+v, %v, want %v", away, got, err, want)
		}
	}
	if _, err := (safeheron.Codec{}).Open(vector.Body, keys(), noon); err != signing.ErrForged {
		t.Errorf("with another key: %v", err)
	}
	if _, err := (safeheron.Codec{}).Open(vector.Body, append(keys(), theirs...), noon); err != nil {
		t.Errorf("with the second key: %v", err)
	}
	if _, err := (safeheron.Codec{}).Open(vector.Body, nil, noon); err != signing.ErrForged {
		t.Errorf("without keys: %v", err)
	}
}

// Every type of the vendor's has its kind; what tells neither amount nor destination is not judged. All release signatures.
func TestKinds(t *testing.T) {
	for kind, want := range map[string]string{
		"TRANSACTION": "safeheron.transaction judged", "TRANSACTION_BATCH_UTXO": "safeheron.transaction judged",
		"TX_TRANSACTION": "safeheron.transaction", "CONNECT_TX_SEND": "safeheron.transaction", "TX_CONNECT_TX_SEND": "safeheron.transaction",
		"MPC_SIGN": "safeheron.mpc_sign", "ETH_SIGN": "safeheron.web3_sign", "PERSONAL_SIGN": "safeheron.web3_sign",
		"ETH_SIGN_TYPED_DATA": "safeheron.web3_sign", "ETH_SIGNTRANSACTION": "safeheron.web3_sign",
		"transaction": "safeheron.other", "NOT_KNOWN_YET": "safeheron.other",
	} {
		got := read(t, content(kind, nil))
		is := got.Kind
		if got.Supported {
			is += " judged"
		}
		if is != want || !got.Signing || got.Request.Operation != kind || got.TxID != "tx-1" || got.RefText != workspace+":order-1" {
			t.Errorf("%s: %s, %+v, want %s", kind, is, got, want)
		}
	}
}

// The detail may have the name that it had in earlier versions, but not both.
func TestDetailNames(t *testing.T) {
	now := read(t, content("TRANSACTION", nil))
	before := read(t, object{"approvalId": "task-1", "type": "TRANSACTION", "customerContent": detail()})
	if now.Digest != before.Digest {
		t.Error("the same detail has two digests")
	}
}

// What an authentic message must say and does not is unreadable: nothing is signed for it.
func TestUnreadable(t *testing.T) {
	for about, text := range map[string]string{
		"no JSON":              `x`,
		"a list":               `[]`,
		"no approvalId":        `{"type":"TRANSACTION","detail":{}}`,
		"an empty approvalId":  `{"approvalId":"","type":"TRANSACTION","detail":{}}`,
		"a long approvalId":    `{"approvalId":"` + strings.Repeat("x", 201) + `","type":"TRANSACTION","detail":{}}`,
		"an approvalId with #": `{"approvalId":"a#b","type":"TRANSACTION","detail":{}}`,
		"a numeric approvalId": `{"approvalId":1,"type":"TRANSACTION","detail":{}}`,
		"approvalId twice":     `{"approvalId":"a","approvalId":"b","type":"TRANSACTION","detail":{}}`,
		"approvalid":           `{"approvalid":"a","type":"TRANSACTION","detail":{}}`,
		"no type":              `{"approvalId":"a","detail":{}}`,
		"no detail":            `{"approvalId":"a","type":"TRANSACTION"}`,
		"null detail":          `{"approvalId":"a","type":"TRANSACTION","detail":null}`,
		"two details":          `{"approvalId":"a","type":"TRANSACTION","detail":{},"customerContent":{}}`,
		"detail is text":       `{"approvalId":"a","type":"TRANSACTION","detail":"{}"}`,
		"a numeric amount":     `{"approvalId":"a","type":"TRANSACTION","detail":{"txAmount":1}}`,
		"amount twice":         `{"approvalId":"a","type":"TRANSACTION","detail":{"txAmount":"1","txAmount":"2"}}`,
		"hashes twice":         `{"approvalId":"a","type":"MPC_SIGN","detail":{"hashs":[],"hashs":[1]}}`,
		"unknown and a list":   `{"approvalId":"a","type":"NEW","detail":[]}`,
		"two documents":        `{"approvalId":"a","type":"TRANSACTION","detail":{}}{}`,
	} {
		if _, err := safeheron.Read([]byte(text)); !errors.Is(err, signing.ErrUnreadable) {
			t.Errorf("%s: %v", about, err)
		}
	}
	e := envelope(nil) // signed, and no content
	if _, err := (safeheron.Codec{}).Open(marshal(e), keys(), noon); !errors.Is(err, signing.ErrUnreadable) {
		t.Errorf("nothing: %v", err)
	}
}

// Where a transaction goes: the account beside the list, with the addresses in it.
func TestDestinations(t *testing.T) {
	for about, c := range map[string]struct {
		changes object
		want    []signing.Party
	}{
		"whitelisted":     {nil, []signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xA", Whitelisted: new(true)}}},
		"the own team's":  {object{"destinationAccountType": "VAULT_ACCOUNT"}, []signing.Party{{Type: "VAULT_ACCOUNT", ID: "white-1", Address: "0xA"}}},
		"an unknown word": {object{"destinationAccountType": "NEW"}, []signing.Party{{Type: "NEW", ID: "white-1", Address: "0xA"}}},
		"one time": {object{"destinationAccountType": "ONE_TIME_ADDRESS", "destinationAccountKey": nil},
			[]signing.Party{{Type: "ONE_TIME_ADDRESS", NoID: true, Address: "0xA", Whitelisted: new(false)}}},
		"a list of one without its address": {object{"destinationAddressList": []object{{"amount": "0.25"}}},
			[]signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xA", Whitelisted: new(true)}}},
		"a list": {object{"destinationAddress": nil, "destinationAddressList": []object{{"address": "0xB", "amount": "0.1"}, {"address": "0xC", "amount": "0.15"}}},
			[]signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xB", Whitelisted: new(true)},
				{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xC", Whitelisted: new(true)}}},
		"a tag":  {object{"destinationTag": "7"}, []signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xA", Tag: "7", Whitelisted: new(true)}}},
		"a memo": {object{"memo": "7"}, []signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xA", Tag: "7", Whitelisted: new(true)}}},
		"a memo beside a list of one": {object{"memo": "7", "destinationAddressList": []object{{"address": "0xA"}}},
			[]signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xA", Tag: "7", Whitelisted: new(true)}}},
		"memos in a list": {object{"destinationAddress": nil, "destinationAddressList": []object{{"address": "0xB", "memo": "1"}, {"address": "0xC"}}},
			[]signing.Party{{Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xB", Tag: "1", Whitelisted: new(true)}, {Type: "WHITELISTING_ACCOUNT", ID: "white-1", Address: "0xC", Whitelisted: new(true)}}},
		"nothing told": {object{"destinationAccountType": nil, "destinationAccountKey": nil, "destinationAddress": nil}, []signing.Party{{}}},
	} {
		if diff := cmp.Diff(c.want, read(t, content("TRANSACTION", c.changes)).Request.Destinations); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
}

// A transaction that contradicts itself is found out; what is not told contradicts nothing.
func TestConsistency(t *testing.T) {
	list := func(rows ...object) object { return object{"destinationAddressList": rows} }
	for about, c := range map[string]struct {
		changes object
		want    string
	}{
		"as it is":                {nil, ""},
		"no amount":               {object{"txAmount": nil}, ""},
		"an exponent":             {object{"txAmount": "1e2"}, "amount_malformed"},
		"a sign":                  {object{"txAmount": "-1"}, "amount_malformed"},
		"the sum":                 {list(object{"address": "0xA", "amount": "0.1"}, object{"address": "0xB", "amount": "0.15"}), ""},
		"more than the sum":       {list(object{"address": "0xA", "amount": "0.25"}, object{"address": "0xB", "amount": "0.01"}), "destinations_sum"},
		"a silent destination":    {list(object{"address": "0xA", "amount": "0.25"}, object{"address": "0xB"}), "destinations_sum"},
		"a share that is no text": {list(object{"address": "0xA", "amount": "x"}), "destinations_sum"},
		"another address":         {list(object{"address": "0xB", "amount": "0.25"}), "destination_address"},
		"its other case":          {object{"destinationAddress": "0xa", "destinationAddressList": []object{{"address": "0xA"}}}, ""},
		"Base58 in another case":  {object{"destinationAddress": "1bA", "destinationAddressList": []object{{"address": "1Ba"}}}, "destination_address"},
		"a memo and its tag":      {object{"memo": "7", "destinationTag": "7"}, ""},
		"a memo beside a tag":     {object{"memo": "7", "destinationTag": "8"}, "destination_memo"},
		"another memo":            {object{"memo": "7", "destinationAddressList": []object{{"address": "0xA", "memo": "8"}}}, "destination_memo"},
		"another tag":             {object{"destinationTag": "7", "destinationAddressList": []object{{"address": "0xA", "memo": "8"}}}, "destination_memo"},
	} {
		if got := read(t, content("TRANSACTION", c.changes)).Inconsistent; got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

// The digest changes with all that is decided on or signed, and with nothing that differs between two sendings.
func TestDigest(t *testing.T) {
	of := func(changes object) string { return read(t, content("TRANSACTION", changes)).Digest }
	base := of(nil)
	for _, name := range []string{"txKey", "customerRefId", "coinKey", "txAmount", "transactionType", "sourceAccountKey", "sourceAccountType", "sourceAddress",
		"destinationAccountKey", "destinationAccountType", "destinationAddress", "destinationTag", "memo", "replacedTxKey", "replacedCustomerRefId", "replaceTxKey"} {
		if of(object{name: "9"}) == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
	row := object{"address": "0xA", "memo": "m", "amount": "0.25"}
	listed := of(object{"destinationAddressList": []object{row}})
	for name := range row {
		other := maps.Clone(row)
		other[name] = "9"
		if got := of(object{"destinationAddressList": []object{other}}); got == listed || got == base {
			t.Errorf("another %s in the list has the same digest", name)
		}
	}
	for about, changes := range map[string]object{
		"state": {"transactionStatus": "x"}, "time": {"createTime": 1}, "note": {"note": "x"}, "fee": {"estimateFee": "1", "txFee": "1"},
		"zeros": {"txAmount": "0.25"}, "new member": {"new": object{"a": 1}}, "risk": {"amlList": []any{object{"riskLevel": "LOW"}}},
	} {
		if of(changes) != base {
			t.Errorf("another %s has another digest", about)
		}
	}
	if read(t, content("TRANSACTION_BATCH_UTXO", nil)).Digest == base {
		t.Error("another type has the same digest")
	}
	hash := func(text string) string {
		return read(t, content("MPC_SIGN", object{"hashs": []object{{"hash": text}}})).Digest
	}
	if hash("aa") == hash("ab") {
		t.Error("another hash has the same digest")
	}
}

// Answers have the documented members, and the same claims make the same bytes, though the scheme has a salt. There is no
// word for "later".
func TestAnswer(t *testing.T) {
	codec := safeheron.Codec{}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := secretdir.Parse(text, keyref.PSS(safeheron.KeyBits))
	if err != nil {
		t.Fatal(err)
	}
	for action, word := range map[signing.Action]string{signing.Approve: "APPROVE", signing.Reject: "REJECT"} {
		claims := codec.Claims(signing.Answer{Action: action, ExternalID: "task-1", Reason: "not told", At: noon})
		first, err := codec.Seal(t.Context(), claims, signer)
		if err != nil {
			t.Fatal(err)
		}
		again, err := codec.Seal(t.Context(), claims, signer)
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("the answer differs from itself: %v\n%s\n%s", err, first, again)
		}
		var got map[string]string
		if err := json.Unmarshal(first, &got); err != nil {
			t.Fatal(err)
		}
		biz := base64.StdEncoding.EncodeToString([]byte(`{"action":"` + word + `","approvalId":"task-1"}`))
		want := map[string]string{"timestamp": strconv.Itoa(1700000000000), "code": "200", "message": "SUCCESS", "version": "v3", "bizContent": biz, "sig": got["sig"]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		sum := sha256.Sum256([]byte("bizContent=" + biz + "&code=200&message=SUCCESS&timestamp=1700000000000&version=v3"))
		signature, _ := base64.StdEncoding.DecodeString(got["sig"])
		if err := rsa.VerifyPSS(&key().PublicKey, crypto.SHA256, sum[:], signature, &rsa.PSSOptions{SaltLength: 32}); err != nil {
			t.Error(err)
		}
	}
	if claims := codec.Claims(signing.Answer{Action: signing.Retry, ExternalID: "task-1", At: noon}); claims != nil {
		t.Errorf("a retry has the claims %s", claims)
	}
	if _, err := codec.Seal(context.Background(), []byte("x"), signer); err == nil {
		t.Error("no claims are sealed")
	}
}
