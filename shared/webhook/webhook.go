// Package webhook is the Standard Webhooks format (standardwebhooks.com, specification 1.0.0), symmetric part: what the
// receiver of a message can check, and the secret with which it does.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/secret"
)

// The headers of a message. The id stays the same over all attempts, the timestamp is each attempt's own.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp" // Unix seconds
	HeaderSignature = "Webhook-Signature"
)

const (
	secretPrefix = "whsec_"
	secretSize   = 32 // bytes; the specification allows 24 to 64
)

// NewSecret draws a signing secret. It panics if random fails: crypto/rand does not.
func NewSecret(random io.Reader) secret.Bytes {
	raw := make([]byte, secretSize)
	if _, err := io.ReadFull(random, raw); err != nil {
		panic("webhook: reading randomness: " + err.Error())
	}
	return secret.NewBytes(raw)
}

// Text is a secret as its owner gets it: whsec_ and base64.
func Text(key secret.Bytes) secret.Text {
	return secret.NewText(secretPrefix + base64.StdEncoding.EncodeToString(key.Expose()))
}

// Sign makes the headers for exactly these bytes, with a signature by each key: two while a secret is being replaced,
// the newer first.
func Sign(id string, at time.Time, body []byte, keys ...secret.Bytes) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(keys))
	for i, key := range keys {
		signatures[i] = signature(key, id, timestamp, body)
	}
	return http.Header{
		HeaderID: {id}, HeaderTimestamp: {timestamp}, HeaderSignature: {strings.Join(signatures, " ")},
	}
}

func signature(key secret.Bytes, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key.Expose())
	io.WriteString(mac, id+"."+timestamp+".")
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Destination is where a message goes and what it is signed with.
type Destination struct {
	URL  string
	Keys []secret.Bytes // the newest first
}

// Answer is what a receiver said.
type Answer struct {
	Status     int
	RetryAfter string // the header's value, "" if there is none
	Body       []byte // as sent, possibly cut
}
