package fireblocks

import (
	"encoding/json"
	"fmt"

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
	Destinations       []destination   `json:"destinations"`
	Fee                json.RawMessage `json:"fee"` // a string or a number: only that it is there matters
	RawTx              []rawTx         `json:"rawTx"`
	Players            []string        `json:"players"`
}

type destination struct {
	AmountNativeStr   string `json:"amountNativeStr"`
	DstType           string `json:"dstType"`
	DstSubType        string `json:"dstSubType"`
	DstID             string `json:"dstId"`
	DstWalletID       string `json:"dstWalletId"`
	DstAddressType    string `json:"dstAddressType"`
	DstAddress        string `json:"dstAddress"`
	DisplayDstAddress string `json:"displayDstAddress"`
	DstTag            string `json:"dstTag"`
}

type rawTx struct {
	KeyDerivationPath string `json:"keyDerivationPath"`
	RawTx             string `json:"rawTx"`
	Payload           string `json:"payload"`
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
		ExternalID: tx.RequestID, TxID: codec.Cut(tx.TxID), Kind: KindApproval, Signing: signs, Supported: tx.Operation == "TRANSFER",
		RefText: codec.Cut(tx.ExternalTxID),
	}
	if signs {
		c.Kind = KindSigning
	}
	c.Ref, _ = tenant.ParseRef(tx.ExternalTxID) // any other text is no reference of ours
	c.Request = tx.request()
	c.Inconsistent = tx.inconsistent(c.Request)
	c.Digest = tx.digest()
	return c, nil
}

const oneTime = "ONE_TIME_ADDRESS"

// request is what a policy judges. Where there are destinations they are it; the fields beside them speak for a single one.
func (tx transaction) request() signing.Request {
	r := signing.Request{Operation: tx.Operation, Asset: tx.Asset, Amount: codec.Number(tx.AmountStr), Source: signing.Party{Type: tx.SourceType, ID: tx.SourceID}}
	outer := signing.Party{Type: tx.DestType, ID: tx.DestID, Address: tx.DestAddress, Whitelisted: whitelisted(tx.DestAddressType)}
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
	return signing.Party{Type: d.DstType, ID: d.DstID, Address: address, Whitelisted: whitelisted(d.DstAddressType)}
}

// merge fills in what the first does not tell.
func merge(p, more signing.Party) signing.Party {
	p.Type, p.ID, p.Address = either(p.Type, more.Type), either(p.ID, more.ID), either(p.Address, more.Address)
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
