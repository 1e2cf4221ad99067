package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// A mailed token is "zv_<purpose>_<admin><ticket><secret>_<checksum>": two ULIDs (26 characters each), 32 random bytes in
// base64url, and the CRC-32 (IEEE) of the text before it in hex. Only its SHA-256 is kept, which will do for 256 random
// bits, and nobody counts who guesses at them. An admin has one invitation at a time, and two resets.
const (
	ticketPrefix = "tkt"
	secretLength = 32 // bytes
)

// purpose is what a mailed token is good for. One of another purpose is not even looked up.
type purpose string

const (
	invitation purpose = "invite"
	reset      purpose = "reset"
)

// lifetimes bound how long a mailed token is good.
var lifetimes = map[purpose]time.Duration{invitation: 72 * time.Hour, reset: time.Hour}

// ticket is what is kept of a mailed token.
type ticket struct {
	purpose purpose // "" where there is none
	id      string  // "tkt_<ulid>", which is in the token
	sum     string  // hex SHA-256 of the token
	until   time.Time
}

var ticketEncoding = base64.RawURLEncoding.Strict()

// newTicket makes a token for an admin, and what is kept of it.
func (s Service) newTicket(p purpose, adminID string) (ticket, secret.Text) {
	random := make([]byte, secretLength)
	if _, err := io.ReadFull(s.Ledger.Random, random); err != nil {
		panic("admin: reading randomness: " + err.Error())
	}
	t := ticket{purpose: p, id: s.Ledger.NewID(ticketPrefix), until: s.Ledger.Now().Add(lifetimes[p])}
	text := p.prefix() + strings.TrimPrefix(adminID, idPrefix+"_") + strings.TrimPrefix(t.id, ticketPrefix+"_") + ticketEncoding.EncodeToString(random)
	text += "_" + id.Checksum(text)
	t.sum = digest(text)
	return t, secret.NewText(text)
}

func (p purpose) prefix() string { return "zv_" + string(p) + "_" }

// digest is the hex SHA-256.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// claim is what a token says of itself.
type claim struct{ admin, ticket, sum string }

// readClaim reads a token of a purpose. It tells nothing of whether the token was ever made.
func readClaim(p purpose, token secret.Text) (claim, bool) {
	text, start := token.Expose(), len(p.prefix())
	end := start + 2*id.Length + ticketEncoding.EncodedLen(secretLength)
	if len(text) != end+1+8 || !strings.HasPrefix(text, p.prefix()) || text[end] != '_' || text[end+1:] != id.Checksum(text[:end]) {
		return claim{}, false
	}
	c := claim{idPrefix + "_" + text[start:start+id.Length], ticketPrefix + "_" + text[start+id.Length:start+2*id.Length], digest(text)}
	_, err := ticketEncoding.DecodeString(text[start+2*id.Length : end])
	return c, err == nil && id.Valid(idPrefix, c.admin) && id.Valid(ticketPrefix, c.ticket)
}

// opens reports whether a claim's token is the one that is good at a time.
func (t ticket) opens(p purpose, by claim, now time.Time) bool {
	return t.purpose == p && now.Before(t.until) && subtle.ConstantTimeCompare([]byte(t.sum), []byte(by.sum)) == 1
}

// fields leave the id out: it is a part of the token, and who reads the trail needs none.
func (t ticket) fields() audit.Fields {
	return audit.Fields{"purpose": string(t.purpose), "until": t.until}
}

func (t ticket) store(in ledger.Item, as string) {
	if t.purpose != "" {
		in[as+"_purpose"], in[as+"_id"], in[as+"_sum"], in[as+"_until"] = string(t.purpose), t.id, t.sum, t.until.UnixMilli()
	}
}

func readTicket(r *ledger.Reader, as string) ticket {
	return ticket{purpose: purpose(r.OptionalText(as + "_purpose")), id: r.OptionalText(as + "_id"),
		sum: r.OptionalText(as + "_sum"), until: r.OptionalTime(as + "_until")}
}
