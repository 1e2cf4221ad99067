package ethereum_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/chain/ethereum"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

type vector struct{ RawTx, Payload string }

func vectors(t testing.TB) map[string]vector {
	t.Helper()
	text, err := os.ReadFile("testdata/transactions.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Transactions map[string]vector }
	if err := json.Unmarshal(text, &file); err != nil || len(file.Transactions) == 0 {
		t.Fatal(err)
	}
	return file.Transactions
}

const (
	somebody = "0x5dc69b1fbb13bafd09af88a782f0f285772ad5f8"
	usdc     = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
)

// What is read is what the library that made it was told, and the hash is the one that it signs.
func TestParse(t *testing.T) {
	type is struct{ Chain, To, Value, Data string }
	transfer := "a9059cbb" + strings.Repeat("0", 24) + somebody[2:] + strings.Repeat("0", 58)
	all := vectors(t)
	all["EIP-155's example"] = vector{"ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080",
		"daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"} // eips.ethereum.org/EIPS/eip-155
	for about, want := range map[string]is{
		"EIP-155's example":      {"1", "0x" + strings.Repeat("35", 20), "1000000000000000000", ""},
		"legacy ETH":             {"1", somebody, "10000000000000000", ""},
		"legacy without a chain": {"<nil>", somebody, "10000000000000000", ""},
		"EIP-2930 ETH":           {"1", somebody, "10000000000000000", ""},
		"EIP-1559 ETH":           {"1", somebody, "10000000000000000", ""},
		"EIP-1559 one wei more":  {"1", somebody, "10000000000000001", ""},
		"EIP-1559 on Polygon":    {"137", somebody, "10000000000000000", ""},
		"ETH with data":          {"1", somebody, "10000000000000000", "deadbeef"},
		"a contract creation":    {"1", "", "10000000000000000", "6000"},
		"nothing":                {"1", somebody, "0", ""},
		"USDC transfer":          {"1", usdc, "0", transfer + "bebc20"},
		"USDC transfer, legacy":  {"1", usdc, "0", transfer + "bebc20"},
	} {
		raw := unhex(t, all[about].RawTx)
		got, err := ethereum.Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", about, err)
			continue
		}
		if diff := cmp.Diff(want, is{got.ChainID.String(), got.To, got.Value.String(), hex.EncodeToString(got.Data)}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
		if hash := hex.EncodeToString(ethereum.Hash(raw)); hash != all[about].Payload {
			t.Errorf("%s: the hash is %s, want %s", about, hash, all[about].Payload)
		}
	}
}

// A call of transfer(address,uint256) is read as it is written by a compiler, and no other call is taken for one.
func TestTransfer(t *testing.T) {
	for about, want := range map[string]string{
		"USDC transfer": "12500000", "USDC transfer of ten times": "125000000", "USDC transfer with ETH": "12500000",
		"EIP-1559 ETH": "", "ETH with data": "", "an approval": "", "a transfer from": "", "a transfer with more behind it": "",
	} {
		parsed, err := ethereum.Parse(unhex(t, vectors(t)[about].RawTx))
		if err != nil {
			t.Fatalf("%s: %v", about, err)
		}
		to, amount, is := parsed.Transfer()
		if is != (want != "") || is && (to != somebody || amount.String() != want) {
			t.Errorf("%s: %s, %v, %v, want %q", about, to, amount, is, want)
		}
	}
	word := strings.Repeat("0", 64)
	for _, data := range []string{"a9059cbb" + "01" + word[2:] + word, "a9059cbb" + word + word[2:], "a9059cbc" + word + word} {
		if _, _, is := (ethereum.Transaction{Value: new(big.Int), Data: unhex(t, data)}).Transfer(); is {
			t.Errorf("%s is taken for a transfer", data)
		}
	}
	for data, want := range map[string]string{"": "", "a9059c": "", "A9059CBB": "0xa9059cbb", "deadbeef00": "0xdeadbeef"} {
		if got := ethereum.Selector(unhex(t, data)); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
}

// What is not written in the one form that there is, is not read: a number with zeros before it, a length that could be
// shorter, a field too many, a signature.
func TestParseRefuses(t *testing.T) {
	to := "94" + somebody[2:]
	good := "80 80 80 " + to + " 80 80"
	for about, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":                     {"", ethereum.ErrUnreadable},
		"a type alone":                {"02", ethereum.ErrUnreadable},
		"a text":                      {"83 010203", ethereum.ErrUnreadable},
		"an empty list":               {"c0", ethereum.ErrUnreadable},
		"the form itself":             {"da" + good, nil},
		"data behind it":              {"da" + good + "00", ethereum.ErrUnreadable},
		"cut off":                     {"da 80 80 80 " + to + " 80", ethereum.ErrUnreadable},
		"five fields":                 {"d9 80 80 80 " + to + " 80", ethereum.ErrUnreadable},
		"seven fields":                {"db" + good + "01", ethereum.ErrUnreadable},
		"a long form of its length":   {"f81a" + good, ethereum.ErrUnreadable},
		"a length with a zero":        {"f9001a" + good, ethereum.ErrUnreadable},
		"a long length with a zero":   {"f9003a 80 80 80 " + to + " 80 a0" + strings.Repeat("11", 32), ethereum.ErrUnreadable},
		"a long length":               {"f83a 80 80 80 " + to + " 80 a0" + strings.Repeat("11", 32), nil},
		"a length of nine bytes":      {"ff ffffffffffffffff", ethereum.ErrUnreadable},
		"a length of five bytes":      {"fc 0000000001", ethereum.ErrUnreadable},
		"a zero for a number":         {"da 00 80 80 " + to + " 80 80", ethereum.ErrUnreadable},
		"a zero before a number":      {"dc 820001 80 80 " + to + " 80 80", ethereum.ErrUnreadable},
		"one byte as a long text":     {"db 8101 80 80 " + to + " 80 80", ethereum.ErrUnreadable},
		"a list for a number":         {"da c0 80 80 " + to + " 80 80", ethereum.ErrUnreadable},
		"a list for data":             {"da 80 80 80 " + to + " 80 c0", ethereum.ErrUnreadable},
		"a number of 33 bytes":        {"f83b a1" + strings.Repeat("11", 33) + "80 80 " + to + " 80 80", ethereum.ErrUnreadable},
		"an address of 19 bytes":      {"d9 80 80 80 93" + somebody[4:] + " 80 80", ethereum.ErrUnreadable},
		"an address of 21 bytes":      {"db 80 80 80 9500" + somebody[2:] + " 80 80", ethereum.ErrUnreadable},
		"by EIP-155":                  {"dd" + good + "01 80 80", nil},
		"chain 0":                     {"dd" + good + "80 80 80", ethereum.ErrUnreadable},
		"a signature":                 {"dd" + good + "25 01 01", ethereum.ErrUnreadable},
		"EIP-1559":                    {"02 dd 01 80 80 80 80 " + to + " 80 80 c0", nil},
		"EIP-1559 of chain 0":         {"02 dd 80 80 80 80 80 " + to + " 80 80 c0", ethereum.ErrUnreadable},
		"EIP-1559, signed":            {"02 e0 01 80 80 80 80 " + to + " 80 80 c0 80 01 01", ethereum.ErrUnreadable},
		"EIP-1559 as EIP-2930":        {"01 dd 01 80 80 80 80 " + to + " 80 80 c0", ethereum.ErrUnreadable},
		"an access list of text":      {"02 dd 01 80 80 80 80 " + to + " 80 80 80", ethereum.ErrUnreadable},
		"an access list of addresses": {"02 f2 01 80 80 80 80 " + to + " 80 80 d5" + to, ethereum.ErrUnreadable},
		"a key that is no word":       {"02 f5 01 80 80 80 80 " + to + " 80 80 d8 d7" + to + "c101", ethereum.ErrUnreadable},
		"a key's list of text":        {"02 f4 01 80 80 80 80 " + to + " 80 80 d7 d6" + to + "80", ethereum.ErrUnreadable},
		"an address without keys":     {"02 f4 01 80 80 80 80 " + to + " 80 80 d7 d6" + to + "c0", nil},
		"type 0":                      {"00 da" + good, ethereum.ErrUnreadable},
		"blobs":                       {"03 c101", ethereum.ErrOther},
		"code of accounts":            {"04 c101", ethereum.ErrOther},
		"type 5":                      {"05 c101", ethereum.ErrUnreadable},
		"type 126":                    {"7e c101", ethereum.ErrUnreadable},
	} {
		if _, err := ethereum.Parse(unhex(t, c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", about, err, c.want)
		}
	}
}

// A list with more items than there can be costs no more than it takes to count to the bound.
func TestParseBounds(t *testing.T) {
	many := append(unhex(t, "fa030000"), bytes.Repeat([]byte{1}, 0x30000)...)
	if _, err := ethereum.Parse(many); err != ethereum.ErrUnreadable {
		t.Errorf("got %v", err)
	}
	deep := bytes.Repeat([]byte{0xc1}, 100_000)
	if _, err := ethereum.Parse(deep); err != ethereum.ErrUnreadable {
		t.Errorf("got %v", err)
	}
}

// FuzzParse: whatever is read, is written the same, so that no two texts of bytes are one transaction.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		raw := unhex(f, v.RawTx)
		f.Add(raw)
		for at := 0; at < len(raw); at += 7 {
			f.Add(append(append(bytes.Clone(raw[:at]), raw[at]^0x81), raw[at+1:]...))
			f.Add(raw[:at])
		}
	}
	f.Add([]byte{0x03, 0xc0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := ethereum.Parse(raw)
		if err != nil {
			return
		}
		if parsed.Value == nil || parsed.Value.Sign() < 0 || parsed.Value.BitLen() > 256 || parsed.To != "" && len(parsed.To) != 42 {
			t.Errorf("read %+v", parsed)
		}
		if again := rewrite(t, raw); !bytes.Equal(again, raw) {
			t.Errorf("%x is written as %x", raw, again)
		}
		if to, amount, is := parsed.Transfer(); is && (len(to) != 42 || amount.BitLen() > 256) {
			t.Errorf("a transfer of %v to %q", amount, to)
		}
	})
}

