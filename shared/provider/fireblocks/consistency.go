package fireblocks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/audit"
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

// sumAgrees compares the sum of the destinations with the amount, where each of them tells its share.
func (tx transaction) sumAgrees(total *amount.Decimal) bool {
	if len(tx.Destinations) == 0 || total == nil {
		return true
	}
	var sum amount.Decimal
	for _, d := range tx.Destinations {
		if d.AmountNativeStr == "" {
			return true
		}
		share, err := amount.Parse(d.AmountNativeStr)
		if err != nil {
			return false
		}
		sum = sum.Add(share)
	}
	return sum == *total
}

// addressAgrees looks for the address beside the destinations among theirs, where both are told.
func (tx transaction) addressAgrees() bool {
	if tx.DestAddress == "" {
		return true
	}
	told := false
	for _, d := range tx.Destinations {
		for _, address := range []string{d.DstAddress, d.DisplayDstAddress} {
			told = told || address != ""
			if strings.EqualFold(address, tx.DestAddress) {
				return true
			}
		}
	}
	return !told
}

// soleAgrees compares a single destination with the fields beside it, where both are told.
func (tx transaction) soleAgrees(d destination) bool {
	return agree(d.DstType, tx.DestType) && agree(d.DstID, tx.DestID) && agree(d.DstAddressType, tx.DestAddressType)
}

func agree(a, b string) bool { return a == "" || b == "" || a == b }

// digest is over what a decision depends on and what would be signed. Left out is what may differ between two sendings of
// one request, and moves nothing: the signer after a failover, players, the fee estimate, names, values in USD, notes, and
// what Fireblocks' own policy said.
func (tx transaction) digest() (string, error) {
	destinations, raw := make([]audit.Fields, len(tx.Destinations)), make([]audit.Fields, len(tx.RawTx))
	for i, d := range tx.Destinations {
		destinations[i] = audit.Fields{"amount": plain(d.AmountNativeStr), "type": d.DstType, "sub_type": d.DstSubType, "id": d.DstID,
			"wallet": d.DstWalletID, "address_type": d.DstAddressType, "address": d.DstAddress, "display": d.DisplayDstAddress, "tag": d.DstTag}
	}
	for i, r := range tx.RawTx {
		raw[i] = audit.Fields{"path": r.KeyDerivationPath, "raw": r.RawTx, "payload": r.Payload}
	}
	canonical, err := audit.Fields{
		"tx": tx.TxID, "request": tx.RequestID, "external": tx.ExternalTxID, "operation": tx.Operation,
		"source_type": tx.SourceType, "source": tx.SourceID, "dest_type": tx.DestType, "dest": tx.DestID,
		"dest_address_type": tx.DestAddressType, "dest_address": tx.DestAddress, "dest_tag": tx.DestTag, "asset": tx.Asset,
		"amount": plain(tx.AmountStr), "requested": plain(tx.RequestedAmountStr), "destinations": destinations, "raw": raw,
	}.JSON()
	if err != nil {
		return "", fmt.Errorf("digesting a transaction: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// plain is the shortest form of an amount: the same number is the same content, however many zeros it is sent with.
func plain(text string) string {
	if d, err := amount.Parse(text); err == nil {
		return d.String()
	}
	return text
}
