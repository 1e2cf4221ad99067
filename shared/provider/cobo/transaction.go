package cobo

import (
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// transaction is one as far as it is documented and looked at.
type transaction struct {
	TransactionID string      `json:"transaction_id"`
	RequestID     string      `json:"request_id"` // the customer's reference
	WalletID      string      `json:"wallet_id"`  // of a withdrawal, the source's
	Type          string      `json:"type"`
	ChainID       string      `json:"chain_id"`
	TokenID       string      `json:"token_id"`
	Source        source      `json:"source"`
	Destination   destination `json:"destination"`
	RawTx         rawTx       `json:"raw_tx_info"`
}

type source struct {
	Type     string `json:"source_type"`
	WalletID string `json:"wallet_id"`
	Address  string `json:"address"`
}

type destination struct {
	Type        string   `json:"destination_type"`
	WalletID    string   `json:"wallet_id"`
	Amount      string   `json:"amount"`
	Account     *output  `json:"account_output"`
	UTXO        []output `json:"utxo_outputs"`
	TradingType string   `json:"trading_account_type"`
	ExchangeID  string   `json:"exchange_id"`
}

type output struct {
	Address string `json:"address"`
	Memo    string `json:"memo"`
	Amount  string `json:"amount"`
}

type rawTx struct {
	Unsigned string `json:"unsigned_raw_tx"`
	Inputs   []utxo `json:"selected_utxos"`
}

type utxo struct {
	TxHash string `json:"tx_hash"`
}

const toAddress = "Address"

// transfers are the destinations that an amount and a receiver say all about. Contract calls and messages are none.
var transfers = map[string]bool{toAddress: true, "CustodialWallet": true, "ExchangeWallet": true}

// outputs are the shares of a transaction that goes to addresses.
func (d destination) outputs() []output {
	if d.Account != nil {
		return append([]output{*d.Account}, d.UTXO...)
	}
	return d.UTXO
}

// request is what a policy judges. What it is worth is not told: the vendor's model of a transaction has no such member.
func (tx transaction) request() signing.Request {
	d := tx.Destination
	r := signing.Request{Operation: tx.Type, Asset: tx.TokenID,
		Source: signing.Party{Type: tx.Source.Type, ID: tx.Source.WalletID, Address: tx.Source.Address}}
	if d.Type != toAddress {
		r.Amount = codec.Number(d.Amount)
		r.Destinations = []signing.Party{{Type: d.Type, ID: d.WalletID}}
		return r
	}
	var sum amount.Decimal
	told := true
	for _, o := range d.outputs() {
		r.Destinations = append(r.Destinations, signing.Party{Type: d.Type, NoID: true, Address: o.Address, Tag: o.Memo})
		if share := codec.Number(o.Amount); share != nil {
			sum = sum.Add(*share)
		} else {
			told = false
		}
	}
	if told && r.Destinations != nil {
		r.Amount = &sum
	}
	return r
}

// inconsistent names the first contradiction in what would be signed and what it is said to be, or nothing.
func (tx transaction) inconsistent(d detail) string {
	to := tx.Destination
	isAddress := to.Type == toAddress
	switch {
	case d.BizTaskID != "" && d.BizTaskID != tx.TransactionID:
		return "transaction_id"
	case tx.WalletID != "" && tx.Source.WalletID != "" && tx.WalletID != tx.Source.WalletID:
		return "source_wallet"
	case !tx.hashesFit(len(d.Hashes)):
		return "hashes"
	case isAddress && (len(to.outputs()) == 0 || to.Account != nil && to.UTXO != nil || to.WalletID != "" || to.Amount != ""),
		!isAddress && len(to.outputs()) > 0:
		return "destination"
	case to.malformedAmount():
		return "amount_malformed"
	}
	return ""
}

// hashesFit tells whether as many hashes are to be signed as the transaction needs: one, or up to one for each input that it
// spends. One more would be the hash of something else.
func (tx transaction) hashesFit(n int) bool {
	if tx.Destination.UTXO == nil {
		return n == 1
	}
	return n > 0 && (tx.RawTx.Inputs == nil || n <= len(tx.RawTx.Inputs))
}

func (d destination) malformedAmount() bool {
	if d.Amount != "" && codec.Number(d.Amount) == nil {
		return true
	}
	for _, o := range d.outputs() {
		if o.Amount != "" && codec.Number(o.Amount) == nil {
			return true
		}
	}
	return false
}

// texts are a transaction's part of a digest. Left out are states, times, fees, people and words for people.
func (tx transaction) texts() []string {
	to := tx.Destination
	texts := []string{tx.TransactionID, tx.RequestID, tx.WalletID, tx.Type, tx.ChainID, tx.TokenID, tx.Source.Type, tx.Source.WalletID,
		tx.Source.Address, to.Type, to.WalletID, codec.Plain(to.Amount), to.TradingType, to.ExchangeID, tx.RawTx.Unsigned}
	if to.Account == nil {
		texts = append(texts, "utxo")
	} else {
		texts = append(texts, "account")
	}
	for _, o := range to.outputs() { // the last of the texts, so that they need no count
		texts = append(texts, o.Address, o.Memo, codec.Plain(o.Amount))
	}
	return texts
}
