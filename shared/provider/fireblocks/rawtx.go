package fireblocks

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"strings"

	"github.com/zenvault/zenvault/shared/chain/ethereum"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// call is what the raw transaction, or the data of a contract call, tells of what would be signed.
type call struct {
	problem string // in which way it contradicts what is declared, snake_case; "" in none
	pays    bool   // it was read, is what would be signed, and pays the declared destination through a token's contract

	to string // whom it pays, or what it calls, in lower case; "" if that is not read

	contract, method string
	none             bool
}

func wrong(problem string) call { return call{problem: problem} }

// chainCall ties the hash that would be signed to what is declared, where a raw transaction is there: the hash is the
// transaction's, and the transaction moves the declared amount to the declared destination. It is read as Bitcoin's where the
// asset is, as an EVM chain's where the asset is known to be of one or the bytes are one's. Other chains' are not looked at.
func (tx transaction) chainCall(r signing.Request) call {
	if tx.Operation != transfer && tx.Operation != contractCall {
		return call{}
	}
	data, err := unhex(tx.Extra.ContractCallData)
	if err != nil {
		return wrong("call_data_malformed")
	}
	declared := call{}
	if tx.Operation == contractCall {
		declared = call{contract: signing.Address(r.Destinations[0].Address), method: ethereum.Selector(data)}
	}
	network, isBitcoin := bitcoins[tx.Asset]
	switch {
	case isBitcoin && tx.Operation == transfer:
		return call{problem: tx.bitcoin(network, r), none: true}
	case len(tx.RawTx) == 0:
		return declared
	}
	t, found, problem := tx.evm()
	switch {
	case problem != "":
		return wrong(problem)
	case !found:
		return declared
	case tx.Operation == contractCall:
		return tx.contractCall(t, r, data)
	}
	return tx.transfer(t, r)
}

// evm reads the one transaction of an EVM chain. It finds none where the asset is not known and the bytes are not one's; a
// transaction with another hash beside it is a contradiction whatever the asset.
func (tx transaction) evm() (t ethereum.Transaction, found bool, problem string) {
	known, isKnown := assets[tx.Asset]
	for _, one := range tx.RawTx {
		raw, errRaw := unhex(one.RawTx)
		hash, errHash := unhex(one.Payload)
		read, err := ethereum.Parse(raw)
		if errRaw != nil || err == ethereum.ErrUnreadable {
			if isKnown {
				return t, false, "raw_tx_unreadable"
			}
			continue
		}
		switch {
		case errHash != nil || !bytes.Equal(hash, ethereum.Hash(raw)):
			return t, false, "raw_tx_hash"
		case err != nil: // blobs, or code of accounts: more than a transfer
			return t, false, "raw_tx_unreadable"
		}
		t, found = read, true
	}
	switch {
	case found && len(tx.RawTx) > 1:
		return t, false, "raw_tx_count" // one is signed once
	case found && isKnown && (t.ChainID == nil || t.ChainID.Cmp(big.NewInt(known.chain)) != 0):
		return t, false, "raw_tx_chain"
	}
	return t, found, ""
}

// transfer holds a transaction against a transfer: of the chain's own asset to the destination, or of a token through
// transfer(address,uint256) of its contract. Any other call could do anything.
func (tx transaction) transfer(t ethereum.Transaction, r signing.Request) call {
	known, isKnown := assets[tx.Asset]
	isToken := known.contract != "" || !isKnown && len(t.Data) > 0
	to, moved := t.To, t.Value
	c := call{none: !isToken}
	if isToken {
		c = call{pays: true, contract: t.To, method: ethereum.TransferSelector}
		var is bool
		switch to, moved, is = t.Transfer(); {
		case !is:
			return wrong("raw_tx_call")
		case t.Value.Sign() != 0:
			return wrong("raw_tx_value")
		case isKnown && t.To != known.contract:
			return wrong("raw_tx_contract")
		}
	}
	switch {
	case !isToken && len(t.Data) > 0:
		return wrong("raw_tx_call")
	case to == "" || len(r.Destinations) != 1 || !same(r.Destinations[0].Address, to):
		return wrong("raw_tx_destination")
	case !tx.movesAmount(moved, r, isToken):
		return wrong("raw_tx_amount")
	}
	c.to = to
	return c
}

// contractCall holds a transaction against a call of a contract: the declared one, with the declared data and amount.
func (tx transaction) contractCall(t ethereum.Transaction, r signing.Request, data []byte) call {
	_, isKnown := assets[tx.Asset]
	switch {
	case !same(r.Destinations[0].Address, t.To):
		return wrong("raw_tx_destination")
	case tx.Extra.ContractCallData != "" && !bytes.Equal(data, t.Data):
		return wrong("raw_tx_call")
	case isKnown && !tx.movesAmount(t.Value, r, true):
		return wrong("raw_tx_amount")
	}
	return call{to: t.To, contract: t.To, method: ethereum.Selector(t.Data)}
}

// same compares an address as declared, where it is, with one of a transaction.
func same(declared, signed string) bool {
	return declared == "" || signing.SameAddress(declared, signed)
}

// movesAmount compares an amount in smallest units with the declared one, which must be told. What pays its own fee may move
// less, by no more than the fee that is told. Of an asset whose decimals are not known the digits alone are compared.
func (tx transaction) movesAmount(moved *big.Int, r signing.Request, exactly bool) bool {
	if r.Amount == nil {
		return false
	}
	least, most := 0, mostDecimals
	if known, isKnown := assets[tx.Asset]; isKnown {
		least, most = known.decimals, known.decimals
	}
	for places := least; places <= most; places++ {
		units, whole := r.Amount.Units(places)
		if !whole {
			continue
		}
		short := units.Sub(units, moved)
		if short.Sign() == 0 || short.Sign() > 0 && !exactly && short.Cmp(tx.fee(places)) <= 0 {
			return true
		}
	}
	return false
}

// mostDecimals is as many as an asset can be expected to have.
const mostDecimals = 24

// fee is what is told, in smallest units: 0 if it is not, or not in whole ones.
func (tx transaction) fee(places int) *big.Int {
	told, err := codec.Value(tx.Fee)
	if err != nil || told == nil {
		return new(big.Int)
	}
	if units, whole := told.Units(places); whole {
		return units
	}
	return new(big.Int)
}

// unhex reads hex in either case, with or without "0x".
func unhex(text string) ([]byte, error) { return hex.DecodeString(strings.TrimPrefix(text, "0x")) }
