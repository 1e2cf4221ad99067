// Package bitcoin reads what is hashed to sign an input of a Bitcoin transaction, and the addresses of its outputs.
package bitcoin

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// ErrUnreadable is all that is not hashed to sign an input, or could be read in two ways.
var ErrUnreadable = errors.New("bitcoin: not what is hashed to sign an input")

// SighashAll is the one type of signature that covers all inputs and all outputs.
const SighashAll = 1

// Preimage is what is hashed to sign one input: of the form before segregated witness, which holds the whole transaction, or of
// BIP-143, which holds hashes of its parts. The hashes are there in both, so that those of one transaction can be compared.
type Preimage struct {
	Version, LockTime uint32
	HashType          uint32
	Outpoint          [36]byte // that is spent

	HashPrevouts, HashSequence, HashOutputs [32]byte

	Outputs []Output // nil in BIP-143: there they are a hash alone
}

// Output is one of a transaction.
type Output struct {
	Value  uint64 // satoshi
	Script []byte
}

// MaxMoney is all that there will ever be, in satoshi.
const MaxMoney = 21_000_000 * 100_000_000

// Hash is SHA-256 twice: what is signed.
func Hash(raw []byte) [32]byte {
	once := sha256.Sum256(raw)
	return sha256.Sum256(once[:])
}

// Parse reads a preimage. One that could be both is neither: it fails with ErrUnreadable.
func Parse(raw []byte) (Preimage, error) {
	old, errOld := parseLegacy(raw)
	segwit, errSegwit := parseSegwit(raw)
	switch {
	case errOld == nil && errSegwit != nil:
		return old, nil
	case errSegwit == nil && errOld != nil:
		return segwit, nil
	}
	return Preimage{}, ErrUnreadable
}

// parseLegacy reads the transaction with the script of the signed input alone, and the type behind it.
func parseLegacy(raw []byte) (Preimage, error) {
	r := reader{rest: raw}
	p := Preimage{Version: r.uint32()}
	var prevouts, sequences, outputs bytes.Buffer
	signed := 0
	for n := r.count(); n > 0 && !r.failed; n-- {
		outpoint, script := r.take(36), r.script()
		if len(script) > 0 {
			signed++
			copy(p.Outpoint[:], outpoint)
		}
		prevouts.Write(outpoint)
		sequences.Write(r.take(4))
	}
	for n := r.count(); n > 0 && !r.failed; n-- {
		before := r.rest
		o := Output{Value: r.uint64(), Script: r.script()}
		if o.Value > MaxMoney || r.failed {
			return Preimage{}, ErrUnreadable
		}
		p.Outputs = append(p.Outputs, o)
		outputs.Write(before[:len(before)-len(r.rest)])
	}
	p.LockTime, p.HashType = r.uint32(), r.uint32()
	if !r.done() || signed != 1 || p.Outputs == nil {
		return Preimage{}, ErrUnreadable
	}
	p.HashPrevouts, p.HashSequence, p.HashOutputs = Hash(prevouts.Bytes()), Hash(sequences.Bytes()), Hash(outputs.Bytes())
	return p, nil
}

// parseSegwit reads what BIP-143 lists.
func parseSegwit(raw []byte) (Preimage, error) {
	r := reader{rest: raw}
	p := Preimage{Version: r.uint32()}
	copy(p.HashPrevouts[:], r.take(32))
	copy(p.HashSequence[:], r.take(32))
	copy(p.Outpoint[:], r.take(36))
	script := r.script()
	value := r.uint64()
	r.take(4) // the input's sequence
	copy(p.HashOutputs[:], r.take(32))
	p.LockTime, p.HashType = r.uint32(), r.uint32()
	if !r.done() || len(script) == 0 || value > MaxMoney {
		return Preimage{}, ErrUnreadable
	}
	return p, nil
}

// reader takes values off the front. Once there is not enough it fails, and gives zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) done() bool { return !r.failed && len(r.rest) == 0 }

func (r *reader) take(n uint64) []byte {
	if r.failed || uint64(len(r.rest)) < n {
		r.failed = true
		return make([]byte, min(n, 64))
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

// count reads a CompactSize in its shortest form.
func (r *reader) count() uint64 {
	var n, least uint64
	switch head := r.take(1)[0]; head {
	case 0xfd:
		n, least = uint64(binary.LittleEndian.Uint16(r.take(2))), 0xfd
	case 0xfe:
		n, least = uint64(r.uint32()), 1<<16
	case 0xff:
		n, least = r.uint64(), 1<<32
	default:
		n = uint64(head)
	}
	if n < least {
		r.failed = true
	}
	return n
}

func (r *reader) script() []byte { return r.take(r.count()) }
