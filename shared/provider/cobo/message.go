// Package cobo reads and answers the callbacks of Cobo's TSS Node, version 2 (the vendor's callback server template and the
// models of its WaaS 2 SDK for Go; read 2026-11).
package cobo

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
)

// Codec reads and answers callbacks.
type Codec struct{}

// Name is the provider's, as cosigners are registered for it.
const Name = "cobo"

// KeyBits is the size of the RSA keys on both sides.
const KeyBits = 2048

// field is what stands before the token: the body is a form with this one field. No character of a token is written
// otherwise in a form, so that there is nothing to decode.
const field = "TSS_JWT_MSG="

// claims are the token's. Who issued it is told by the key.
type claims struct {
	PackageData string `json:"package_data"` // base64 of JSON
	Expires     *int64 `json:"exp"`          // Unix seconds
	NotBefore   *int64 `json:"nbf"`
}

// Open verifies a message and reads what it says. It fails with signing.ErrForged, whatever is wrong with the message; or,
// if it is authentic, with signing.ErrExpired or signing.ErrUnreadable.
func (Codec) Open(message []byte, keys []*rsa.PublicKey, at time.Time) (signing.Callback, error) {
	token, found := bytes.CutPrefix(message, []byte(field))
	if !found {
		return signing.Callback{}, signing.ErrForged
	}
	payload, err := codec.OpenToken(token, keys)
	if err != nil {
		return signing.Callback{}, err
	}
	var c claims
	if err := strict.DecodeLenient(payload, &c); err != nil {
		return signing.Callback{}, unreadable(err)
	}
	if c.Expires == nil {
		return signing.Callback{}, unreadable(errors.New("/exp is missing"))
	}
	if at.Unix() >= *c.Expires || c.NotBefore != nil && at.Unix() < *c.NotBefore { // RFC 7519 §4.1.4, §4.1.5
		return signing.Callback{}, signing.ErrExpired
	}
	content, err := codec.Base64(c.PackageData)
	if err != nil {
		return signing.Callback{}, unreadable(errors.New("/package_data is missing or not base64"))
	}
	return read(content)
}

func unreadable(err error) error { return fmt.Errorf("%w: %w", signing.ErrUnreadable, err) }
