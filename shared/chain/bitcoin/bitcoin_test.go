package bitcoin_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/chain/bitcoin"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The example of BIP-143, "Native P2WPKH" (public domain).
const (
	segwit = "01000000 96b827c8483d4e9b96712b6713a7b68d6e8003a781feba36c31143470b4efd37 52b0a642eea2fb7ae638c36f6252b6750293dbe574a806984b8e4d8548339a3b" +
		"ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a 01000000 1976a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac 0046c32300000000" +
		"ffffffff 863ef3e1a92afbfdb97f31ad0fc7683ee943e9abcf2501590ff8f6551f47e5e5 11000000 01000000"
	segwitHash = "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670"

	// The other input of its transaction, as it was hashed before: with the script that it spends.
	legacy = "01000000 02 fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f 00000000 23 2103c9f4836b9a4f77fc0d81f7bcb01b7f1b35916864b9476c241ce9fc198bd25432ac eeffffff" +
		"ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a 01000000 00 ffffffff" +
		"02 202cb20600000000 1976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac 9093510d00000000 1976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac 11000000 01000000"
)

// Both forms tell the same of one transaction: BIP-143's hashes are those of the parts that the older form holds.
func TestParse(t *testing.T) {
	old, err := bitcoin.Parse(unhex(t, legacy))
	if err != nil {
		t.Fatal(err)
	}
	want := []bitcoin.Output{{112_340_000, unhex(t, "76a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac")}, {223_450_000, unhex(t, "76a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac")}}
	if diff := cmp.Diff(want, old.Outputs); diff != "" || old.LockTime != 17 || old.HashType != 1 || old.Version != 1 ||
		hex.EncodeToString(old.Outpoint[:]) != "fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000" {
		t.Errorf("%+v (-want +got):\n%s", old, diff)
	}
	raw := unhex(t, segwit)
	now, err := bitcoin.Parse(raw)
	if err != nil || now.Outputs != nil || hex.EncodeToString(now.Outpoint[:]) != "ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a01000000" {
		t.Errorf("%+v, %v", now, err)
	}
	now.Outpoint, now.Outputs = old.Outpoint, old.Outputs
	if diff := cmp.Diff(old, now); diff != "" {
		t.Errorf("the two forms differ (-legacy +BIP-143):\n%s", diff)
	}
	if hash := bitcoin.Hash(raw); hex.EncodeToString(hash[:]) != segwitHash {
		t.Errorf("the hash is %x", hash)
	}
}

// A transaction without a script to sign, with two, with a count in a longer form, or with anything behind it is not read; nor is
// what could be read in both forms.
func TestParseRefuses(t *testing.T) {
	outpoint := strings.Repeat("11", 32) + "00000000"
	in, out := outpoint+"01 ac ffffffff", "0100000000000000 00"
	end := "00000000 01000000"
	for about, text := range map[string]string{
		"nothing":                    "",
		"cut off":                    legacy[:len(legacy)-2],
		"data behind it":             legacy + "00",
		"no type":                    "01000000 01" + in + "01" + out + "00000000",
		"no input":                   "01000000 00 01" + out + end,
		"no output":                  "01000000 01" + in + "00" + end,
		"nothing to sign":            "01000000 01" + outpoint + "00 ffffffff 01" + out + end,
		"two to sign":                "01000000 02" + in + in + "01" + out + end,
		"a count in a longer form":   "01000000 fd0100" + in + "01" + out + end,
		"an even longer one":         "01000000 fe01000000" + in + "01" + out + end,
		"the longest":                "01000000 ff0100000000000000" + in + "01" + out + end,
		"a count of more":            "01000000 02" + in + "01" + out + end,
		"a huge count":               "01000000 ffffffffffffffffff" + in + "01" + out + end,
		"a huge script":              "01000000 01" + outpoint + "ffffffffffffffffff ac ffffffff 01" + out + end,
		"more than there is":         "01000000 01" + in + "01 0140075af0750700 00" + end,
		"signed, with its witness":   "01000000 0001 01" + in + "01" + out + "00 00000000",
		"BIP-143, cut off":           segwit[:len(segwit)-2],
		"BIP-143, data behind it":    segwit + "00",
		"BIP-143 without a script":   strings.Replace(segwit, "1976a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac", "00", 1),
		"BIP-143, too much is spent": strings.Replace(segwit, "0046c32300000000", "0140075af0750700", 1),
	} {
		if p, err := bitcoin.Parse(unhex(t, text)); err != bitcoin.ErrUnreadable {
			t.Errorf("%s: %+v, %v", about, p, err)
		}
	}
	if _, err := bitcoin.Parse(unhex(t, "01000000 01"+in+"01"+out+end)); err != nil {
		t.Errorf("the form itself: %v", err)
	}
	if p, err := bitcoin.Parse(ambiguous()); err != bitcoin.ErrUnreadable {
		t.Errorf("what can be read in two ways: %+v, %v", p, err)
	}
}

