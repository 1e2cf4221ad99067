package session

import (
	"time"

	"github.com/zenvault/zenvault/shared/caller"
)

// Forged is what a forger chooses.
type Forged struct {
	Admin   string
	Epoch   int64
	For     time.Duration // from now
	Voucher []byte
	Vouch   func(claim []byte) []byte // instead
}

// Forge makes a challenge as somebody can who has a master key and knows the rest of it.
func Forge(s Service, who caller.Caller, c Forged) (string, error) {
	made := challenge{keyID: s.Keys.NewestID(), admin: c.Admin, id: s.Ledger.NewID(challengeID), epoch: c.Epoch, until: s.Ledger.Now().Add(c.For), voucher: c.Voucher}
	claim, err := made.claim()
	if err != nil {
		return "", err
	}
	if c.Vouch != nil {
		made.voucher = c.Vouch(claim)
	}
	body := append(claim, made.voucher...)
	mac, err := s.challengeMAC(made, body, clientOf(who))
	return frame(challengePrefix, append(body, mac...)), err
}

// ParseChallenge reads a challenge's form, and writes what it has read.
func ParseChallenge(text string) (body, mac []byte, err error) {
	c, body, mac, err := parseChallenge(text)
	if err != nil {
		return nil, nil, err
	}
	again, errBody := c.claim()
	if errBody != nil || string(append(again, c.voucher...)) != string(body) {
		panic("session: a challenge was read that can't be written")
	}
	return body, mac, nil
}
