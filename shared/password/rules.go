package password

import (
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

// The rules' faults. There are no rules of composition (NIST SP 800-63B-4 §3.1.1.2).
var (
	ErrTooShort = fault.New(fault.Unprocessable, "password_too_short", "A password has at least 15 characters.").At("/password")
	ErrTooLong  = fault.New(fault.Unprocessable, "password_too_long", "A password has at most 1024 bytes in UTF-8.").At("/password")
	ErrNotText  = fault.New(fault.Unprocessable, "password_not_text", "A password is text in UTF-8.").At("/password")
)

const (
	minCharacters = 15 // without a second factor (NIST SP 800-63B-4 §3.1.1.2)
	maxBytes      = 1024
)

// Check tells whether a new password will do. It fails with ErrTooShort, ErrTooLong or ErrNotText.
func (Argon2id) Check(plain secret.Text) error {
	text := plain.Expose()
	switch {
	case len(text) > maxBytes:
		return ErrTooLong
	case !utf8.ValidString(text):
		return ErrNotText
	case utf8.RuneCountInString(text) < minCharacters:
		return ErrTooShort
	}
	return nil
}
