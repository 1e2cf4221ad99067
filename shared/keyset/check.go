package keyset

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
)

// keyLength is a master key's, in bytes.
const keyLength = 32

// The rules that no random key breaks and that keys of tests and typing hands do. The chance of a random key to break
// one is below 2^-45.
var (
	errSteps   = errors.New("the key is a plain sequence, as keys of tests are")
	errRepeats = errors.New("the key repeats itself")
	errPrinted = errors.New("the key is text, not random bytes")
	errFew     = errors.New("the key has too few different bytes to be random")
	errKnown   = errors.New("the key is a published test key")
)

// published are keys from standards that obey all other rules.
var published = []string{
	"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", // NIST SP 800-38A, appendix F
	"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", // the GCM specification, test case 16
	"c47b0294dbbbee0fec4757f22ffeee3587ca4730c3d33b691df38bab076bc558", // NIST CAVP, AES-GCM 256
}

func check(key []byte) error {
	switch {
	case len(key) != keyLength:
		return fmt.Errorf("the key has %d bytes, not %d", len(key), keyLength)
	case steps(key):
		return errSteps
	case repeats(key):
		return errRepeats
	case printed(key):
		return errPrinted
	case few(key):
		return errFew
	}
	for _, known := range published {
		if hex.EncodeToString(key) == known {
			return errKnown
		}
	}
	return nil
}

// steps reports whether each byte is the one before plus the same number: all equal, 00 to 1f, 20 down to 01.
func steps(key []byte) bool {
	for i := 2; i < len(key); i++ {
		if key[i]-key[i-1] != key[1]-key[0] {
			return false
		}
	}
	return true
}

func repeats(key []byte) bool {
	for period := 1; period <= len(key)/2; period++ {
		if bytes.Equal(key[period:], key[:len(key)-period]) {
			return true
		}
	}
	return false
}

func printed(key []byte) bool {
	for _, c := range key {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// fewest is how many different bytes a key has at least; a random one has about 30.
const fewest = 16

func few(key []byte) bool {
	different := map[byte]bool{}
	for _, c := range key {
		different[c] = true
	}
	return len(different) < fewest
}
