package fireblocks

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

// inconsistent names the first contradiction inside a transaction, or nothing. A contradiction means that one part of it
// would be judged and another one signed.
func (tx transaction) inconsistent(r signing.Request) string {
	switch {
	case tx.AmountStr != "" && r.Amount == nil:
		return "amount_malformed"
	case !tx.sumAgrees(r.Amount):
		return "destinations_sum"
	case !tx.addressAgrees():
		return "destination_address"
	case len(tx.Destinations) == 1 && !tx.soleAgrees(tx.Destinations[0]):
		return "destination_party"
	}
	return ""
}

// sumAgrees compares the sum of the destinations with the amount. Either each of them tells its share or none does: where
// one is silent, the others could tell anything.
func (tx transaction) sumAgrees(total *amount.Decimal) bool {
	var sum amount.Decimal
	told := 0
	for _, d := range tx.Destinations {
		if d.AmountNativeStr == "" {
			continue
		}
		share, err := amount.Parse(d.AmountNativeStr)
		if err != nil {
			return false
		}
		told++
		sum = sum.Add(share)
	}
	return told == 0 || total == nil || told == len(tx.Destinations) && sum == *total
}

// addressAgrees looks for the address beside the destinations among theirs, where both are told. Of a destination's two
// addresses it takes the one that is judged: agreeing with the other one would approve what nobody looked at.
func (tx transaction) addressAgrees() bool {
	if tx.DestAddress == "" {
		return true
	}
	told := false
	for _, d := range tx.Destinations {
		address := d.party().Address
		told = told || address != ""
		if sameAddress(address, tx.DestAddress) {
			return true
		}
	}
	return !told
}

// sameAddress compares exactly, but for hexadecimal ones, whose case is only a checksum (EIP-55): in Base58, letters of
// another case are another address.
func sameAddress(a, b string) bool {
	return a == b || strings.HasPrefix(a, "0x") && strings.HasPrefix(b, "0x") && strings.EqualFold(a, b)
}

// soleAgrees compares a single destination with the fields beside it, where both are told.
func (tx transaction) soleAgrees(d destination) bool {
	return agree(d.DstType, tx.DestType) && agree(d.DstID, tx.DestID) && agree(d.DstAddressType, tx.DestAddressType) &&
		agree(d.DstTag, tx.DestTag)
}

func agree(a, b string) bool { return a == "" || b == "" || a == b }

// digest is over what a decision depends on and what would be signed. Left out is what may differ between two sendings of
// one request: the signer after a failover, players, names, values in USD, notes, and what Fireblocks' own policy said. So
// is the fee, which is an estimate that no rule looks at: a request whose fee alone has changed gets its first answer.
func (tx transaction) digest() string {
	h := sha256.New()
	write(h, "fireblocks.tx/1", tx.TxID, tx.RequestID, tx.ExternalTxID, tx.Operation, tx.SourceType, tx.SourceID, tx.DestType, tx.DestID,
		tx.DestAddressType, tx.DestAddress, tx.DestTag, tx.Asset, plain(tx.AmountStr), plain(tx.RequestedAmountStr),
		strconv.Itoa(len(tx.Destinations)), strconv.Itoa(len(tx.RawTx)))
	for _, d := range tx.Destinations {
		write(h, plain(d.AmountNativeStr), d.DstType, d.DstSubType, d.DstID, d.DstWalletID, d.DstAddressType, d.DstAddress,
			d.DisplayDstAddress, d.DstTag)
	}
	for _, r := range tx.RawTx {
		write(h, r.KeyDerivationPath, r.RawTx, r.Payload)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// write puts its length before each text, so that no two lists of texts look alike.
func write(h hash.Hash, texts ...string) {
	for _, text := range texts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		io.WriteString(h, text)
	}
}

// plain is the shortest form of an amount: the same number is the same content, however many zeros it is sent with.
func plain(text string) string {
	if d, err := amount.Parse(text); err == nil {
		return d.String()
	}
	return text
}
