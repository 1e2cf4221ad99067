package safeheron

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
)

// The kinds of callbacks, by what the co-signer would sign.
const (
	KindTransaction = "safeheron.transaction"
	KindMPCSign     = "safeheron.mpc_sign"
	KindWeb3Sign    = "safeheron.web3_sign"
	KindOther       = "safeheron.other"
)

// kinds are the vendor's types.
var kinds = map[string]string{
	"TRANSACTION": KindTransaction, "TX_TRANSACTION": KindTransaction, "CONNECT_TX_SEND": KindTransaction,
	"TX_CONNECT_TX_SEND": KindTransaction, "TRANSACTION_BATCH_UTXO": KindTransaction,
	"MPC_SIGN": KindMPCSign,
	"ETH_SIGN": KindWeb3Sign, "PERSONAL_SIGN": KindWeb3Sign, "ETH_SIGN_TYPED_DATA": KindWeb3Sign, "ETH_SIGNTRANSACTION": KindWeb3Sign,
}

// judged are the types whose amount, asset and destinations are all that they do. What a connected application sends can
// do more than its amount tells; hashes and messages tell nothing.
var judged = map[string]bool{"TRANSACTION": true, "TRANSACTION_BATCH_UTXO": true}

// content is what bizContent says. Unknown members are skipped.
type content struct {
	ApprovalID      string          `json:"approvalId"`
	Type            string          `json:"type"`
	Detail          json.RawMessage `json:"detail"`
	CustomerContent json.RawMessage `json:"customerContent"` // the name of detail in the versions before
}

// read fails with signing.ErrUnreadable. A co-signer asks once for each task, and what it is allowed it signs: every kind is
// one whose approval releases a signature.
func read(raw []byte) (signing.Callback, error) {
	var c content
	if err := strict.DecodeLenient(raw, &c); err != nil {
		return signing.Callback{}, unreadable(err)
	}
	detail := c.Detail
	if detail == nil {
		detail = c.CustomerContent
	}
	switch {
	case !codec.ValidID(c.ApprovalID):
		return signing.Callback{}, unreadable(errors.New("/approvalId is missing or malformed"))
	case c.Type == "":
		return signing.Callback{}, unreadable(errors.New("/type is missing"))
	case c.Detail != nil && c.CustomerContent != nil:
		return signing.Callback{}, unreadable(errors.New("/detail is given under two names"))
	case detail == nil:
		return signing.Callback{}, unreadable(errors.New("/detail is missing"))
	}
	callback := signing.Callback{ExternalID: c.ApprovalID, Kind: kinds[c.Type], Signing: true, Supported: judged[c.Type]}
	if callback.Kind == "" {
		callback.Kind = KindOther
	}
	if callback.Supported {
		return readTransaction(callback, c.Type, detail)
	}
	return readOther(callback, c.Type, detail)
}

func unreadable(err error) error { return fmt.Errorf("%w: %w", signing.ErrUnreadable, err) }

func readTransaction(c signing.Callback, kind string, detail []byte) (signing.Callback, error) {
	var tx transaction
	if err := strict.DecodeLenient(detail, &tx); err != nil {
		return signing.Callback{}, unreadable(err)
	}
	c.TxID, c.RefText = codec.Cut(tx.TxKey), codec.Cut(tx.CustomerRefID)
	c.Ref, _ = tenant.ParseRef(tx.CustomerRefID) // any other text is no reference of ours
	c.Request = tx.request(kind)
	c.Inconsistent = tx.inconsistent(c.Request)
	c.Digest = tx.digest(c.ExternalID, kind)
	return c, nil
}

// readOther reads as much of what can't be judged as its record says.
func readOther(c signing.Callback, kind string, detail []byte) (signing.Callback, error) {
	var names struct {
		TxKey         string `json:"txKey"`
		CustomerRefID string `json:"customerRefId"`
	}
	if err := strict.DecodeLenient(detail, &names); err != nil {
		return signing.Callback{}, unreadable(err)
	}
	all, err := codec.Canonical(detail)
	if err != nil {
		return signing.Callback{}, unreadable(err)
	}
	c.TxID, c.RefText = codec.Cut(names.TxKey), codec.Cut(names.CustomerRefID)
	c.Ref, _ = tenant.ParseRef(names.CustomerRefID)
	c.Request = signing.Request{Operation: codec.Cut(kind)}
	c.Digest = codec.Digest("safeheron.other/1", c.ExternalID, kind, string(all))
	return c, nil
}
