// Package totp is time-based one-time passwords as authenticator apps make them: RFC 6238 with SHA-1, six digits and
// thirty seconds. That a code is accepted once is its caller's work: Match tells the step that a code belongs to.
package totp

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238 §1.2: what authenticator apps do; HMAC does not ask for collision resistance
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/secret"
)

const (
	// SeedLength is that of a seed in bytes: 160 bits (RFC 4226 §4, R6).
	SeedLength = 20
	// Period is how long a step lasts.
	Period = 30 * time.Second

	digits = 6
	window = 1 // steps before and after the present one (RFC 6238 §5.2 recommends one)
)

// NewSeed makes a seed. It panics if random fails: crypto/rand does not.
func NewSeed(random io.Reader) secret.Bytes {
	seed := make([]byte, SeedLength)
	if _, err := io.ReadFull(random, seed); err != nil {
		panic("totp: reading randomness: " + err.Error())
	}
	return secret.NewBytes(seed)
}

// StepAt is the number of the step that a moment is in, counted from 1970.
func StepAt(now time.Time) int64 { return now.Unix() / int64(Period/time.Second) }

// Code is the code of a step (RFC 4226 §5.3).
func Code(seed secret.Bytes, step int64) secret.Text {
	return secret.NewText(fmt.Sprintf("%0*d", digits, truncated(seed, step)%1_000_000))
}

// truncated is the 31 bits of RFC 4226 §5.3.
func truncated(seed secret.Bytes, step int64) uint32 {
	mac := hmac.New(sha1.New, seed.Expose())
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return binary.BigEndian.Uint32(sum[offset:]) & 0x7fff_ffff
}

// Match finds the step that a code belongs to, of the present one, the one before and the one after; the latest if it is
// the code of several. All of them are computed and compared whatever the code is. It is compared as it was sent: nothing
// is trimmed, so that what is not exactly six ASCII digits matches none.
func Match(seed secret.Bytes, code secret.Text, now time.Time) (step int64, ok bool) {
	present := StepAt(now)
	for candidate := present - window; candidate <= present+window; candidate++ {
		if Code(seed, candidate).Equal(code) {
			step, ok = candidate, true
		}
	}
	return step, ok
}

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Secret is a seed as a person types it into an app: base32 without padding.
func Secret(seed secret.Bytes) secret.Text {
	return secret.NewText(encoding.EncodeToString(seed.Expose()))
}

// URI is a seed as apps read it from a picture (Key Uri Format of Google Authenticator). Issuer and account are what the
// app shows.
func URI(issuer, account string, seed secret.Bytes) secret.Text {
	return secret.NewText(fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		escape(issuer), escape(account), Secret(seed).Expose(), escape(issuer), digits, int(Period/time.Second)))
}

// escape is percent-encoding of all that could be anything but text; apps show a plus as a plus.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
