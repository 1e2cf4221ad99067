package fireblocks

import (
	"strconv"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// inconsistent names the first contradiction inside a transaction, or nothing. A contradiction means that one part of it
// would be judged and another one signed.
func (tx transaction) inconsistent(r signing.Request, c call) string {
	_, malformed := tx.usd()
	switch {
	case tx.AmountStr != "" && r.Amount == nil:
		return "amount_malformed"
	case malformed != nil:
		return "amount_usd_malformed"
	case !tx.sumAgrees(r.Amount):
		return "destinations_sum"
	case !tx.addressAgrees() && !tx.addressIsToken(c):
		return "destination_address"
	case len(tx.Destinations) == 1 && !tx.soleAgrees(tx.Destinations[0]):
		return "destination_party"
	}
	return c.problem
}

// sumAgrees compares the sum of the destinations with the amount.
func (tx transaction) sumAgrees(total *amount.Decimal) bool {
	shares := make([]string, len(tx.Destinations))
	for i, d := range tx.Destinations {
		shares[i] = d.AmountNativeStr
	}
	return codec.SharesAgree(total, shares)
}

// addressAgrees looks for the address beside the destinations among theirs. Of a destination's two addresses it takes the
// one that is judged: agreeing with the other one would approve what nobody looked at.
func (tx transaction) addressAgrees() bool {
	addresses := make([]string, len(tx.Destinations))
	for i, d := range tx.Destinations {
		addresses[i] = d.party().Address
	}
	return codec.AddressAmong(tx.DestAddress, addresses)
}

// addressIsToken allows for the other meaning of the address beside the destinations: in transfers of tokens it can be the
// token's contract. It must be the one that is known to be, or that the transaction to be signed calls to pay the destination.
func (tx transaction) addressIsToken(c call) bool {
	if tx.DestAddress == "" || tx.Operation != transfer {
		return false
	}
	known := assets[tx.Asset].contract
	return c.pays && signing.SameAddress(tx.DestAddress, c.contract) || known != "" && signing.SameAddress(tx.DestAddress, known)
}

// soleAgrees compares a single destination with the fields beside it, where both are told.
func (tx transaction) soleAgrees(d destination) bool {
	return codec.Agree(d.DstType, tx.DestType) && codec.Agree(d.DstID, tx.DestID) && codec.Agree(d.DstAddressType, tx.DestAddressType) &&
		codec.Agree(d.DstTag, tx.DestTag)
}

// digest is over what a decision depends on and what would be signed. Left out is what may differ between two sendings of
// one request: the signer after a failover, players, names, notes, and what Fireblocks' own policy said. So is the fee, an
// estimate: a request whose fee alone has changed gets its first answer. And so are values in USD, though caps look at them:
// they follow the market, so that the repeat of an answered request may tell another, and would pass for another request
// under its id. What was decided stays decided by the value that was told first.
func (tx transaction) digest() string {
	texts := []string{"fireblocks.tx/1", tx.TxID, tx.RequestID, tx.ExternalTxID, tx.Operation, tx.SourceType, tx.SourceID, tx.DestType,
		tx.DestID, tx.DestAddressType, tx.DestAddress, tx.DestTag, tx.Asset, codec.Plain(tx.AmountStr), codec.Plain(tx.RequestedAmountStr),
		strconv.Itoa(len(tx.Destinations)), strconv.Itoa(len(tx.RawTx))}
	for _, d := range tx.Destinations {
		texts = append(texts, codec.Plain(d.AmountNativeStr), d.DstType, d.DstSubType, d.DstID, d.DstWalletID, d.DstAddressType,
			d.DstAddress, d.DisplayDstAddress, d.DstTag)
	}
	for _, r := range tx.RawTx {
		texts = append(texts, r.KeyDerivationPath, r.RawTx, r.Payload)
	}
	if tx.Extra.ContractCallData != "" { // one text more than the counts tell: nothing else has it
		texts = append(texts, tx.Extra.ContractCallData)
	}
	return codec.Digest(texts...)
}