// ambiguous is a transaction of the older form whose bytes also have the form of BIP-143: its script to sign reaches from inside the
// one's hashPrevouts over the other's fields.
func ambiguous() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 1)
	b = append(b, 1)                                 // one input, or the first byte of hashPrevouts
	b = append(b, bytes.Repeat([]byte{0x22}, 36)...) // its outpoint
	b = append(b, 118)                               // the length of its script
	script := bytes.Repeat([]byte{0x33}, 118)
	script[104-42] = 25 // where BIP-143 has the length of its own
	value := 104 + 1 + 25 - 42
	copy(script[value:], make([]byte, 8)) // and the value that is spent
	b = append(b, script...)
	b = append(b, 0xff, 0xff, 0xff, 0xff) // the sequence
	b = append(b, 1)                      // one output
	b = append(b, make([]byte, 8)...)     // of nothing
	b = append(b, 0)                      // to nobody
	b = append(b, make([]byte, 4)...)     // the time
	return binary.LittleEndian.AppendUint32(b, 1)
}

// Addresses are those of the library that made them, and those of BIP-350.
func TestScript(t *testing.T) {
	text, err := os.ReadFile("testdata/addresses.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Addresses []struct{ Asset, Address, Script string }
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Addresses) == 0 {
		t.Fatal(err)
	}
	for _, a := range file.Addresses {
		network, other := bitcoin.Main, bitcoin.Test
		if a.Asset == "BTC_TEST" {
			network, other = other, network
		}
		if got, err := network.Script(a.Address); err != nil || hex.EncodeToString(got) != a.Script {
			t.Errorf("%s: %x, %v, want %s", a.Address, got, err, a.Script)
		}
		if _, err := other.Script(a.Address); err != bitcoin.ErrAddress {
			t.Errorf("%s on the other network: %v", a.Address, err)
		}
		for at := range a.Address { // another character of either alphabet
			for _, c := range []string{"1", "q", "Q", "0", "z"} {
				changed := a.Address[:at] + c + a.Address[at+1:]
				if got, err := network.Script(changed); err == nil && changed != a.Address {
					t.Errorf("%s is read as %x", changed, got)
				}
			}
		}
	}
	for address, want := range map[string]string{ // bip-0350.mediawiki, "Test vectors for v0-v16 native segregated witness addresses" (BSD-2-Clause)
		"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4":                                 "0014751e76e8199196d454941c45d1b3a323f1433bd6",
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7":             "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
		"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y": "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
		"BC1SW50QGDZ25J":                       "6002751e",
		"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs": "5210751e76e8199196d454941c45d1b3a323",
		"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy": "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
		"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c": "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
		// and what is none
		"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut": "", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd": "",
		"tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf": "", "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL": "",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh": "", "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47": "",
		"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4": "", "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R": "",
		"bc1pw5dgrnzv": "", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav": "", "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P": "",
		"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq": "", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf": "",
		"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j": "", "bc1gmk9yu": "", "": "", "1": "", "bc1": "", "BC1": "", "0x00": "",
		strings.Repeat("1", 25): "", strings.Repeat("1", 91): "", strings.Repeat("z", 90): "",
	} {
		network := bitcoin.Main
		if strings.HasPrefix(address, "tb") {
			network = bitcoin.Test
		}
		if got, err := network.Script(address); hex.EncodeToString(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %x, %v, want %s", address, got, err, want)
		}
	}
}

// FuzzParse: what is read holds together, and no bytes are both forms.
func FuzzParse(f *testing.F) {
	for _, text := range []string{legacy, segwit} {
		raw := unhex(f, text)
		for at := 0; at < len(raw); at += 7 {
			f.Add(append(append(bytes.Clone(raw[:at]), raw[at]^0x81), raw[at+1:]...))
			f.Add(raw[:at])
		}
		f.Add(raw)
	}
	f.Add(ambiguous())
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := bitcoin.Parse(raw)
		if err != nil {
			return
		}
		size := 0
		for _, o := range p.Outputs {
			if o.Value > bitcoin.MaxMoney {
				t.Errorf("an output of %d", o.Value)
			}
			size += 9 + len(o.Script)
		}
		if size > len(raw) || binary.LittleEndian.Uint32(raw) != p.Version || binary.LittleEndian.Uint32(raw[len(raw)-4:]) != p.HashType {
			t.Errorf("read %+v", p)
		}
	})
}

// FuzzScript: an address has one script, and the script one address of its form.
func FuzzScript(f *testing.F) {
	for _, text := range []string{"1DpivPqJkLxbRwm4GpxXsNPKS29ou1NYdC", "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
		"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", "bc1", "1111", "bc1\xff", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		one, err := bitcoin.Main.Script(text)
		if other, errOther := bitcoin.Test.Script(text); err == nil && errOther == nil {
			t.Errorf("%q is of both networks: %x, %x", text, one, other)
		}
		if err == nil && (len(one) < 4 || len(one) > 42) {
			t.Errorf("%q: %x", text, one)
		}
	})
}
