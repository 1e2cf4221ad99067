package keyref_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/keyref"
)

func zeros(n int) string { return strings.Repeat("00", n) }

// Only DER of two positive integers of at most 32 bytes is a signature.
func TestPlainSignature(t *testing.T) {
	for der, want := range map[string]string{
		"3006020101020102":                  zeros(31) + "01" + zeros(31) + "02",
		"3006020100020102":                  "", // r is zero
		"3006020181020102":                  "", // r is negative
		"30060201010201":                    "", // cut
		"300602010102010200":                "", // data after the end
		"30080201010201020500":              "", // data after s
		"":                                  "", // nothing
		"0201010201":                        "", // no sequence
		"3026022101" + zeros(32) + "020101": "", // r of 33 bytes
	} {
		raw, err := hex.DecodeString(der)
		if err != nil {
			t.Fatal(err)
		}
		got, valid := keyref.PlainSignature(raw)
		if hex.EncodeToString(got) != want || valid != (want != "") {
			t.Errorf("%s: got %x, %v, want %s", der, got, valid, want)
		}
	}
}

// FuzzPlainSignature: nothing panics, and what is read is 64 bytes.
func FuzzPlainSignature(f *testing.F) {
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 2})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, der []byte) {
		if plain, valid := keyref.PlainSignature(der); valid && len(plain) != 64 {
			t.Errorf("%x gives %d bytes", der, len(plain))
		}
	})
}
