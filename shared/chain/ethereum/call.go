package ethereum

import (
	"bytes"
	"math/big"
)

// TransferSelector is that of a token's transfer(address,uint256) (EIP-20).
const TransferSelector = "0xa9059cbb"

const selectorSize = 4

// Selector is the method that a call names: "0x" and the first four bytes, in lower-case hex. It is "" for less than four, which
// name none.
func Selector(data []byte) string {
	if len(data) < selectorSize {
		return ""
	}
	return address(data[:selectorSize])
}

// Transfer reads a call of transfer(address,uint256): to whom, and how much in the token's smallest unit. It must be written as
// a compiler writes it, with nothing behind it.
func (t Transaction) Transfer() (to string, amount *big.Int, is bool) {
	d := t.Data
	if len(d) != selectorSize+2*wordSize || Selector(d) != TransferSelector {
		return "", nil, false
	}
	word := d[selectorSize : selectorSize+wordSize]
	padding := wordSize - addressSize
	if !bytes.Equal(word[:padding], make([]byte, padding)) {
		return "", nil, false
	}
	return address(word[padding:]), new(big.Int).SetBytes(d[selectorSize+wordSize:]), true
}
