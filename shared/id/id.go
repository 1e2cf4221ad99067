// Package id makes identifiers: a prefix that tells the kind and a ULID (github.com/ulid/spec), in lower case. Ids made
// later sort later, to the millisecond.
package id

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"
)

const (
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford base32, as ULID uses it
	// Length is that of a ULID in characters.
	Length = 26
)

// New makes "<prefix>_<ulid>" from the clock (48 bits of milliseconds) and 80 random bits. It panics if random fails:
// crypto/rand does not.
func New(prefix string, now time.Time, random io.Reader) string {
	return prefix + "_" + ULID(now, random)
}

// Of makes "<prefix>_<26 characters>" that follows from a text: the first 128 bits of its SHA-256. It has the form of the
// others, and tells no time.
func Of(prefix, text string) string {
	sum := sha256.Sum256([]byte(text))
	return prefix + "_" + encode([16]byte(sum[:16]))
}

// ULID makes the bare identifier.
func ULID(now time.Time, random io.Reader) string {
	var raw [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		raw[i] = byte(ms >> (40 - 8*i))
	}
	if _, err := io.ReadFull(random, raw[6:]); err != nil {
		panic("id: reading randomness: " + err.Error())
	}
	return encode(raw)
}

// encode writes 128 bits as 26 characters, the first of which holds only the top 3 bits.
func encode(raw [16]byte) string {
	var out [Length]byte
	var acc uint32
	bits, at := 2, 0 // two leading zero bits make 130
	for _, b := range raw {
		acc = acc<<8 | uint32(b)
		for bits += 8; bits >= 5; at++ {
			bits -= 5
			out[at] = alphabet[acc>>bits&31]
		}
	}
	return string(out[:])
}

// Valid reports whether s is "<prefix>_<ulid>", exactly as New writes it.
func Valid(prefix, s string) bool {
	ulid, found := strings.CutPrefix(s, prefix+"_")
	return found && ValidULID(ulid)
}

// ValidULID reports whether s is a ULID in lower case that fits 128 bits.
func ValidULID(s string) bool {
	if len(s) != Length || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Time reads the clock out of "<prefix>_<ulid>".
func Time(prefix, s string) (time.Time, bool) {
	if !Valid(prefix, s) {
		return time.Time{}, false
	}
	var ms int64
	for _, c := range []byte(s[len(prefix)+1:][:10]) { // 10 characters hold the 48 bits, after 2 zero bits
		ms = ms<<5 | int64(strings.IndexByte(alphabet, c))
	}
	return time.UnixMilli(ms).UTC(), true
}

// Floor is the smallest id of a moment: every id made since sorts after it or is it.
func Floor(prefix string, at time.Time) string {
	return New(prefix, at, zeros{})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Checksum is the CRC-32 (IEEE) of a token's text in hex, which stands at its end: a truncated or mistyped one, or a
// scanner's false alarm, is told without looking anything up.
func Checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }
