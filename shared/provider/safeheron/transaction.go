package safeheron

import (
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// transaction is the detail of one, as far as it is documented and looked at.
type transaction struct {
	TxKey                  string        `json:"txKey"`
	CustomerRefID          string        `json:"customerRefId"`
	CoinKey                string        `json:"coinKey"`
	TxAmount               string        `json:"txAmount"` // in the coin's unit, not its smallest
	TransactionType        string        `json:"transactionType"`
	SourceAccountKey       string        `json:"sourceAccountKey"`
	SourceAccountType      string        `json:"sourceAccountType"`
	SourceAddress          string        `json:"sourceAddress"`
	DestinationAccountKey  string        `json:"destinationAccountKey"`
	DestinationAccountType string        `json:"destinationAccountType"`
	DestinationAddress     string        `json:"destinationAddress"`
	DestinationAddressList []destination `json:"destinationAddressList"`
	DestinationTag         string        `json:"destinationTag"`
	Memo                   string        `json:"memo"`
	ReplacedTxKey          string        `json:"replacedTxKey"`
	ReplacedCustomerRefID  string        `json:"replacedCustomerRefId"`
	ReplaceTxKey           string        `json:"replaceTxKey"`
}

type destination struct {
	Address string `json:"address"`
	Memo    string `json:"memo"`
	Amount  string `json:"amount"`
}

const oneTime = "ONE_TIME_ADDRESS"

// request is what a policy judges. What it is worth is not told: the vendor's models of callbacks have no such member. The fields beside a list say whose addresses the list has.
func (tx transaction) request(kind string) signing.Request {
	r := signing.Request{Operation: kind, Asset: tx.CoinKey, Amount: codec.Number(tx.TxAmount),
		Source: signing.Party{Type: tx.SourceAccountType, ID: tx.SourceAccountKey, Address: tx.SourceAddress}}
	to := signing.Party{Type: tx.DestinationAccountType, ID: tx.DestinationAccountKey, Address: tx.DestinationAddress, Tag: tx.tag(),
		Whitelisted: whitelisted(tx.DestinationAccountType)}
	to.NoID = to.Type == oneTime && to.ID == ""
	if len(tx.DestinationAddressList) == 0 {
		r.Destinations = []signing.Party{to}
		return r
	}
	for _, d := range tx.DestinationAddressList {
		one := to
		if one.Address, one.Tag = d.Address, d.Memo; len(tx.DestinationAddressList) == 1 {
			one.Address, one.Tag = either(d.Address, to.Address), either(d.Memo, to.Tag)
		}
		r.Destinations = append(r.Destinations, one)
	}
	return r
}

// tag is the memo or the destination tag: where both are told, they agree or contradict.
func (tx transaction) tag() string { return either(tx.DestinationTag, tx.Memo) }

func either(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// whitelisted is nil for an account of the own team, which is on no list, and for a word that is not known.
func whitelisted(account string) *bool {
	is := account == "WHITELISTING_ACCOUNT"
	if !is && account != oneTime {
		return nil
	}
	return &is
}

// inconsistent names the first contradiction inside a transaction, or nothing. A contradiction means that one part of it
// would be judged and another one signed.
func (tx transaction) inconsistent(r signing.Request) string {
	switch {
	case tx.TxAmount != "" && r.Amount == nil:
		return "amount_malformed"
	case !tx.sumAgrees(r.Amount):
		return "destinations_sum"
	case !tx.addressAgrees():
		return "destination_address"
	case !codec.Agree(tx.Memo, tx.DestinationTag) || len(tx.DestinationAddressList) == 1 && !tx.memoAgrees():
		return "destination_memo"
	}
	return ""
}

// sumAgrees compares the sum of the list with the amount.
func (tx transaction) sumAgrees(total *amount.Decimal) bool {
	shares := make([]string, len(tx.DestinationAddressList))
	for i, d := range tx.DestinationAddressList {
		shares[i] = d.Amount
	}
	return codec.SharesAgree(total, shares)
}

// addressAgrees looks for the address beside the list in the list.
func (tx transaction) addressAgrees() bool {
	addresses := make([]string, len(tx.DestinationAddressList))
	for i, d := range tx.DestinationAddressList {
		addresses[i] = d.Address
	}
	return codec.AddressAmong(tx.DestinationAddress, addresses)
}

func (tx transaction) memoAgrees() bool {
	memo := tx.DestinationAddressList[0].Memo
	return codec.Agree(memo, tx.Memo) && codec.Agree(memo, tx.DestinationTag)
}

// digest is over what a decision depends on and what would be signed. Left out is what may differ between two sendings of
// one task: states, fees, notes, people, and what risk services say.
func (tx transaction) digest(approvalID, kind string) string {
	texts := []string{"safeheron.transaction/1", approvalID, kind, tx.TxKey, tx.CustomerRefID, tx.CoinKey, codec.Plain(tx.TxAmount),
		tx.TransactionType, tx.SourceAccountKey, tx.SourceAccountType, tx.SourceAddress, tx.DestinationAccountKey,
		tx.DestinationAccountType, tx.DestinationAddress, tx.DestinationTag, tx.Memo, tx.ReplacedTxKey, tx.ReplacedCustomerRefID,
		tx.ReplaceTxKey}
	for _, d := range tx.DestinationAddressList { // the last of the texts, so that they need no count
		texts = append(texts, d.Address, d.Memo, codec.Plain(d.Amount))
	}
	return codec.Digest(texts...)
}
