package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// A recovery code is 120 random bits in base32, in six groups of four. What is kept of one is an HMAC-SHA-256 under a key
// that is derived for its admin.
const (
	codeCount   = 10
	codeLength  = 15 // bytes
	groupLength = 4  // characters
	maxCodeText = 64 // characters, far above any way to write one
	codePurpose = "recovery-code"
)

// codes is what is spent of an admin's second factor and what is left: the newest step of the app that was accepted, and
// the recovery codes. All of it is one item, so that a new set of codes replaces the old one in one write.
type codes struct {
	lastStep int64
	keyID    string            // of the master key that the HMACs' key is derived from
	madeAt   time.Time         // all ten at once
	macs     [codeCount]string // hex; "" is a code that was used
	stored   bool
}

func codesKey(adminID string) ledger.Key { return ledger.Key{PK: Keys + adminID, SK: "codes"} }

func codeName(i int) string { return fmt.Sprintf("code_%d", i) }

func (c codes) item(adminID string) ledger.Item {
	item := ledger.Item{"admin": adminID, "last_step": c.lastStep, "key": c.keyID, "made_at": c.madeAt.UnixMilli()}
	for i, mac := range c.macs {
		item[codeName(i)] = mac
	}
	return item
}

func parseCodes(item ledger.Item) (codes, error) {
	if item == nil {
		return codes{}, nil
	}
	r := item.Read()
	c := codes{lastStep: r.Int("last_step"), keyID: r.Text("key"), madeAt: r.Time("made_at"), stored: true}
	for i := range c.macs {
		c.macs[i] = r.Text(codeName(i))
	}
	if err := r.Err(); err != nil {
		return codes{}, fmt.Errorf("reading recovery codes: %w", err)
	}
	return c, nil
}

// noCodes is what a set becomes of which no code is good any more.
func noCodes() ledger.Item {
	none := ledger.Item{}
	for i := range codeCount {
		none[codeName(i)] = ""
	}
	return none
}

// CodesDependOn names the master key that an admin's stored recovery codes are authenticated with, "" if none is left.
func CodesDependOn(item ledger.Item) string {
	if c, err := parseCodes(item); err == nil && c.left() == 0 {
		return ""
	}
	return item.Read().Text("key")
}

func (c codes) left() int64 {
	var left int64
	for _, mac := range c.macs {
		if mac != "" {
			left++
		}
	}
	return left
}

// newCodes makes a set, and what is kept of it.
func (f Factors) newCodes(adminID string, lastStep int64) (codes, []string, error) {
	c, texts := codes{lastStep: lastStep, keyID: f.Keys.NewestID(), madeAt: f.Ledger.Now()}, []string{}
	for i := range c.macs {
		code := make([]byte, codeLength)
		if _, err := io.ReadFull(f.Ledger.Random, code); err != nil {
			panic("admin: reading randomness: " + err.Error())
		}
		var err error
		if c.macs[i], err = f.mac(c.keyID, adminID, code); err != nil {
			return codes{}, nil, err
		}
		texts = append(texts, writeCode(code))
	}
	return c, texts, nil
}

func (f Factors) mac(keyID, adminID string, code []byte) (string, error) {
	key, err := f.Keys.DeriveWith(keyID, codePurpose, adminID)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key.Expose())
	mac.Write(code)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// find gives the place of a code in the set; false if it is in none, or was used. Every one is compared.
func (f Factors) find(s second, text secret.Text) (place int, found bool, err error) {
	code, ok := readCode(text.Expose())
	if !s.codes.stored {
		return 0, false, nil
	}
	mac, err := f.mac(s.codes.keyID, s.ID, code[:])
	if err != nil {
		return 0, false, err
	}
	for i, kept := range s.codes.macs {
		if hmac.Equal([]byte(kept), []byte(mac)) && ok {
			place, found = i, true
		}
	}
	return place, found, nil
}

var codeEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

func writeCode(code []byte) string {
	text := codeEncoding.EncodeToString(code)
	var groups []string
	for ; text != ""; text = text[groupLength:] {
		groups = append(groups, text[:groupLength])
	}
	return strings.Join(groups, "-")
}

// readCode reads a code as a person types it: in any case, with or without hyphens and blanks.
func readCode(text string) (code [codeLength]byte, ok bool) {
	if len(text) > maxCodeText {
		return code, false
	}
	plain := []byte(strings.NewReplacer("-", "", " ", "").Replace(text))
	for i, c := range plain {
		if 'a' <= c && c <= 'z' { // strings.ToUpper also maps letters of other scripts onto these
			plain[i] = c - 'a' + 'A'
		}
	}
	raw, err := codeEncoding.DecodeString(string(plain))
	if err != nil || len(raw) != codeLength || codeEncoding.EncodeToString(raw) != string(plain) { // a decoder drops odd bits
		return code, false
	}
	return [codeLength]byte(raw), true
}
