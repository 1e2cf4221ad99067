package fireblocks

import (
	"encoding/json"
	"fmt"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
)

// The kinds of a transaction's callbacks. Both stages come to the same address under the same requestId.
const (
	KindApproval = "fireblocks.tx.approval"
	KindSigning  = "fireblocks.tx.signing"
)

// The operations that are looked at. What a contract is called to do is not told by an amount and a destination, so that
// no policy judges it yet.
const (
	transfer     = "TRANSFER"
	contractCall = "CONTRACT_CALL"
)

// transaction is the payload, as far as it is documented and looked at. The numbers beside the …Str fields are deprecated
// and have lost digits on their way. Undocumented members come and go, and are skipped.
type transaction struct {
	TxID               string          `json:"txId"`
	RequestID          string          `json:"requestId"` // of a batch it has a suffix that txId lacks: kept
	ExternalTxID       string          `json:"externalTxId"`
	Operation          string          `json:"operation"`
	SourceType         string          `json:"sourceType"`
	SourceID           string          `json:"sourceId"`
	DestType           string          `json:"destType"`
	DestID             string          `json:"destId"`
	DestAddressType    string          `json:"destAddressType"`
	DestAddress        string          `json:"destAddress"`
	DestTag            string          `json:"destTag"`
	Asset              string          `json:"asset"`
	AmountStr          string          `json:"amountStr"`
	RequestedAmountStr string          `json:"requestedAmountStr"`
	AmountUSD          json.RawMessage `json:"amountUSD"`
	Destinations       []destination   `json:"destinations"`
	Fee                json.RawMessage `json:"fee"` // a string or a number
	Extra              extra           `json:"extraParameters"`
	RawTx              []rawTx         `json:"rawTx"`
	Players            []string        `json:"players"`
}

type destination struct {
	AmountNativeStr   string          `json:"amountNativeStr"`
	AmountUSD         json.RawMessage `json:"amountUSD"` // a number in captured messages
	DstType           string          `json:"dstType"`
	DstSubType        string          `json:"dstSubType"`
	DstID             string          `json:"dstId"`
	DstWalletID       string          `json:"dstWalletId"`
	DstAddressType    string          `json:"dstAddressType"`
	DstAddress        string          `json:"dstAddress"`
	DisplayDstAddress string          `json:"displayDstAddress"`
	DstTag            string          `json:"dstTag"`
}

type extra struct {
	ContractCallData string `json:"contractCallData"` // hex
}

type rawTx struct {
	KeyDerivationPath string `json:"keyDerivationPath"`
	RawTx             string `json:"rawTx"`   // hex
	Payload           string `json:"payload"` // hex of the hash that is signed
}

// read fails with signing.ErrUnreadable.
func read(payload []byte) (signing.Callback, error) {
	var tx transaction
	if err := strict.DecodeLenient(payload, &tx); err != nil {
		return signing.Callback{}, fmt.Errorf("%w: %w", signing.ErrUnreadable, err)
	}
	if !codec.ValidID(tx.RequestID) {
		return signing.Callback{}, fmt.Errorf("%w: /requestId is missing or malformed", signing.ErrUnreadable)
	}
	// The stages: these are there when a signature is about to be released. (The documents name displayDstAddress; captured
	// approvals have it too.)
	signs := tx.Fee != nil || tx.RawTx != nil || tx.Players != nil
	c := signing.Callback{
		ExternalID: tx.RequestID, TxID: codec.Cut(tx.TxID), Kind: KindApproval, Signing: signs, Supported: tx.Operation == transfer,
		RefText: codec.Cut(tx.ExternalTxID),
	}
	if signs {
		c.Kind = KindSigning
	}
	c.Ref, _ = tenant.ParseRef(tx.ExternalTxID) // any other text is no reference of ours
	c.Request = tx.request()
	call := tx.chainCall(c.Request)
	c.Request.Contract, c.Request.Method, c.Request.NoCall = call.contract, call.method, call.none
	if to := &c.Request.Destinations[0]; call.to != "" && to.Address == "" {
		to.Address = call.to // told by what would be signed, if nowhere else
	}
	c.Inconsistent = tx.inconsistent(c.Request, call)
	c.Digest = tx.digest()
	return c, nil
}

const oneTime = "ONE_TIME_ADDRESS"

// request is what a policy judges. Where there are destinations they are it; the fields beside them speak for a single one.
func (tx transaction) request() signing.Request {
	r := signing.Request{Operation: tx.Operation, Asset: tx.Asset, Amount: codec.Number(tx.AmountStr), Source: signing.Party{Type: tx.SourceType, ID: tx.SourceID}}
	r.USD, _ = tx.usd() // inconsistent looks at the error
	outer := signing.Party{Type: tx.DestType, ID: tx.DestID, Address: tx.DestAddress, Tag: tx.DestTag, Whitelisted: whitelisted(tx.DestAddressType)}
	for _, d := range tx.Destinations {
		r.Destinations = append(r.Destinations, d.party())
	}
	switch len(r.Destinations) {
	case 0:
		r.Destinations = []signing.Party{outer}
	case 1:
		r.Destinations[0] = merge(r.Destinations[0], outer)
	}
	for i := range r.Destinations {
		r.Destinations[i].NoID = r.Destinations[i].Type == oneTime && r.Destinations[i].ID == ""
	}
	return r
}

func (d destination) party() signing.Party {
	address := d.DstAddress
	if address == "" {
		address = d.DisplayDstAddress
	}
	return signing.Party{Type: d.DstType, ID: d.DstID, Address: address, Tag: d.DstTag, Whitelisted: whitelisted(d.DstAddressType)}
}

// usd is the sum of what the destinations are worth. The value beside them speaks where there are none.
func (tx transaction) usd() (*amount.Decimal, error) {
	if len(tx.Destinations) == 0 {
		return codec.USD([]json.RawMessage{tx.AmountUSD}, []string{tx.AmountStr})
	}
	values, shares := make([]json.RawMessage, len(tx.Destinations)), make([]string, len(tx.Destinations))
	for i, d := range tx.Destinations {
		values[i], shares[i] = d.AmountUSD, d.AmountNativeStr
	}
	if len(shares) == 1 {
		shares[0] = either(shares[0], tx.AmountStr)
	}
	return codec.USD(values, shares)
}

// merge fills in what the first does not tell.
func merge(p, more signing.Party) signing.Party {
	p.Type, p.ID, p.Address, p.Tag = either(p.Type, more.Type), either(p.ID, more.ID), either(p.Address, more.Address), either(p.Tag, more.Tag)
	if p.Whitelisted == nil {
		p.Whitelisted = more.Whitelisted
	}
	return p
}

func either(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// whitelisted is nil for a word that the vendor does not document.
func whitelisted(word string) *bool {
	is := word == "WHITELISTED"
	if !is && word != "ONE_TIME" {
		return nil
	}
	return &is
}
