// Package safeheron reads and answers the callbacks of Safeheron's API Co-Signer, protocol version 3 (the models and the
// converter in the vendor's Go and Java SDKs, and its API documents, "API Co-Signer"; read 2026-11).
package safeheron

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"strconv"
	"time"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
)

// Codec reads and answers callbacks.
type Codec struct{}

// Name is the provider's, as cosigners are registered for it.
const Name = "safeheron"

// KeyBits is the size of the RSA keys on both sides.
const KeyBits = 4096

const (
	version  = "v3"
	saltSize = 32 // bytes; what RSA-PSS with SHA-256 has in the vendor's SDKs

	// drift is how far a message's time may be from ours, to either side.
	drift = 5 * time.Second
)

// envelope is the whole body. The signature covers three of its members as texts; a member that it does not cover is refused.
type envelope struct {
	Timestamp  string `json:"timestamp"` // Unix ms
	Version    string `json:"version"`
	BizContent string `json:"bizContent"` // base64 of JSON
	Sig        string `json:"sig"`        // base64
}

// Open verifies a message and reads what it says. It fails with signing.ErrForged, whatever is wrong with the message; or,
// if it is authentic, with signing.ErrExpired or signing.ErrUnreadable.
func (Codec) Open(message []byte, keys []*rsa.PublicKey, at time.Time) (signing.Callback, error) {
	var e envelope
	if strict.Decode(message, &e) != nil || e.Version != version {
		return signing.Callback{}, signing.ErrForged
	}
	sent, valid := parseTime(e.Timestamp)
	if !valid || !e.signedBy(keys) {
		return signing.Callback{}, signing.ErrForged
	}
	if away := at.Sub(sent).Abs(); away > drift {
		return signing.Callback{}, signing.ErrExpired
	}
	content, err := codec.Base64(e.BizContent)
	if err != nil {
		return signing.Callback{}, signing.ErrUnreadable
	}
	return read(content)
}

// signedBy checks the signature over the members in alphabetical order. A timestamp is digits alone and the version is the
// one, so that no two envelopes have the same text.
func (e envelope) signedBy(keys []*rsa.PublicKey) bool {
	signature, err := codec.Base64(e.Sig)
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte("bizContent=" + e.BizContent + "&timestamp=" + e.Timestamp + "&version=" + version))
	for _, key := range keys {
		if rsa.VerifyPSS(key, crypto.SHA256, sum[:], signature, &rsa.PSSOptions{SaltLength: saltSize}) == nil {
			return true
		}
	}
	return false
}

// parseTime reads 13 digits, which reach from 2001 to 2286.
func parseTime(text string) (time.Time, bool) {
	const length = 13
	if len(text) != length || text[0] == '0' {
		return time.Time{}, false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return time.Time{}, false
		}
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}
