package fireblocks

import (
	"bytes"
	"math/big"
	"slices"

	"github.com/zenvault/zenvault/shared/chain/bitcoin"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// bitcoin holds what is hashed for each input against what is declared, and names the first contradiction. Each hash is of
// its bytes, all are of one transaction, none spends an input twice, and each covers all outputs. Where the outputs are there,
// which is so before segregated witness, they pay what is declared. BIP-143 has a hash of them alone, so that with no other
// kind of input beside it they can't be looked at.
func (tx transaction) bitcoin(network bitcoin.Network, r signing.Request) string {
	var first bitcoin.Preimage
	var outputs []bitcoin.Output
	spent := map[[36]byte]bool{}
	for i, one := range tx.RawTx {
		raw, errRaw := unhex(one.RawTx)
		hash, errHash := unhex(one.Payload)
		p, err := bitcoin.Parse(raw)
		want := bitcoin.Hash(raw)
		switch {
		case errRaw != nil || err != nil:
			return "raw_tx_unreadable"
		case errHash != nil || !bytes.Equal(hash, want[:]):
			return "raw_tx_hash"
		case p.HashType != bitcoin.SighashAll:
			return "raw_tx_sighash"
		case spent[p.Outpoint]:
			return "raw_tx_inputs"
		case i > 0 && !ofOne(first, p):
			return "raw_tx_parts"
		}
		if i == 0 {
			first = p
		}
		if p.Outputs != nil {
			outputs = p.Outputs
		}
		spent[p.Outpoint] = true
	}
	if outputs == nil {
		return ""
	}
	return tx.pays(network, outputs, r)
}

// ofOne tells whether two inputs are of one transaction.
func ofOne(a, b bitcoin.Preimage) bool {
	return a.Version == b.Version && a.LockTime == b.LockTime && a.HashPrevouts == b.HashPrevouts && a.HashSequence == b.HashSequence &&
		a.HashOutputs == b.HashOutputs
}

// pays looks for an output for each destination, which must tell its address and its share: of the share or, where the fee is
// taken from it, less by no more than the fee that is told. One output more may be of nobody that is declared: the change.
func (tx transaction) pays(network bitcoin.Network, outputs []bitcoin.Output, r signing.Request) string {
	rest, short := outputs, new(big.Int)
	for i, party := range r.Destinations {
		script, err := network.Script(party.Address)
		if err != nil {
			return "raw_tx_destination"
		}
		at, missing := nearest(rest, script, tx.share(i))
		switch {
		case at < 0:
			return "raw_tx_destination"
		case missing == nil:
			return "raw_tx_amount"
		}
		short.Add(short, missing)
		rest = slices.Delete(slices.Clone(rest), at, at+1)
	}
	switch {
	case short.Cmp(tx.fee(satoshi)) > 0:
		return "raw_tx_amount"
	case len(rest) > 1:
		return "raw_tx_outputs"
	}
	return ""
}

// nearest finds the output to a script that comes nearest to a share without being more, and by how much it is less. It gives -1
// if there is no output to the script, and nil if all of them are more or the share is not told.
func nearest(outputs []bitcoin.Output, script []byte, share *big.Int) (at int, missing *big.Int) {
	at = -1
	for i, o := range outputs {
		if !bytes.Equal(o.Script, script) {
			continue
		}
		if at < 0 {
			at = i
		}
		if share == nil {
			continue
		}
		less := new(big.Int).Sub(share, new(big.Int).SetUint64(o.Value))
		if less.Sign() >= 0 && (missing == nil || less.Cmp(missing) < 0) {
			at, missing = i, less
		}
	}
	return at, missing
}

// share is what a destination gets in satoshi, nil where it is not told or no whole number of them.
func (tx transaction) share(i int) *big.Int {
	text := tx.AmountStr
	if len(tx.Destinations) > 1 {
		text = tx.Destinations[i].AmountNativeStr
	}
	told := codec.Number(text)
	if told == nil {
		return nil
	}
	units, _ := told.Units(satoshi)
	return units
}
