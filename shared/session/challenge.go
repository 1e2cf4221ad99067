package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// A challenge says that somebody has shown an admin's password a moment ago. It is "zv_lc_<base64url>_<checksum>": version
// (1 byte), master key id (4), admin (26, a ULID), challenge (26, a ULID), the admin's epoch (8), its end (8, Unix ms); the
// voucher of the account for all that (48), which the master key alone does not make; HMAC-SHA-256 (32) of all that and
// of the client that showed the password; and the CRC-32 (IEEE) of the text before it in hex. Nothing is stored of one until
// it is used; then that it was is written in the login's own transaction.
const (
	challengePrefix  = "zv_lc_"
	challengeVersion = 1
	challengeClaim   = 1 + keyIDLength + 2*id.Length + 8 + 8
	voucherLength    = 48
	challengeBody    = challengeClaim + voucherLength
	challengeLength  = challengeBody + sha256.Size
	challengePurpose = "login-challenge"
	challengeID      = "lch"

	// patience is how long a challenge is good: long enough to find the phone.
	patience = 5 * time.Minute
)

// methods are the ways to meet a challenge.
var methods = []string{"totp", "recovery_code"}

// challenge is one as its token tells of it.
type challenge struct {
	keyID string // 8 hex digits
	admin string
	id    string // "lch_<ulid>"
	epoch int64
	until time.Time

	voucher []byte
}

// The reasons of a refusal, for the log alone.
var (
	errChallengeForm   = errors.New("login challenge: malformed")
	errChallengeForged = errors.New("login challenge: not made here, or for another client")
	errChallengeEarly  = errors.New("login challenge: ends later than any that was made by now")
	errChallengeLate   = errors.New("login challenge: expired")
	errChallengeUsed   = errors.New("login challenge: used before")
)

func challengeKey(admin, challenge string) ledger.Key {
	return ledger.Key{PK: Keyspace + admin, SK: "challenge#" + challenge}
}

// use is the write by which a challenge is good once.
func (c challenge) use() ledger.Write {
	return ledger.Write{Key: challengeKey(c.admin, c.id), If: ledger.Absent(), Else: ErrSecond,
		Put: ledger.Item{"until": c.until.UnixMilli(), "expires_at": c.until.Add(time.Hour).Unix()}} // TTL, in seconds
}

// challenge answers one to an admin who has shown the password, which is recorded: whoever has a password and not the
// second factor shows in the trail.
func (s Service) challenge(ctx context.Context, proven caller.Caller, epoch int64, device secret.Text) (LoginOutput, error) {
	c := challenge{keyID: s.Keys.NewestID(), admin: proven.ID, id: s.Ledger.NewID(challengeID), epoch: epoch, until: s.Ledger.Now().Add(patience)}
	claim, err := c.claim()
	if err != nil {
		return LoginOutput{}, err
	}
	if c.voucher, err = s.Accounts.Vouch(ctx, proven.ID, device, claim); err != nil {
		return LoginOutput{}, err
	}
	body := append(claim, c.voucher...)
	if len(body) != challengeBody {
		return LoginOutput{}, fmt.Errorf("login challenge: a voucher of %d bytes", len(c.voucher))
	}
	mac, err := s.challengeMAC(c, body, clientOf(proven))
	if err != nil {
		return LoginOutput{}, err
	}
	if err := s.Ledger.Observe(ctx, proven, "session.challenge", "admin/"+proven.ID); err != nil {
		return LoginOutput{}, err
	}
	return LoginOutput{Challenge: frame(challengePrefix, append(body, mac...)), ExpiresIn: int64(patience / time.Second), Methods: methods}, nil
}

// claim is what a challenge says before it is vouched for.
func (c challenge) claim() ([]byte, error) {
	keyID, err := hex.DecodeString(c.keyID)
	if err != nil || len(keyID) != keyIDLength {
		return nil, fmt.Errorf("login challenge: impossible key id %q", c.keyID)
	}
	body := append([]byte{challengeVersion}, keyID...)
	body = append(body, strings.TrimPrefix(c.admin, adminPrefix+"_")+strings.TrimPrefix(c.id, challengeID+"_")...)
	body = binary.BigEndian.AppendUint64(body, uint64(c.epoch))
	return binary.BigEndian.AppendUint64(body, uint64(c.until.UnixMilli())), nil
}

// challengeMAC binds the body to the client: the address has no zero byte, so that no two pairs are written alike.
func (s Service) challengeMAC(c challenge, body []byte, by client) ([]byte, error) {
	key, err := s.Keys.DeriveWith(c.keyID, challengePurpose, c.admin)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key.Expose())
	mac.Write(body)
	mac.Write([]byte(by.ip + "\x00" + by.userAgent))
	return mac.Sum(nil), nil
}

// readChallenge proves that a challenge was made here for this client, without looking anything up. It fails with
// errChallengeForm or errChallengeForged.
func (s Service) readChallenge(text string, by client) (challenge, error) {
	c, body, mac, err := parseChallenge(text)
	if err != nil {
		return challenge{}, err
	}
	right, err := s.challengeMAC(c, body, by)
	if err != nil || !hmac.Equal(mac, right) {
		return challenge{}, errChallengeForged
	}
	return c, nil
}

func parseChallenge(text string) (c challenge, body, mac []byte, err error) {
	raw, ok := unframe(challengePrefix, challengeLength, challengeVersion, text)
	if !ok {
		return challenge{}, nil, nil, errChallengeForm
	}
	ids, rest := raw[1+keyIDLength:], raw[1+keyIDLength+2*id.Length:]
	c = challenge{
		keyID: hex.EncodeToString(raw[1 : 1+keyIDLength]),
		admin: adminPrefix + "_" + string(ids[:id.Length]),
		id:    challengeID + "_" + string(ids[id.Length:2*id.Length]),
		epoch: int64(binary.BigEndian.Uint64(rest)),
		until: time.UnixMilli(int64(binary.BigEndian.Uint64(rest[8:]))).UTC(),

		voucher: raw[challengeClaim:challengeBody],
	}
	if !id.Valid(adminPrefix, c.admin) || !id.Valid(challengeID, c.id) {
		return challenge{}, nil, nil, errChallengeForm
	}
	return c, raw[:challengeBody], raw[challengeBody:], nil
}
