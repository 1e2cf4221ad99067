// Package ethereum reads unsigned transactions of Ethereum and of the chains that have taken over its form, to see what a
// signature over them would do.
package ethereum

import (
	"encoding/hex"
	"errors"
	"math/big"

	"golang.org/x/crypto/sha3"
)

// What Parse may find.
var (
	// ErrUnreadable is all that is no unsigned transaction, or one that is not written in the one form that there is.
	ErrUnreadable = errors.New("ethereum: not an unsigned transaction")
	// ErrOther is a type that moves more than its value and its call tell: blobs (EIP-4844), code of accounts (EIP-7702).
	ErrOther = errors.New("ethereum: a type of transaction that is not read")
)

// Transaction is what one would do.
type Transaction struct {
	ChainID *big.Int // nil before EIP-155: such a one is good on every chain
	To      string   // "0x" and 40 digits in lower case; "" makes a contract
	Value   *big.Int // wei
	Data    []byte
}

// Hash is Keccak-256: what is signed.
func Hash(raw []byte) []byte {
	h := sha3.NewLegacyKeccak256()
	h.Write(raw)
	return h.Sum(nil)
}

// The types of EIP-2718.
const (
	accessListType = 1 // EIP-2930
	dynamicFeeType = 2 // EIP-1559
	blobType       = 3 // EIP-4844
	setCodeType    = 4 // EIP-7702
)

// maxItems is far above what an access list has.
const maxItems = 10_000

// Parse reads a transaction as it is hashed to be signed: legacy (with EIP-155 or before), EIP-2930 or EIP-1559. It fails with
// ErrUnreadable or ErrOther.
func Parse(raw []byte) (Transaction, error) {
	if len(raw) == 0 {
		return Transaction{}, ErrUnreadable
	}
	kind := raw[0]
	if isTyped := kind >= accessListType && kind <= setCodeType; isTyped {
		raw = raw[1:]
	}
	whole, rest, err := next(raw)
	if err != nil || len(rest) > 0 {
		return Transaction{}, ErrUnreadable
	}
	fields, err := whole.items(maxItems)
	if err != nil {
		return Transaction{}, err
	}
	switch {
	case kind >= 0xc0: // the head of a list (EIP-2718)
		return legacy(fields)
	case kind == accessListType && len(fields) == 8:
		return typed(fields, 4)
	case kind == dynamicFeeType && len(fields) == 9:
		return typed(fields, 5)
	case kind == blobType, kind == setCodeType:
		return Transaction{}, ErrOther
	}
	return Transaction{}, ErrUnreadable
}

// legacy is nonce, gas price, gas, to, value, data, and by EIP-155 the chain and two zeros.
func legacy(fields []item) (Transaction, error) {
	const plain, protected = 6, 9
	if len(fields) != plain && len(fields) != protected {
		return Transaction{}, ErrUnreadable
	}
	t, err := body(fields, 3)
	if err != nil || len(fields) == plain {
		return t, err
	}
	// A signed one has its r and s here.
	if t.ChainID = fields[6].number(); !positive(t.ChainID) || !fields[7].bytes(0) || !fields[8].bytes(0) {
		return Transaction{}, ErrUnreadable
	}
	return t, nil
}

// typed is the chain, nonce and prices, then to, value, data, access list. The number of those before to is told.
func typed(fields []item, before int) (Transaction, error) {
	t, err := body(fields, before)
	if err != nil {
		return Transaction{}, err
	}
	if t.ChainID = fields[0].number(); !positive(t.ChainID) {
		return Transaction{}, ErrUnreadable
	}
	return t, accessList(fields[before+3])
}

func positive(n *big.Int) bool { return n != nil && n.Sign() > 0 }

// body reads to, value and data behind so many numbers.
func body(fields []item, before int) (Transaction, error) {
	for _, f := range fields[:before] {
		if f.number() == nil {
			return Transaction{}, ErrUnreadable
		}
	}
	to, value, data := fields[before], fields[before+1].number(), fields[before+2]
	if !to.bytes(addressSize) && !to.bytes(0) || value == nil || data.list {
		return Transaction{}, ErrUnreadable
	}
	t := Transaction{Value: value, Data: data.content}
	if len(to.content) > 0 {
		t.To = address(to.content)
	}
	return t, nil
}

const (
	addressSize = 20
	wordSize    = 32
)

func address(raw []byte) string { return "0x" + hex.EncodeToString(raw) }

// accessList holds one to its form: pairs of an address and a list of words.
func accessList(list item) error {
	entries, err := list.items(maxItems)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		pair, err := entry.items(2)
		if err != nil || len(pair) != 2 || !pair[0].bytes(addressSize) {
			return ErrUnreadable
		}
		keys, err := pair[1].items(maxItems)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if !key.bytes(wordSize) {
				return ErrUnreadable
			}
		}
	}
	return nil
}
