package bitcoin

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
)

// Network says how addresses are written.
type Network struct {
	KeyHash, ScriptHash byte   // before what Base58Check encodes
	Prefix              string // of segregated witness (BIP-173)
}

// The networks.
var (
	Main = Network{KeyHash: 0x00, ScriptHash: 0x05, Prefix: "bc"}
	Test = Network{KeyHash: 0x6f, ScriptHash: 0xc4, Prefix: "tb"}
)

// ErrAddress is what is no address of a network.
var ErrAddress = errors.New("bitcoin: not an address of this network")

// Script is what an output to an address holds. It fails with ErrAddress.
func (n Network) Script(address string) ([]byte, error) {
	const maxAddress = 90 // BIP-173
	if len(address) > maxAddress {
		return nil, ErrAddress
	}
	if prefix := n.Prefix + "1"; len(address) > len(prefix) && strings.EqualFold(address[:len(prefix)], prefix) {
		return n.witness(address)
	}
	raw, ok := base58(address)
	const hashed, checksum = 1 + 20, 4
	if !ok || len(raw) != hashed+checksum {
		return nil, ErrAddress
	}
	sum := Hash(raw[:hashed])
	if !bytes.Equal(sum[:checksum], raw[hashed:]) {
		return nil, ErrAddress
	}
	switch hash := raw[1:hashed]; raw[0] {
	case n.KeyHash: // DUP HASH160 <hash> EQUALVERIFY CHECKSIG
		return append(append([]byte{0x76, 0xa9, 20}, hash...), 0x88, 0xac), nil
	case n.ScriptHash: // HASH160 <hash> EQUAL
		return append(append([]byte{0xa9, 20}, hash...), 0x87), nil
	}
	return nil, ErrAddress
}

// base58 reads digits of the Bitcoin alphabet. Each "1" in front is a zero byte.
func base58(text string) ([]byte, bool) {
	const digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	number, base := new(big.Int), big.NewInt(int64(len(digits)))
	for i := range len(text) {
		at := strings.IndexByte(digits, text[i])
		if at < 0 {
			return nil, false
		}
		number.Add(number.Mul(number, base), big.NewInt(int64(at)))
	}
	zeros := len(text) - len(strings.TrimLeft(text, digits[:1]))
	return append(make([]byte, zeros), number.Bytes()...), text != ""
}

// witness reads an address of segregated witness: version 0 in Bech32 (BIP-173), later ones in Bech32m (BIP-350).
func (n Network) witness(address string) ([]byte, error) {
	const letters, checksum = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", 6
	lower := strings.ToLower(address)
	if address != lower && address != strings.ToUpper(address) {
		return nil, ErrAddress
	}
	text := lower[len(n.Prefix)+1:]
	values := make([]byte, len(text))
	for i := range len(text) {
		at := strings.IndexByte(letters, text[i])
		if at < 0 {
			return nil, ErrAddress
		}
		values[i] = byte(at)
	}
	if len(values) < 1+checksum {
		return nil, ErrAddress
	}
	version := values[0]
	program, ok := octets(values[1 : len(values)-checksum])
	const plain, modified = 1, 0x2bc830a3
	want := uint32(modified)
	if version == 0 {
		want = plain
	}
	if sum := polymod(n.Prefix, values); !ok || sum != want || version > 16 || len(program) < 2 || len(program) > 40 ||
		version == 0 && len(program) != 20 && len(program) != 32 {
		return nil, ErrAddress
	}
	if version > 0 {
		version += 0x50 // OP_1 to OP_16
	}
	return append([]byte{version, byte(len(program))}, program...), nil
}

// octets puts groups of five bits together. What is left over is less than five bits, all zero.
func octets(fives []byte) ([]byte, bool) {
	var out []byte
	var held, bits uint
	for _, five := range fives {
		held, bits = held<<5|uint(five), bits+5
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(held>>bits))
			held &= 1<<bits - 1
		}
	}
	return out, bits < 5 && held == 0
}

// polymod is the checksum of BIP-173 over the prefix and the values.
func polymod(prefix string, values []byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	sum := uint32(1)
	add := func(value byte) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(value)
		for i, g := range generator {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for i := range len(prefix) {
		add(prefix[i] >> 5)
	}
	add(0)
	for i := range len(prefix) {
		add(prefix[i] & 31)
	}
	for _, value := range values {
		add(value)
	}
	return sum
}
