package admin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/zenvault/zenvault/shared/secret"
)

// A voucher goes into the challenge that a password is answered: the id of the known device that showed it (16 bytes, zero
// for none), and an HMAC-SHA-256 (32) of that, the admin and the challenge under the stored hash of the password. So what
// a challenge is made of can't be had from the master key alone, nor from the tables alone; and a new password ends it.
const (
	voucherDevice  = 16
	voucherLength  = voucherDevice + sha256.Size
	voucherPurpose = "login-challenge"
)

var errVoucher = errors.New("challenge_not_vouched_for")

// Vouch makes the voucher of a challenge, for an admin who has shown the password, and perhaps a device. It fails with
// ErrNotFound or the database's fault.
func (s Service) Vouch(ctx context.Context, adminID string, device secret.Text, challenge []byte) ([]byte, error) {
	a, _, err := s.find(ctx, adminID)
	if err != nil {
		return nil, err
	}
	voucher := make([]byte, voucherDevice)
	if known, err := hex.DecodeString(s.device(a, device)); err == nil {
		copy(voucher, known)
	}
	return append(voucher, a.voucherMAC(voucher, challenge)...), nil
}

func (a Admin) voucherMAC(device, challenge []byte) []byte {
	mac := hmac.New(sha256.New, []byte(a.password.Expose()))
	mac.Write([]byte(voucherPurpose + "\x00" + a.ID + "\x00")) // what follows is of one length, and then the rest
	mac.Write(device)
	mac.Write(challenge)
	return mac.Sum(nil)
}

// vouched reports whether a voucher was made for the challenge by the password that is good.
func (a Admin) vouched(challenge, voucher []byte) bool {
	return len(voucher) == voucherLength && a.password.Expose() != "" &&
		hmac.Equal(voucher[voucherDevice:], a.voucherMAC(voucher[:voucherDevice], challenge))
}

// deviceOf is the known device of a voucher, "" for none.
func deviceOf(voucher []byte) string {
	if len(voucher) != voucherLength || [voucherDevice]byte(voucher) == [voucherDevice]byte{} {
		return ""
	}
	return hex.EncodeToString(voucher[:voucherDevice])
}
