package keyref

import (
	"bytes"
	"encoding/asn1"
	"math/big"
)

// coordinate is the length of r and s on P-256, in bytes.
const coordinate = 32

// PlainSignature turns the DER form of an ECDSA signature on P-256 (RFC 3279 §2.2.3) into the one of JOSE: r and s in 32
// bytes each (RFC 7518 §3.4).
func PlainSignature(der []byte) ([]byte, bool) {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil || !fits(pair.R) || !fits(pair.S) {
		return nil, false
	}
	if again, err := asn1.Marshal(pair); err != nil || !bytes.Equal(again, der) {
		return nil, false // something stands behind the numbers, or behind the pair
	}
	plain := make([]byte, 2*coordinate)
	pair.R.FillBytes(plain[:coordinate])
	pair.S.FillBytes(plain[coordinate:])
	return plain, true
}

func fits(n *big.Int) bool { return n.Sign() > 0 && n.BitLen() <= 8*coordinate }
