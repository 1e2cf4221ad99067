package cobo_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/cobo"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

const workspace = codectest.Workspace

var key = codectest.Key("testdata/throwaway_node_key.pem")

func keys() []*rsa.PublicKey { return []*rsa.PublicKey{&key().PublicKey} }

var noon = time.Unix(1700000000, 0)

type object = codectest.Object

func marshal(value any) []byte { return codectest.Marshal(value) }

func token(header string, payload []byte) string { return codectest.Token(key(), header, payload) }

const header = `{"alg":"RS256","typ":"JWT"}`

// message is the body that a node sends, good for ten seconds.
func message(request any) []byte {
	return form(object{"package_data": marshal(request), "exp": 1700000010, "iss": "tss-node"})
}

func form(claims any) []byte { return []byte("TSS_JWT_MSG=" + token(header, marshal(claims))) }

func transaction() object {
	return object{
		"transaction_id": "tx-1", "request_id": workspace + ":order-1", "wallet_id": "wallet-1", "type": "Withdrawal", "status": "PendingSignature",
		"chain_id": "ETH", "token_id": "ETH", "initiator": "somebody", "created_timestamp": 1700000000000,
		"source":      object{"source_type": "Org-Controlled", "wallet_id": "wallet-1", "address": "0xF"},
		"destination": object{"destination_type": "Address", "account_output": object{"address": "0xA", "amount": "0.250", "memo": ""}},
		"raw_tx_info": object{"unsigned_raw_tx": "0xe9", "used_nonce": 1},
	}
}

func detail() object {
	return object{"group_id": "group-1", "root_pub_key": "xpub", "used_node_ids": []string{"n1", "n2"}, "bip32_path_list": []string{"m/44"},
		"msg_hash_list": []string{"0xaa"}, "tweak_list": []string{}, "signature_type": 1, "tss_protocol": 1, "task_id": "task-1", "biz_task_id": "tx-1"}
}

// keysign is a request to sign, its transaction and its detail with changes; a nil value takes a member out.
func keysign(tx, d object) object {
	t, sign := codectest.Changed(transaction(), tx), codectest.Changed(detail(), d)
	return object{"request_id": "req-1", "request_type": 2, "request_detail": string(marshal(sign)),
		"extra_info": string(marshal(object{"org": object{"name": "x"}, "transaction": t}))}
}