// rewrite takes RLP apart, by the rules for reading it leniently, and writes it in its shortest form.
func rewrite(t *testing.T, raw []byte) []byte {
	if raw[0] < 0xc0 {
		return append([]byte{raw[0]}, rewrite(t, raw[1:])...)
	}
	out, rest := rewriteItem(t, raw)
	if len(rest) > 0 {
		t.Fatalf("%x behind it", rest)
	}
	return out
}

func rewriteItem(t *testing.T, b []byte) (out, rest []byte) {
	head, at := b[0], 1
	if head < 0x80 {
		return b[:1], b[1:]
	}
	base, n := byte(0x80), int(head)-0x80
	if head >= 0xc0 {
		base, n = 0xc0, int(head)-0xc0
	}
	if n > 55 {
		size := n - 55
		n = int(new(big.Int).SetBytes(b[1 : 1+size]).Int64())
		at += size
	}
	content, rest := b[at:at+n], b[at+n:]
	if base == 0xc0 {
		var inner []byte
		for left := content; len(left) > 0; {
			var one []byte
			one, left = rewriteItem(t, left)
			inner = append(inner, one...)
		}
		content = inner
	} else if len(content) == 1 && content[0] < 0x80 {
		return content, rest
	}
	if len(content) <= 55 {
		return append([]byte{base + byte(len(content))}, content...), rest
	}
	size := big.NewInt(int64(len(content))).Bytes()
	return append(append([]byte{base + 55 + byte(len(size))}, size...), content...), rest
}
