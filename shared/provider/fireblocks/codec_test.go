package fireblocks_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
)

const workspace = codectest.Workspace

var key = codectest.Key("testdata/throwaway_cosigner_key.pem")

func keys() []*rsa.PublicKey { return []*rsa.PublicKey{&key().PublicKey} }

type object = codectest.Object

// documented is the vendor's own example of a signing payload.
func documented(t testing.TB) object {
	t.Helper()
	var file struct{ Payload object }
	codectest.Vector(t, "testdata/payload_eth_signing_with_rawtx_unsigned.json", &file)
	return file.Payload
}

func token(header string, payload []byte) []byte {
	return []byte(codectest.Token(key(), header, payload))
}

const header = `{"typ":"JWT","alg":"RS256"}`

// The vendor's example reads as what it says.
func TestOpenDocumented(t *testing.T) {
	payload, _ := json.Marshal(documented(t))
	got, err := fireblocks.Codec{}.Open(token(header, payload), keys(), time.Time{})
	want := signing.Callback{
		ExternalID: "9c794cee-7e27-46c9-9e9a-ed68295ff06b", TxID: "9c794cee-7e27-46c9-9e9a-ed68295ff06b", Kind: "fireblocks.tx.signing", Signing: true, Supported: true,
		Request: signing.Request{Operation: "TRANSFER", Asset: "ETH", Amount: codectest.Decimal("0.01"), USD: codectest.Decimal("18.74292937"), NoCall: true, Source: signing.Party{Type: "VAULT", ID: "0"},
			Destinations: []signing.Party{{Type: "VAULT", ID: "1", Address: "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", Whitelisted: new(true)}}},
		Digest: got.Digest,
	}
	if diff := codectest.Diff(want, got); diff != "" || err != nil || len(got.Digest) != 64 {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Any of the keys may have signed, and none other.
func TestOpenKeys(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	body := token(header, []byte(`{"requestId":"r"}`))
	for about, c := range map[string]struct {
		keys []*rsa.PublicKey
		want error
	}{
		"the first":  {[]*rsa.PublicKey{&key().PublicKey, &other.PublicKey}, nil},
		"the second": {[]*rsa.PublicKey{&other.PublicKey, &key().PublicKey}, nil},
		"another":    {[]*rsa.PublicKey{&other.PublicKey}, signing.ErrForged},
		"none":       {nil, signing.ErrForged},
	} {
		if _, err := (fireblocks.Codec{}).Open(body, c.keys, time.Time{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", about, err, c.want)
		}
	}
}

// read reads the documented payload with changes; a nil value takes a member out.
func read(t *testing.T, changes object) signing.Callback {
	t.Helper()
	payload := documented(t)
	payload["externalTxId"] = workspace + ":order-1"
	c, err := fireblocks.Read(codectest.Marshal(codectest.Changed(payload, changes)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// declared reads it without the raw transaction, so that only what is declared counts.
func declared(t *testing.T, changes object) signing.Callback {
	t.Helper()
	with := object{"rawTx": []any{}}
	maps.Copy(with, changes)
	return read(t, with)
}

// fee, rawTx or players mark the signing stage, whatever they hold; displayDstAddress does not.
func TestStage(t *testing.T) {
	bare := object{"fee": nil, "rawTx": nil, "players": nil}
	for about, c := range map[string]struct {
		changes object
		want    string
	}{
		"none of them":     {nil, "fireblocks.tx.approval"},
		"a fee":            {object{"fee": "0.1"}, "fireblocks.tx.signing"},
		"a fee of number":  {object{"fee": 0.1}, "fireblocks.tx.signing"},
		"an empty fee":     {object{"fee": ""}, "fireblocks.tx.signing"},
		"an empty rawTx":   {object{"rawTx": []any{}}, "fireblocks.tx.signing"},
		"empty players":    {object{"players": []any{}}, "fireblocks.tx.signing"},
		"null fee":         {object{"fee": json.RawMessage("null")}, "fireblocks.tx.approval"},
		"null players":     {object{"players": json.RawMessage("null")}, "fireblocks.tx.approval"},
		"a Fee":            {object{"Fee": "0.1"}, "fireblocks.tx.approval"},
		"a fee further in": {object{"extraParameters": object{"fee": "0.1"}}, "fireblocks.tx.approval"},
	} {
		changes := maps.Clone(bare)
		maps.Copy(changes, c.changes)
		if got := read(t, changes); got.Kind != c.want || got.Signing != (c.want == "fireblocks.tx.signing") {
			t.Errorf("%s: %s, want %s", about, got.Kind, c.want)
		}
	}
}

// The reference is the workspace's only if it is one of ours, whole; the batch suffix of the request id is kept.
func TestReference(t *testing.T) {
	for text, want := range map[string]string{
		workspace + ":order-1":            workspace + ":order-1",
		"order-1":                         "",
		"":                                "",
		workspace:                         "",
		workspace + ":":                   "",
		workspace + ":a:b":                "",
		" " + workspace + ":a":            "",
		strings.ToUpper(workspace) + ":a": "",
	} {
		if got := read(t, object{"externalTxId": text, "requestId": "req_1"}); got.Ref.String() != want || got.RefText != text || got.ExternalID != "req_1" {
			t.Errorf("%q: %q, %q, %q", text, got.Ref, got.RefText, got.ExternalID)
		}
	}
	if got := read(t, object{"externalTxId": strings.Repeat("é", 300)}); len(got.RefText) != 200 {
		t.Errorf("a long reference is kept with %d bytes", len(got.RefText))
	}
}

func destinations(list ...object) object {
	rows := make([]any, len(list))
	for i, d := range list {
		rows[i] = d
	}
	return object{"destinations": rows}
}

// Where a transaction goes is what its destinations say; the fields beside them speak for a single one.
func TestDestinations(t *testing.T) {
	outer := object{"destType": "VAULT", "destId": "1", "destAddress": "0xA", "destAddressType": "WHITELISTED"}
	for about, c := range map[string]struct {
		list object
		want []signing.Party
	}{
		"none":  {object{"destinations": nil}, []signing.Party{{Type: "VAULT", ID: "1", Address: "0xA", Whitelisted: new(true)}}},
		"empty": {destinations(), []signing.Party{{Type: "VAULT", ID: "1", Address: "0xA", Whitelisted: new(true)}}},
		"one that tells all": {destinations(object{"dstType": "EXCHANGE", "dstId": "2", "dstAddress": "0xB", "dstAddressType": "ONE_TIME"}),
			[]signing.Party{{Type: "EXCHANGE", ID: "2", Address: "0xB", Whitelisted: new(false)}}},
		"one that tells nothing": {destinations(object{}), []signing.Party{{Type: "VAULT", ID: "1", Address: "0xA", Whitelisted: new(true)}}},
		"two": {destinations(object{"dstType": "VAULT", "dstId": "2", "displayDstAddress": "0xB"}, object{}),
			[]signing.Party{{Type: "VAULT", ID: "2", Address: "0xB"}, {}}},
		"a one-time address has no id": {destinations(object{"dstType": "ONE_TIME_ADDRESS", "dstId": ""}, object{"dstType": "ONE_TIME_ADDRESS", "dstId": "3"}),
			[]signing.Party{{Type: "ONE_TIME_ADDRESS", NoID: true}, {Type: "ONE_TIME_ADDRESS", ID: "3"}}},
		"an unknown word": {destinations(object{"dstAddressType": "TRUSTED"}, object{}), []signing.Party{{}, {}}},
	} {
		changes := maps.Clone(outer)
		maps.Copy(changes, c.list)
		if diff := cmp.Diff(c.want, declared(t, changes).Request.Destinations); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
}

// A request is worth what its destinations are worth together, exactly. What a provider can't price it sends as 0, or not at
// all: one such destination leaves the whole untold, unless it moves nothing. What is no value contradicts.
func TestUSD(t *testing.T) {
	num := func(text string) json.RawMessage { return json.RawMessage(text) }
	dest := func(share string, value any) object {
		return codectest.Changed(object{"amountNativeStr": share}, object{"amountUSD": value})
	}
	for about, c := range map[string]struct {
		changes object
		want    string // "" is not told
		word    string
	}{
		"a number":                    {destinations(dest("0.01", num("18.74292937"))), "18.74292937", ""},
		"a text":                      {destinations(dest("0.01", "18.74292937")), "18.74292937", ""},
		"an exponent":                 {destinations(dest("0.01", num("1.5e-7"))), "0.00000015", ""},
		"a large exponent":            {destinations(dest("0.01", num("1.25E+3"))), "1250", ""},
		"more than a float holds":     {destinations(dest("0.01", num("9007199254740993.01"))), "9007199254740993.01", ""},
		"two":                         {destinations(dest("0.005", num("1.10")), dest("0.005", num("2.2"))), "3.3", ""},
		"of two one is 0":             {destinations(dest("0.005", num("1.10")), dest("0.005", num("0"))), "", ""},
		"of two one is untold":        {destinations(dest("0.005", num("1.10")), dest("0.005", nil)), "", ""},
		"0":                           {destinations(dest("0.01", num("0"))), "", ""},
		"0.00":                        {destinations(dest("0.01", num("0.00"))), "", ""},
		"0 as text":                   {destinations(dest("0.01", "0")), "", ""},
		"null":                        {destinations(dest("0.01", num("null"))), "", ""},
		"an empty text":               {destinations(dest("0.01", "")), "", ""},
		"0 for nothing":               {object{"amountStr": "0", "destinations": []any{dest("0", num("0"))}}, "0", ""},
		"0 for nothing, told beside":  {object{"amountStr": "0", "destinations": []any{dest("", num("0"))}}, "0", ""},
		"0 for nothing beside one":    {destinations(dest("0.01", num("5")), dest("0", num("0"))), "5", ""},
		"0 for an amount beside them": {destinations(dest("", num("0"))), "", ""},
		"beside the destinations":     {object{"amountUSD": 7, "destinations": []any{dest("0.01", nil)}}, "", ""},
		"without destinations":        {object{"amountUSD": 7, "destinations": []any{}}, "7", ""},
		"negative":                    {destinations(dest("0.01", num("-1"))), "", "amount_usd_malformed"},
		"a text of an exponent":       {destinations(dest("0.01", "1e5")), "", "amount_usd_malformed"},
		"a text of a sign":            {destinations(dest("0.01", "+5")), "", "amount_usd_malformed"},
		"a word":                      {destinations(dest("0.01", "unknown")), "", "amount_usd_malformed"},
		"an object":                   {destinations(dest("0.01", object{})), "", "amount_usd_malformed"},
		"true":                        {destinations(dest("0.01", true)), "", "amount_usd_malformed"},
		"a huge exponent":             {destinations(dest("0.01", num("1e400"))), "", "amount_usd_malformed"},
		"malformed beside a good one": {destinations(dest("0.005", num("1")), dest("0.005", "x")), "", "amount_usd_malformed"},
	} {
		got := declared(t, c.changes)
		is := ""
		if got.Request.USD != nil {
			is = got.Request.USD.String()
		}
		if is != c.want || got.Inconsistent != c.word {
			t.Errorf("%s: %q, %q, want %q, %q", about, is, got.Inconsistent, c.want, c.word)
		}
	}
}

// The repeat of a request may come at another price: it is the same request, and gets its first answer. So a value in USD is
// no part of the digest; a change of what it is the value of is.
func TestDigestHoldsNoPrice(t *testing.T) {
	at := func(value string) signing.Callback {
		return declared(t, destinations(object{"amountNativeStr": "0.01", "amountUSD": json.RawMessage(value)}))
	}
	if cheap, dear := at("10"), at("99.5"); cheap.Digest != dear.Digest || *cheap.Request.USD == *dear.Request.USD {
		t.Errorf("%s at %s, %s at %s", cheap.Digest, cheap.Request.USD, dear.Digest, dear.Request.USD)
	}
}

// A tag is that of its destination, and the one beside them that of a single one.
func TestTags(t *testing.T) {
	for about, c := range map[string]struct {
		changes object
		want    []string
	}{
		"none":                {object{}, []string{""}},
		"beside":              {object{"destTag": "7"}, []string{"7"}},
		"its own":             {destinations(object{"dstTag": "8"}), []string{"8"}},
		"both":                {object{"destTag": "8", "destinations": []any{object{"dstTag": "8"}}}, []string{"8"}},
		"no destinations":     {object{"destTag": "7", "destinations": []any{}}, []string{"7"}},
		"two":                 {destinations(object{"dstTag": "1"}, object{"dstTag": "2"}), []string{"1", "2"}},
		"two, and one beside": {object{"destTag": "7", "destinations": []any{object{"dstTag": "1"}, object{}}}, []string{"1", ""}},
	} {
		var got []string
		for _, party := range declared(t, c.changes).Request.Destinations {
			got = append(got, party.Tag)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
}

// A transaction that contradicts itself is found out; what is not told contradicts nothing. Only decimals are amounts.
func TestConsistency(t *testing.T) {
	half := object{"amountNativeStr": "0.005", "dstId": "1", "dstType": "VAULT"}
	for about, c := range map[string]struct {
		changes object
		want    string
	}{
		"the example":                      {nil, ""},
		"no amount":                        {object{"amountStr": nil}, ""},
		"an exponent":                      {object{"amountStr": "1e-2"}, "amount_malformed"},
		"a sign":                           {object{"amountStr": "-0.01"}, "amount_malformed"},
		"more than the sum":                {object{"amountStr": "0.010000000000000001"}, "destinations_sum"},
		"less than the sum":                {object{"amountStr": "0.009"}, "destinations_sum"},
		"the number alone differs":         {object{"amount": 5}, ""},
		"two halves":                       {destinations(half, half), "destination_address_untold"},
		"three halves":                     {destinations(half, half, half), "destinations_sum"},
		"a share that is no number":        {destinations(object{"amountNativeStr": "x"}), "destinations_sum"},
		"a share that is not told":         {destinations(half, object{}), "destinations_sum"},
		"a huge share beside a silent one": {destinations(object{"amountNativeStr": "1000000"}, object{}), "destinations_sum"},
		"no share told":                    {destinations(object{}, object{}), ""},
		"another tag":                      {object{"destTag": "7", "destinations": []any{object{"dstTag": "8"}}}, "destination_party"},
		"Base58 in another case": {object{"destAddress": "1bOATslrHtKNngkdXEeobR76b53LETtpyT",
			"destinations": []any{object{"dstAddress": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"}}}, "destination_address"},
		"no destinations":           {destinations(), ""},
		"another address":           {object{"destAddress": "0x0000000000000000000000000000000000000000"}, "destination_address"},
		"its address in other case": {object{"destAddress": "0x5DC69B1FBB13BAFD09AF88A782F0F285772AD5F8"}, ""},
		"no address":                {object{"destAddress": nil}, ""},
		"an address that agrees only with the one shown": {destinations(object{"dstAddress": "0xB", "displayDstAddress": "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8"}), "destination_address"},
		"another type": {object{"destType": "EXCHANGE"}, "destination_party"},
		"another id":   {object{"destId": "2"}, "destination_party"},
		"another list": {object{"destAddressType": "ONE_TIME"}, "destination_party"},
	} {
		want := strings.TrimSuffix(c.want, "destination_address_untold")
		if got := declared(t, c.changes).Inconsistent; got != want {
			t.Errorf("%s: %q, want %q", about, got, want)
		}
	}
}

// The digest changes with all that is decided on or signed, and with nothing that differs between two sendings.
func TestDigest(t *testing.T) {
	base := read(t, nil).Digest
	list := func(name string, value any) object {
		d := documented(t)["destinations"].([]any)[0].(object)
		d[name] = value
		return destinations(d)
	}
	raw := func(name, value string) object {
		r := documented(t)["rawTx"].([]any)[0].(object)
		r[name] = value
		return object{"rawTx": []any{r}}
	}
	for about, changes := range map[string]object{
		"txId": {"txId": "x"}, "requestId": {"requestId": "x"}, "externalTxId": {"externalTxId": "x"}, "operation": {"operation": "RAW"},
		"sourceType": {"sourceType": "x"}, "sourceId": {"sourceId": "9"}, "destType": {"destType": "x"}, "destId": {"destId": "9"},
		"destAddressType": {"destAddressType": "ONE_TIME"}, "destAddress": {"destAddress": "x"}, "destTag": {"destTag": "x"}, "asset": {"asset": "x"},
		"amountStr": {"amountStr": "0.02"}, "no amountStr": {"amountStr": nil}, "requestedAmountStr": {"requestedAmountStr": "0.02"},
		"share": list("amountNativeStr", "0.02"), "dstId": list("dstId", "9"), "dstAddress": list("dstAddress", "0xB"), "dstTag": list("dstTag", "9"),
		"dstType": list("dstType", "x"), "dstSubType": list("dstSubType", "x"), "dstWalletId": list("dstWalletId", "x"),
		"dstAddressType": list("dstAddressType", "x"), "displayDstAddress": list("displayDstAddress", "x"), "no destinations": {"destinations": nil},
		"rawTx": raw("rawTx", "00"), "payload": raw("payload", "00"), "path": raw("keyDerivationPath", "[ 44 ]"), "no rawTx": {"rawTx": nil},
		"call": {"extraParameters": object{"contractCallData": "0x00"}},
	} {
		if got := read(t, changes).Digest; got == base {
			t.Errorf("another %s has the same digest", about)
		}
	}
	for about, changes := range map[string]object{
		"signerId": {"signerId": "x"}, "players": {"players": []any{"x"}}, "note": {"note": "x"}, "fee": {"fee": "1"}, "number": {"amount": 1},
		"zeros": {"amountStr": "0.0100"}, "unknown member": {"new": object{"a": 1}}, "name": list("dstName", "x"), "USD": list("amountUSD", 1),
		"value in USD": {"amountUSD": 5}, "no value in USD": list("amountUSD", nil), "their policy": list("action", "x"),
	} {
		if got := read(t, changes).Digest; got != base {
			t.Errorf("another %s has another digest", about)
		}
	}
}

// What moves from one member into its neighbour is another request.
func TestDigestKeepsMembersApart(t *testing.T) {
	for _, between := range []string{"\x00", "\x00\x00\x00\x00", "\n", ","} {
		one := read(t, object{"sourceType": "A" + between, "sourceId": "B"}).Digest
		if other := read(t, object{"sourceType": "A", "sourceId": between + "B"}).Digest; one == other {
			t.Errorf("two requests with %q have one digest", between)
		}
	}
}

// Answers have the documented claims in one fixed form, and the same claims make the same token.
func TestAnswer(t *testing.T) {
	codec := fireblocks.Codec{}
	for _, c := range []struct {
		action signing.Action
		reason string
		want   string
	}{
		{signing.Approve, "", `{"action":"APPROVE","requestId":"r-1"}`},
		{signing.Reject, "denied: no", `{"action":"REJECT","requestId":"r-1","rejectionReason":"denied: no"}`},
		{signing.Retry, "", `{"action":"RETRY","requestId":"r-1"}`},
	} {
		claims := codec.Claims(signing.Answer{Action: c.action, ExternalID: "r-1", Reason: c.reason})
		if string(claims) != c.want {
			t.Errorf("got %s, want %s", claims, c.want)
		}
		first, err := codec.Seal(t.Context(), claims, codectest.Signer{Key: key()})
		if err != nil || !bytes.Equal(first, token(header, []byte(c.want))) {
			t.Errorf("%v: %s", err, first)
		}
	}
	var wrong struct {
		Body string `json:"body"`
	}
	codectest.Vector(t, "testdata/callback_response_wrong_claim_names.json", &wrong)
	if strings.HasPrefix(string(token(header, codec.Claims(signing.Answer{Action: signing.Approve, ExternalID: "e807ee15-f41d-464b-b97e-1e21a0b85f20"}))), strings.Split(wrong.Body, ".")[0]+"."+strings.Split(wrong.Body, ".")[1]) {
		t.Error("the wrong claim names are produced")
	}
}
