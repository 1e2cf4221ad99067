package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/secret"
)

// A device token is "zv_dev_<base64url>": version (1 byte), master key id (4), the device's random id (16), its end (8,
// Unix seconds), and the HMAC-SHA-256 of all that (32), whose key is derived for the address. It tells a device on which
// an address has logged in with its present password before (OWASP, "Slow Down Online Guessing Attacks with Device
// Cookies"), whose attempts are counted apart: a stranger who locks the address does not lock this device, and this device
// has no more attempts than a stranger. What is stored of the password is under the HMAC besides: another password makes
// strangers of all devices, and so does an upgrade of its hash, until the next login. It is no credential.
const (
	devicePrefix  = "zv_dev_"
	deviceVersion = 1
	devicePurpose = "device-token"
	deviceIDAt    = 1 + 4
	deviceEndAt   = deviceIDAt + 16
	deviceMACAt   = deviceEndAt + 8
	deviceLength  = deviceMACAt + sha256.Size
	deviceLife    = 180 * 24 * time.Hour
)

var deviceEncoding = base64.RawURLEncoding.Strict()

// Ring derives the keys that device tokens are authenticated with; the master keyring does.
type Ring interface {
	NewestID() string
	DeriveWith(keyID, purpose, context string) (secret.Bytes, error)
}

// newDevice makes the token of a device.
func (s Service) newDevice(a Admin) (secret.Text, error) {
	keyID, err := hex.DecodeString(s.Keys.NewestID())
	if err != nil || len(keyID) != deviceIDAt-1 {
		return secret.Text{}, fmt.Errorf("making a device token: the master key's id %q is of another form", s.Keys.NewestID())
	}
	device := make([]byte, deviceEndAt-deviceIDAt)
	if _, err := io.ReadFull(s.Ledger.Random, device); err != nil {
		panic("admin: reading randomness: " + err.Error())
	}
	body := append(append([]byte{deviceVersion}, keyID...), device...)
	body = binary.BigEndian.AppendUint64(body, uint64(s.Ledger.Now().Add(deviceLife).Unix()))
	mac, err := s.deviceMAC(s.Keys.NewestID(), a, body)
	if err != nil {
		return secret.Text{}, err
	}
	return secret.NewText(devicePrefix + deviceEncoding.EncodeToString(append(body, mac...))), nil
}

// device is the id of the admin's known device that a token is of, "" for anything else.
func (s Service) device(a Admin, token secret.Text) string {
	text, found := strings.CutPrefix(token.Expose(), devicePrefix)
	if !found || len(text) != deviceEncoding.EncodedLen(deviceLength) {
		return ""
	}
	raw, err := deviceEncoding.DecodeString(text)
	if err != nil || len(raw) != deviceLength || raw[0] != deviceVersion {
		return ""
	}
	mac, err := s.deviceMAC(hex.EncodeToString(raw[1:deviceIDAt]), a, raw[:deviceMACAt])
	if err != nil || !hmac.Equal(mac, raw[deviceMACAt:]) || s.Ledger.Now().Unix() >= int64(binary.BigEndian.Uint64(raw[deviceEndAt:])) {
		return ""
	}
	return hex.EncodeToString(raw[deviceIDAt:deviceEndAt])
}

func (s Service) deviceMAC(keyID string, a Admin, body []byte) ([]byte, error) {
	key, err := s.Keys.DeriveWith(keyID, devicePurpose, digest(string(a.Email)))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key.Expose())
	mac.Write(body)
	mac.Write([]byte(digest(a.password.Expose())))
	return mac.Sum(nil), nil
}
