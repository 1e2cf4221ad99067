package fireblocks_test

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
)

type vector struct{ RawTx, Payload string }

// ethereums are unsigned transactions that another library made.
func ethereums(t testing.TB) map[string]vector {
	t.Helper()
	var file struct{ Transactions map[string]vector }
	codectest.Vector(t, "../../chain/ethereum/testdata/transactions.json", &file)
	return file.Transactions
}

func raws(vectors ...vector) object {
	rows := make([]any, len(vectors))
	for i, v := range vectors {
		rows[i] = object{"keyDerivationPath": "[ 44, 60, 0, 0, 0 ]", "rawTx": v.RawTx, "payload": v.Payload}
	}
	return object{"rawTx": rows}
}

const (
	somebody = "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8"
	usdc     = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
	nobody   = "0x0000000000000000000000000000000000000002"
)

// declaration is a transfer to somebody, with changes.
func declaration(asset, amount string, changes ...object) object {
	d := object{"requestId": "r", "operation": "TRANSFER", "asset": asset, "amountStr": amount, "fee": "0.000597803762241",
		"destinations": []any{object{"dstAddress": somebody, "amountNativeStr": amount}}}
	for _, c := range changes {
		maps.Copy(d, c)
	}
	return d
}

func readAll(t testing.TB, payload object) signing.Callback {
	t.Helper()
	c, err := fireblocks.Read(codectest.Marshal(codectest.Changed(payload, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What would be signed on an EVM chain is what is declared: the hash is the transaction's, on the asset's chain, and it moves the
// amount to the destination, by itself or by the token's contract.
func TestRawTxEthereum(t *testing.T) {
	all := ethereums(t)
	of := func(names ...string) object {
		var list []vector
		for _, name := range names {
			v, there := all[name]
			if !there {
				t.Fatalf("there is no vector %q", name)
			}
			list = append(list, v)
		}
		return raws(list...)
	}
	with := func(v vector, rawTx, payload string) object {
		if rawTx != "" {
			v.RawTx = rawTx
		}
		if payload != "" {
			v.Payload = payload
		}
		return raws(v)
	}
	eth := func(changes ...object) object { return declaration("ETH", "0.01", changes...) }
	dollars := func(changes ...object) object { return declaration("USDC", "12.5", changes...) }
	token := func(amount string, changes ...object) object { return declaration("TOKEN_X", amount, changes...) }
	plain, other := all["EIP-1559 ETH"], all["USDC transfer"]
	for about, c := range map[string]struct {
		payload object
		want    string
	}{
		"ETH":                              {eth(of("EIP-1559 ETH")), ""},
		"ETH, legacy":                      {eth(of("legacy ETH")), ""},
		"ETH, EIP-2930":                    {eth(of("EIP-2930 ETH")), ""},
		"ETH, with 0x and upper case":      {eth(with(plain, "0x"+strings.ToUpper(plain.RawTx), "0x"+strings.ToUpper(plain.Payload))), ""},
		"ETH, good on every chain":         {eth(of("legacy without a chain")), "raw_tx_chain"},
		"ETH on Polygon":                   {eth(of("EIP-1559 on Polygon")), "raw_tx_chain"},
		"MATIC on Polygon":                 {eth(of("EIP-1559 on Polygon"), object{"asset": "MATIC_POLYGON"}), ""},
		"a test's ETH":                     {eth(of("EIP-1559 on Sepolia"), object{"asset": "ETH_TEST5"}), ""},
		"a test's ETH on the main net":     {eth(of("EIP-1559 ETH"), object{"asset": "ETH_TEST5"}), "raw_tx_chain"},
		"less the fee":                     {eth(of("EIP-1559 ETH less the fee")), ""},
		"less a fee of number":             {eth(of("EIP-1559 ETH less the fee"), object{"fee": 0.000597803762241}), ""},
		"less more than the fee":           {eth(of("EIP-1559 ETH less the fee"), object{"fee": "0.00059780376224"}), "raw_tx_amount"},
		"less than is told, without a fee": {eth(of("EIP-1559 ETH less the fee"), object{"fee": nil}), "raw_tx_amount"},
		"one wei more":                     {eth(of("EIP-1559 one wei more")), "raw_tx_amount"},
		"nothing":                          {eth(of("nothing")), "raw_tx_amount"},
		"an amount of half a wei":          {eth(of("EIP-1559 ETH"), object{"amountStr": "0.0100000000000000005", "destinations": []any{object{"dstAddress": somebody}}}), "raw_tx_amount"},
		"no amount":                        {eth(of("EIP-1559 ETH"), object{"amountStr": nil}), "raw_tx_amount"},
		"to another":                       {eth(of("EIP-1559 ETH"), object{"destinations": []any{object{"dstAddress": nobody}}}), "raw_tx_destination"},
		"to two":                           {eth(of("EIP-1559 ETH"), object{"destinations": []any{object{"dstAddress": somebody}, object{"dstAddress": somebody}}}), "raw_tx_destination"},
		"to nobody":                        {eth(of("a contract creation")), "raw_tx_call"},
		"with data":                        {eth(of("ETH with data")), "raw_tx_call"},
		"a token instead":                  {eth(of("USDC transfer")), "raw_tx_call"},
		"another hash":                     {eth(with(plain, "", other.Payload)), "raw_tx_hash"},
		"a hash cut off":                   {eth(with(plain, "", plain.Payload[:62])), "raw_tx_hash"},
		"a hash of no hex":                 {eth(with(plain, "", "x")), "raw_tx_hash"},
		"no hash":                          {eth(raws(vector{plain.RawTx, ""})), "raw_tx_hash"},
		"another transaction":              {eth(with(plain, other.RawTx, "")), "raw_tx_hash"},
		"a hash alone":                     {eth(raws(vector{"", plain.Payload})), "raw_tx_unreadable"},
		"a transaction of no hex":          {eth(with(plain, "x", "")), "raw_tx_unreadable"},
		"a transaction cut off":            {eth(with(plain, plain.RawTx[:40], "")), "raw_tx_unreadable"},
		"blobs":                            {eth(raws(vector{"03c101", keccak03})), "raw_tx_unreadable"},
		"it twice":                         {eth(of("EIP-1559 ETH", "EIP-1559 ETH")), "raw_tx_count"},
		"another beside it":                {eth(of("EIP-1559 ETH", "USDC transfer")), "raw_tx_count"},

		"USDC":                            {dollars(of("USDC transfer")), ""},
		"USDC, legacy":                    {dollars(of("USDC transfer, legacy")), ""},
		"USDC and its contract beside it": {dollars(of("USDC transfer"), object{"destAddress": usdc}), ""},
		"USDC and another beside it":      {dollars(of("USDC transfer"), object{"destAddress": nobody}), "destination_address"},
		"USDC, ten times":                 {dollars(of("USDC transfer of ten times")), "raw_tx_amount"},
		"USDC to another":                 {dollars(of("USDC transfer to another")), "raw_tx_destination"},
		"USDC and ETH":                    {dollars(of("USDC transfer with ETH")), "raw_tx_value"},
		"USDC of another contract":        {dollars(of("a transfer of another contract")), "raw_tx_contract"},
		"USDC, approved":                  {dollars(of("an approval")), "raw_tx_call"},
		"USDC from another":               {dollars(of("a transfer from")), "raw_tx_call"},
		"USDC with more behind it":        {dollars(of("a transfer with more behind it")), "raw_tx_call"},
		"ETH for USDC":                    {dollars(of("EIP-1559 ETH")), "raw_tx_call"},

		"a token":                        {token("12.5", of("a transfer of another contract")), ""},
		"a token and its contract":       {token("12.5", of("a transfer of another contract"), object{"destAddress": "0x00000000000000000000000000000000000000AA"}), ""},
		"a token and another's contract": {token("12.5", of("a transfer of another contract"), object{"destAddress": usdc}), "destination_address"},
		"a token, other digits":          {token("12.6", of("a transfer of another contract")), "raw_tx_amount"},
		"a token, more digits":           {token("12.500001", of("a transfer of another contract")), "raw_tx_amount"},
		"a token of 0.0125":              {token("0.0125", of("a transfer of another contract")), ""}, // its decimals are not known
		"a token of more than is moved":  {token("1250000000", of("a transfer of another contract")), "raw_tx_amount"},
		"a token less the fee":           {token("12.5001", of("a transfer of another contract"), object{"fee": "0.0001"}), "raw_tx_amount"},
		"a token to another":             {token("12.5", of("USDC transfer to another")), "raw_tx_destination"},
		"a token and ETH":                {token("12.5", of("USDC transfer with ETH")), "raw_tx_value"},
		"a token, approved":              {token("12.5", of("an approval")), "raw_tx_call"},
		"a token, another hash":          {token("12.5", with(other, "", plain.Payload)), "raw_tx_hash"},
		"a token, code of accounts":      {token("12.5", raws(vector{"04c101", keccak04})), "raw_tx_unreadable"},
		"another chain's own asset":      {declaration("COIN_Y", "0.01", of("EIP-1559 on Polygon")), ""},
		"another chain's, less the fee":  {declaration("COIN_Y", "0.01", of("EIP-1559 ETH less the fee")), ""},
		"another chain's, more":          {declaration("COIN_Y", "0.01", of("EIP-1559 one wei more")), "raw_tx_amount"},
		"another chain's bytes":          {declaration("SOL", "0.01", raws(vector{"01000103c80f8b50107e9f3e3c16a661b8c806df454a6deb293d5e8730a9d28f2f4998c6", plain.Payload})), ""},
		"another chain's, of no hex":     {declaration("XYZ", "0.01", raws(vector{"not hex", "neither"})), ""},
		"a message":                      {eth(of("USDC transfer"), object{"operation": "TYPED_MESSAGE"}), ""}, // not judged at all
		"nothing to sign":                {eth(raws()), ""},
	} {
		got := readAll(t, c.payload)
		if got.Inconsistent != c.want {
			t.Errorf("%s: %q, want %q", about, got.Inconsistent, c.want)
		}
		if c.want != "" && (got.Request.Contract != "" || got.Request.Method != "") && !strings.HasPrefix(c.want, "destination") {
			t.Errorf("%s: a call is told of what contradicts itself: %+v", about, got.Request)
		}
	}
}

// The hashes of two transactions that are not read, by Keccak-256: of 03c101 and 04c101 (made with ethers 6.17.0).
const (
	keccak03 = "2cfd340b0b369fd46eb732348143b1335975465f3eaa36a07896660b95c27146"
	keccak04 = "6d2c4a62705cd03a61e0bda64a4e7ab0518e65396cb9f33669fcf2942a0b310f"
)

// A contract and a method are told where they are known: of a token's transfer once the transaction is there, of a contract call
// always. What is signed tells the address of who is paid, if nothing else does.
func TestCalls(t *testing.T) {
	all := ethereums(t)
	transferData := "0xa9059cbb" + strings.Repeat("0", 128)
	call := func(changes ...object) object {
		return declaration("ETH", "0", append([]object{{"operation": "CONTRACT_CALL", "destinations": []any{object{"dstAddress": usdc, "amountNativeStr": "0"}}}}, changes...)...)
	}
	data := func(text string) object { return object{"extraParameters": object{"contractCallData": text}} }
	approval := all["an approval"]
	// In an EIP-1559 transaction without an access list the data is what is before the last byte.
	approvalData := approval.RawTx[strings.Index(approval.RawTx, "095ea7b3") : len(approval.RawTx)-2]
	type is struct {
		Contract, Method, To, Inconsistent string
		NoCall                             bool
	}
	lower := strings.ToLower
	for about, c := range map[string]struct {
		payload object
		want    is
	}{
		"an approval of a transfer":      {declaration("ETH", "0.01"), is{To: somebody}},
		"a transfer":                     {declaration("ETH", "0.01", raws(all["EIP-1559 ETH"])), is{To: somebody, NoCall: true}},
		"a token's":                      {declaration("USDC", "12.5", raws(all["USDC transfer"])), is{Contract: lower(usdc), Method: "0xa9059cbb", To: somebody}},
		"another token's":                {declaration("T", "12.5", raws(all["a transfer of another contract"])), is{Contract: "0x00000000000000000000000000000000000000aa", Method: "0xa9059cbb", To: somebody}},
		"Bitcoin":                        {declaration("BTC", "0.01"), is{To: somebody, NoCall: true}},
		"another chain":                  {declaration("SOL", "0.01", raws(vector{"00", "00"})), is{To: somebody}},
		"to an address that is untold":   {declaration("ETH", "0.01", raws(all["EIP-1559 ETH"]), object{"destinations": []any{object{"dstId": "7"}}}), is{To: lower(somebody), NoCall: true}},
		"a token to one that is untold":  {declaration("USDC", "12.5", raws(all["USDC transfer"]), object{"destinations": nil, "destId": "7"}), is{Contract: lower(usdc), Method: "0xa9059cbb", To: lower(somebody)}},
		"a call":                         {call(data(transferData)), is{Contract: lower(usdc), Method: "0xa9059cbb", To: usdc}},
		"a call in upper case":           {call(data("A9059CBB")), is{Contract: lower(usdc), Method: "0xa9059cbb", To: usdc}},
		"a call without data":            {call(), is{Contract: lower(usdc), To: usdc}},
		"a call of three bytes":          {call(data("0xa9059c")), is{Contract: lower(usdc), To: usdc}},
		"a call of no hex":               {call(data("0xa9059cb")), is{To: usdc, Inconsistent: "call_data_malformed"}},
		"a transfer with data of no hex": {declaration("ETH", "0.01", data("zz")), is{To: somebody, Inconsistent: "call_data_malformed"}},
		"a call on another chain":        {call(data(transferData), object{"asset": "TRX", "destinations": []any{object{"dstAddress": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}}}), is{Contract: "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", Method: "0xa9059cbb", To: "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}},
		"a call with its transaction":    {call(raws(approval), data(approvalData)), is{Contract: lower(usdc), Method: "0x095ea7b3", To: usdc}},
		"a call's transaction alone":     {call(raws(approval)), is{Contract: lower(usdc), Method: "0x095ea7b3", To: usdc}},
		"a call of another method":       {call(raws(approval), data(transferData)), is{To: usdc, Inconsistent: "raw_tx_call"}},
		"a call of another contract":     {call(raws(all["a transfer of another contract"])), is{To: usdc, Inconsistent: "raw_tx_destination"}},
		"a call with ETH":                {call(raws(all["USDC transfer with ETH"])), is{To: usdc, Inconsistent: "raw_tx_amount"}},
		"a call with another hash":       {call(raws(vector{approval.RawTx, all["EIP-1559 ETH"].Payload})), is{To: usdc, Inconsistent: "raw_tx_hash"}},
		"a call to one that is untold":   {call(raws(approval), object{"destinations": nil}), is{Contract: lower(usdc), Method: "0x095ea7b3", To: lower(usdc)}},
		"a message":                      {declaration("ETH", "0", object{"operation": "RAW"}, data(transferData)), is{To: somebody}},
	} {
		got := readAll(t, c.payload)
		r := got.Request
		if diff := codectest.Diff(c.want, is{r.Contract, r.Method, r.Destinations[0].Address, got.Inconsistent, r.NoCall}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
	// That a contract is called is no transfer, whatever it does: no policy can judge it by amount and destination.
	if got := readAll(t, call(data(transferData))); got.Supported {
		t.Error("a contract call is judged")
	}
}

// The address beside the destinations may be the token's contract, but only where that is known, or signed.
func TestTokenAddress(t *testing.T) {
	for about, c := range map[string]struct {
		payload object
		want    string
	}{
		"known":                       {declaration("USDC", "12.5", object{"destAddress": usdc}), ""},
		"another's":                   {declaration("USDC", "12.5", object{"destAddress": nobody}), "destination_address"},
		"not known":                   {declaration("TOKEN_X", "12.5", object{"destAddress": usdc}), "destination_address"},
		"the chain's own asset":       {declaration("ETH", "12.5", object{"destAddress": usdc}), "destination_address"},
		"known, no transfer":          {declaration("USDC", "12.5", object{"destAddress": usdc, "operation": "MINT"}), "destination_address"},
		"signed, and the destination": {declaration("TOKEN_X", "12.5", raws(ethereums(t)["USDC transfer"]), object{"destAddress": somebody}), ""},
	} {
		if got := readAll(t, c.payload).Inconsistent; got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

// sum is SHA-256 twice, in hex.
func sum(rawTx string) string {
	raw, err := hex.DecodeString(rawTx)
	if err != nil {
		panic(err)
	}
	once := sha256.Sum256(raw)
	twice := sha256.Sum256(once[:])
	return hex.EncodeToString(twice[:])
}

// hashed are inputs with the hashes that they have.
func hashed(rawTxs ...string) object {
	list := make([]vector, len(rawTxs))
	for i, r := range rawTxs {
		r = strings.ReplaceAll(r, " ", "")
		list[i] = vector{r, sum(r)}
	}
	return raws(list...)
}

// bitcoins is the vendor's example of a signing payload for Bitcoin: two inputs, an output to the destination and the change.
func bitcoins(t testing.TB) (payload object, inputs [2]string) {
	t.Helper()
	var file struct{ Payload object }
	codectest.Vector(t, "testdata/payload_btc_signing_legacy_unsigned.json", &file)
	for i, r := range file.Payload["rawTx"].([]any) {
		inputs[i] = r.(object)["rawTx"].(string)
	}
	return file.Payload, inputs
}

// What would be signed of a Bitcoin transaction is what is declared: each hash is of its bytes, all inputs are of one
// transaction that is covered whole, and its outputs pay the destinations and, at most, one more.
func TestRawTxBitcoin(t *testing.T) {
	example, in := bitcoins(t)
	const (
		paid    = "3056010000000000 1976a9148ca80d9b17cdba4b0f9b117c92852ca04a69783988ac"
		change  = "2b49010000000000 16001495f6fbf9976938f6bffc646adf8b54a8f70620eb"
		legacy2 = "1HJo6fdZWL8Dg1xKUo5aMn5qVSCvAcaUWK"
	)
	outputs := func(count string, list ...string) object { // instead of the two
		var changed []string
		for _, r := range in {
			was := strings.ReplaceAll("02"+paid+change, " ", "")
			if !strings.Contains(r, was) {
				t.Fatal("the example has other outputs")
			}
			changed = append(changed, strings.Replace(r, was, count+strings.Join(list, ""), 1))
		}
		return hashed(changed...)
	}
	both := func(change func(string) string) object { return hashed(change(in[0]), change(in[1])) }
	replace := func(old, new string) func(string) string {
		return func(r string) string {
			if !strings.Contains(r, old) {
				t.Fatalf("the example has no %s", old)
			}
			return strings.Replace(r, old, new, 1)
		}
	}
	dest := func(rows ...object) object { return object{"destinations": rows, "destAddress": nil} }
	one := func(changes object) object {
		return dest(codectest.Changed(example["destinations"].([]any)[0].(object), changes))
	}
	const p2wpkh, script = "bc1qjhm0h7vhdyu0d0luv34dlz654rmsvg8twywk99", "16001495f6fbf9976938f6bffc646adf8b54a8f70620eb"
	type row = object
	split := dest(row{"dstAddress": "1DpivPqJkLxbRwm4GpxXsNPKS29ou1NYdC", "amountNativeStr": "0.000876"}, row{"dstAddress": p2wpkh, "amountNativeStr": "0.00084267"})
	segwit := "01000000 96b827c8483d4e9b96712b6713a7b68d6e8003a781feba36c31143470b4efd37 52b0a642eea2fb7ae638c36f6252b6750293dbe574a806984b8e4d8548339a3b" +
		"ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a 01000000 1976a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac 0046c32300000000" +
		"ffffffff 863ef3e1a92afbfdb97f31ad0fc7683ee943e9abcf2501590ff8f6551f47e5e5 11000000 01000000" // BIP-143, "Native P2WPKH"
	first := "01000000 02 fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f 00000000 23 2103c9f4836b9a4f77fc0d81f7bcb01b7f1b35916864b9476c241ce9fc198bd25432ac eeffffff" +
		"ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a 01000000 00 ffffffff" +
		"02 202cb20600000000 1976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac 9093510d00000000 1976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac 11000000 01000000"
	mixed := object{"amountStr": "1.1234", "destinations": []any{row{"dstAddress": "1Cu32FVupVCgHkMMRJdYJugxwo2Aprgk7H", "amountNativeStr": "1.1234"}}, "destAddress": nil, "fee": nil}
	for about, c := range map[string]struct {
		changes []object
		want    string
	}{
		"the example":                 {nil, ""},
		"one of its inputs":           {[]object{hashed(in[0])}, ""},
		"no inputs":                   {[]object{raws()}, ""},
		"another hash":                {[]object{raws(vector{in[0], sum(in[1])}, vector{in[1], sum(in[1])})}, "raw_tx_hash"},
		"one hash of Keccak":          {[]object{raws(vector{in[0], keccak03})}, "raw_tx_hash"},
		"no hex":                      {[]object{raws(vector{"x", "x"})}, "raw_tx_unreadable"},
		"cut off":                     {[]object{hashed(in[0][:80])}, "raw_tx_unreadable"},
		"an input twice":              {[]object{hashed(in[0], in[0])}, "raw_tx_inputs"},
		"inputs of two transactions":  {[]object{hashed(in[0], replace("3056010000000000", "3156010000000000")(in[1]))}, "raw_tx_parts"},
		"no outputs are covered":      {[]object{both(replace("0000000001000000", "0000000002000000"))}, "raw_tx_sighash"},
		"one output is covered":       {[]object{both(replace("0000000001000000", "0000000003000000"))}, "raw_tx_sighash"},
		"anyone can pay":              {[]object{both(replace("0000000001000000", "0000000081000000"))}, "raw_tx_sighash"},
		"another amount":              {[]object{one(object{"amountNativeStr": "0.000875"}), {"amountStr": "0.000875"}}, "raw_tx_amount"},
		"more than is told":           {[]object{outputs("02", "3156010000000000 1976a9148ca80d9b17cdba4b0f9b117c92852ca04a69783988ac", change)}, "raw_tx_amount"},
		"another destination":         {[]object{one(object{"dstAddress": legacy2})}, "raw_tx_destination"},
		"no address of Bitcoin's":     {[]object{one(object{"dstAddress": somebody})}, "raw_tx_destination"},
		"no address at all":           {[]object{one(object{"dstAddress": nil, "displayDstAddress": nil})}, "raw_tx_destination"},
		"a test net's address":        {[]object{{"asset": "BTC_TEST"}}, "raw_tx_destination"},
		"no amount":                   {[]object{one(object{"amountNativeStr": nil}), {"amountStr": nil}}, "raw_tx_amount"},
		"half a satoshi":              {[]object{one(object{"amountNativeStr": "0.000876005"}), {"amountStr": "0.000876005"}}, "raw_tx_amount"},
		"no change":                   {[]object{outputs("01", paid)}, ""},
		"no change, less the fee":     {[]object{outputs("01", "ec45010000000000 1976a9148ca80d9b17cdba4b0f9b117c92852ca04a69783988ac")}, ""},
		"less more than the fee":      {[]object{outputs("01", "eb45010000000000 1976a9148ca80d9b17cdba4b0f9b117c92852ca04a69783988ac")}, "raw_tx_amount"},
		"less, and no fee is told":    {[]object{outputs("01", "ec45010000000000 1976a9148ca80d9b17cdba4b0f9b117c92852ca04a69783988ac"), {"fee": json0}}, "raw_tx_amount"},
		"one more output":             {[]object{outputs("03", paid, change, change)}, "raw_tx_outputs"},
		"the destination twice":       {[]object{outputs("02", paid, paid)}, ""}, // the other one may be the change
		"the destination three times": {[]object{outputs("03", paid, paid, paid)}, "raw_tx_outputs"},
		"another script of its hash":  {[]object{outputs("01", "3056010000000000 17a9148ca80d9b17cdba4b0f9b117c92852ca04a69783987")}, "raw_tx_destination"},
		"to segregated witness":       {[]object{one(object{"dstAddress": p2wpkh}), outputs("01", "3056010000000000"+script)}, ""},
		"two destinations":            {[]object{split, {"amountStr": "0.00171867"}, outputs("03", paid, "2b49010000000000"+script, change)}, ""},
		"two destinations, crossed": {[]object{split, {"amountStr": "0.00171867"},
			outputs("02", "2b49010000000000 1976a9148ca80d9b17cdba4b0f9b117c92852ca04a69783988ac", "3056010000000000"+script)}, "raw_tx_amount"},
		"two destinations, one paid": {[]object{split, {"amountStr": "0.00171867"}, outputs("01", paid)}, "raw_tx_destination"},
		"two without their shares": {[]object{dest(row{"dstAddress": "1DpivPqJkLxbRwm4GpxXsNPKS29ou1NYdC"}, row{"dstAddress": p2wpkh}), {"amountStr": "0.00171867"},
			outputs("02", paid, "2b49010000000000"+script)}, "raw_tx_amount"},
		"BIP-143":                           {[]object{hashed(segwit)}, ""}, // its outputs are a hash
		"BIP-143, another hash":             {[]object{raws(vector{strings.ReplaceAll(segwit, " ", ""), sum(in[0])})}, "raw_tx_hash"},
		"BIP-143, one output is covered":    {[]object{hashed(segwit[:len(segwit)-8] + "03000000")}, "raw_tx_sighash"},
		"BIP-143 of two transactions":       {[]object{hashed(segwit, strings.Replace(strings.Replace(segwit, "863ef3", "863ef4", 1), "ef51e1", "ef51e2", 1))}, "raw_tx_parts"},
		"BIP-143 beside an older input":     {[]object{mixed, hashed(segwit, first)}, ""},
		"the older input first":             {[]object{mixed, hashed(first, segwit)}, ""},
		"beside one of another transaction": {[]object{hashed(in[0], segwit)}, "raw_tx_parts"},
	} {
		payload := maps.Clone(example)
		for _, changes := range c.changes {
			maps.Copy(payload, changes)
		}
		if got := readAll(t, payload).Inconsistent; got != c.want {
			t.Errorf("%s: %q, want %q", about, got, c.want)
		}
	}
}

const json0 = "0"

// rawTransfers are seeds: each vector in a payload that declares what it does.
func rawTransfers(t testing.TB) [][]byte {
	t.Helper()
	example, _ := bitcoins(t)
	seeds := [][]byte{codectest.Marshal(example)}
	for _, v := range ethereums(t) {
		seeds = append(seeds, codectest.Marshal(declaration("ETH", "0.01", raws(v))), codectest.Marshal(declaration("USDC", "12.5", raws(v), object{"destAddress": usdc})))
	}
	return seeds
}