func read(t *testing.T, request object) signing.Callback {
	t.Helper()
	c, err := cobo.Read(marshal(request))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A withdrawal reads as what it says.
func TestOpen(t *testing.T) {
	got, err := cobo.Codec{}.Open(message(keysign(nil, nil)), keys(), noon)
	ref, _ := tenant.ParseRef(workspace + ":order-1")
	want := signing.Callback{ExternalID: "req-1", TxID: "tx-1", Kind: "cobo.keysign", Signing: true, Supported: true, Ref: ref,
		RefText: workspace + ":order-1", Digest: got.Digest,
		Request: signing.Request{Operation: "Withdrawal", Asset: "ETH", Amount: codectest.Decimal("0.25"),
			Source:       signing.Party{Type: "Org-Controlled", ID: "wallet-1", Address: "0xF"},
			Destinations: []signing.Party{{Type: "Address", NoID: true, Address: "0xA"}}}}
	if diff := codectest.Diff(want, got); diff != "" || err != nil || len(got.Digest) != 64 {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// The messages that were made elsewhere with published keys: one opens, the other is too old. Without a transaction there is
// nothing to judge.
func TestOpenVectors(t *testing.T) {
	for file, want := range map[string]error{"tss_callback_request_synthetic.json": nil, "tss_callback_request_expired_synthetic.json": signing.ErrExpired} {
		var vector struct {
			Key   string `json:"tss_node_public_key_pem"`
			Token string `json:"TSS_JWT_MSG"`
		}
		codectest.Vector(t, "testdata/"+file, &vector)
		body := []byte("TSS_JWT_MSG=" + vector.Token)
		got, err := cobo.Codec{}.Open(body, []*rsa.PublicKey{codectest.PublicKey(t, vector.Key)}, noon)
		if !errors.Is(err, want) || err == nil && (got.ExternalID != "req-0001" || got.Kind != "cobo.keysign" || got.Supported) {
			t.Errorf("%s: %+v, %v, want %v", file, got, err, want)
		}
		if _, err := (cobo.Codec{}).Open(body, keys(), noon); err != signing.ErrForged {
			t.Errorf("%s with another key: %v", file, err)
		}
	}
}

// A message is good before its expiry and not before its beginning, to the second; one without an expiry is unreadable.
func TestTimes(t *testing.T) {
	data := marshal(keysign(nil, nil))
	for about, c := range map[string]struct {
		claims object
		want   error
	}{
		"a second before": {object{"package_data": data, "exp": 1700000001}, nil},
		"at the expiry":   {object{"package_data": data, "exp": 1700000000}, signing.ErrExpired},
		"long ago":        {object{"package_data": data, "exp": 0}, signing.ErrExpired},
		"negative":        {object{"package_data": data, "exp": -1}, signing.ErrExpired},
		"in 2100":         {object{"package_data": data, "exp": 4102444800}, nil},
		"begins now":      {object{"package_data": data, "exp": 1700000001, "nbf": 1700000000}, nil},
		"begins later":    {object{"package_data": data, "exp": 1700000009, "nbf": 1700000001}, signing.ErrExpired},
		"no expiry":       {object{"package_data": data}, signing.ErrUnreadable},
		"null":            {object{"package_data": data, "exp": nil}, signing.ErrUnreadable},
		"a text":          {object{"package_data": data, "exp": "1700000001"}, signing.ErrUnreadable},
		"a fraction":      {object{"package_data": data, "exp": 1700000001.5}, signing.ErrUnreadable},
		"huge":            {object{"package_data": data, "exp": json.Number("1e30")}, signing.ErrUnreadable},
	} {
		if _, err := (cobo.Codec{}).Open(form(c.claims), keys(), noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", about, err, c.want)
		}
	}
}

// Every type of the vendor's has its kind; only a ping asks for nothing, and only a withdrawal can be judged.
func TestKinds(t *testing.T) {
	for number, want := range map[int]string{0: "cobo.ping PING", 1: "cobo.keygen KEYGEN", 2: "cobo.keysign KEYSIGN", 3: "cobo.reshare KEYRESHARE",
		5: "cobo.key_share_sign KEYSHARESIGN", 4: "cobo.other REQUEST_TYPE_4", -1: "cobo.other REQUEST_TYPE_-1", 99: "cobo.other REQUEST_TYPE_99"} {
		got := read(t, object{"request_id": "req-1", "request_type": number, "request_detail": "{}", "extra_info": "{}"})
		if is := got.Kind + " " + got.Request.Operation; is != want || got.Supported || got.Ping != (number == 0) || got.Signing == got.Ping || len(got.Digest) != 64 {
			t.Errorf("%d: %s, %+v, want %s", number, is, got, want)
		}
	}
	if got := read(t, object{"request_type": 0}); !got.Ping || got.ExternalID != "" {
		t.Errorf("a ping without an id: %+v", got)
	}
	judged := map[string]bool{}
	for about, tx := range map[string]object{
		"to an address":                          nil,
		"to a wallet":                            {"destination": object{"destination_type": "CustodialWallet", "wallet_id": "w", "amount": "1"}},
		"to an exchange":                         {"destination": object{"destination_type": "ExchangeWallet", "wallet_id": "w", "amount": "1"}},
		"a contract":                             {"type": "ContractCall", "destination": object{"destination_type": "EVM_Contract", "address": "0xA", "calldata": "0x"}},
		"a contract that is called a withdrawal": {"destination": object{"destination_type": "EVM_Contract", "address": "0xA", "calldata": "0x"}},
		"a message":                              {"type": "MessageSign", "destination": object{"destination_type": "EVM_EIP_191_Signature", "message": "x"}},
		"no type":                                {"type": nil},
		"another case":                           {"type": "withdrawal"},
		"a deposit":                              {"type": "Deposit"},
		"a stake":                                {"type": "Stake"},
	} {
		if read(t, keysign(tx, nil)).Supported {
			judged[about] = true
		}
	}
	if diff := cmp.Diff(map[string]bool{"to an address": true, "to a wallet": true, "to an exchange": true}, judged); diff != "" {
		t.Errorf("judged (-want +got):\n%s", diff)
	}
}

// What an authentic message must say and does not is unreadable: nothing is signed for it.
func TestUnreadable(t *testing.T) {
	for about, text := range map[string]string{
		"no JSON":             `x`,
		"a list":              `[]`,
		"no type":             `{"request_id":"a"}`,
		"a null type":         `{"request_id":"a","request_type":null}`,
		"a type of text":      `{"request_id":"a","request_type":"2"}`,
		"a fraction":          `{"request_id":"a","request_type":2.0}`,
		"type twice":          `{"request_id":"a","request_type":0,"request_type":2}`,
		"no id":               `{"request_type":2}`,
		"an id with #":        `{"request_id":"a#b","request_type":2}`,
		"a ping's id with #":  `{"request_id":"a#b","request_type":0}`,
		"id twice":            `{"request_id":"a","request_id":"b","request_type":2}`,
		"Request_ID":          `{"Request_ID":"a","request_type":2}`,
		"detail is an object": `{"request_id":"a","request_type":2,"request_detail":{}}`,
		"detail is no JSON":   `{"request_id":"a","request_type":2,"request_detail":"x"}`,
		"hashes twice":        `{"request_id":"a","request_type":2,"request_detail":"{\"msg_hash_list\":[],\"msg_hash_list\":[\"aa\"]}"}`,
		"extra is no JSON":    `{"request_id":"a","request_type":2,"extra_info":"x"}`,
		"transaction twice":   `{"request_id":"a","request_type":2,"extra_info":"{\"transaction\":{},\"transaction\":{}}"}`,
		"amount is a number":  `{"request_id":"a","request_type":2,"extra_info":"{\"transaction\":{\"destination\":{\"amount\":1}}}"}`,
		"two documents":       `{"request_id":"a","request_type":2}{}`,
	} {
		if _, err := cobo.Read([]byte(text)); !errors.Is(err, signing.ErrUnreadable) {
			t.Errorf("%s: %v", about, err)
		}
	}
	data := base64.StdEncoding.EncodeToString(marshal(keysign(nil, nil)))
	for about, claims := range map[string]string{
		"no data":           `{"exp":1700000010}`,
		"data twice":        `{"package_data":"` + data + `","package_data":"` + data + `","exp":1700000010}`,
		"Package_Data":      `{"Package_Data":"` + data + `","exp":1700000010}`,
		"exp twice":         `{"package_data":"` + data + `","exp":1700000010,"exp":1700000010}`,
		"a line break":      `{"package_data":"` + data[:8] + `\n` + data[8:] + `","exp":1700000010}`,
		"URL-safe":          `{"package_data":"` + base64.URLEncoding.EncodeToString([]byte(`{"a":"???>>>"}`)) + `","exp":1700000010}`,
		"no padding":        `{"package_data":"e30","exp":1700000010}`,
		"spare bits":        `{"package_data":"e31=","exp":1700000010}`,
		"an object":         `{"package_data":{},"exp":1700000010}`,
		"claims of no JSON": `x`,
		"claims of two":     `{"package_data":"` + data + `","exp":1700000010}{}`,
		"no UTF-8":          "{\"package_data\":\"\xff\",\"exp\":1700000010}",
	} {
		if _, err := (cobo.Codec{}).Open([]byte("TSS_JWT_MSG="+token(header, []byte(claims))), keys(), noon); !errors.Is(err, signing.ErrUnreadable) {
			t.Errorf("%s: %v", about, err)
		}
	}
}

// Answers have the documented members, and the same claims make the same bytes. A ping is told nothing that could pass for an
// approval; there is no word for "later".
func TestAnswer(t *testing.T) {
	codec := cobo.Codec{}
	for _, c := range []struct {
		answer signing.Answer
		want   string
	}{
		{signing.Answer{Action: signing.Approve, ExternalID: "r-1", At: noon}, `{"request_id":"r-1","status":0,"action":"APPROVE"}`},
		{signing.Answer{Action: signing.Reject, ExternalID: "r-1", Reason: "denied: no", At: noon}, `{"request_id":"r-1","status":0,"action":"REJECT","error":"denied: no"}`},
		{signing.Answer{Action: signing.Alive, ExternalID: "r-1", At: noon}, `{"request_id":"r-1","status":0}`},
		{signing.Answer{Action: signing.Alive, At: noon}, `{"request_id":"","status":0}`},
	} {
		claims := codec.Claims(c.answer)
		want := `{"package_data":"` + base64.StdEncoding.EncodeToString([]byte(c.want)) + `","exp":1702592000,"iss":"zenvault"}`
		if string(claims) != want {
			t.Errorf("got %s, want %s", claims, want)
		}
		first, err := codec.Seal(t.Context(), claims, codectest.Signer{Key: key()})
		again, _ := codec.Seal(t.Context(), claims, codectest.Signer{Key: key()})
		if err != nil || string(first) != `"`+token(`{"typ":"JWT","alg":"RS256"}`, claims)+`"` || !bytes.Equal(first, again) {
			t.Errorf("%v: %s", err, first)
		}
	}
	if claims := codec.Claims(signing.Answer{Action: signing.Retry, ExternalID: "r-1", At: noon}); claims != nil {
		t.Errorf("a retry has the claims %s", claims)
	}
}
