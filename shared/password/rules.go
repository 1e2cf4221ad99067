package password

import (
	"fmt"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

// The rules' faults. There are no rules of composition (NIST SP 800-63B-4 §3.1.1.2). The code of ErrCommon comes with a
// sentence that says why.
var (
	ErrTooShort = fault.New(fault.Unprocessable, "password_too_short", "A password has at least 15 characters.").At("/password")
	ErrTooLong  = fault.New(fault.Unprocessable, "password_too_long", "A password has at most 1024 bytes in UTF-8.").At("/password")
	ErrNotText  = fault.New(fault.Unprocessable, "password_not_text", "A password is text in UTF-8.").At("/password")
	ErrCommon   = fault.New(fault.Unprocessable, "password_common", "This password is easily guessed. Choose another.").At("/password")
)

// The bounds of a new password (NIST SP 800-63B-4 §3.1.1.2).
const (
	minAlone  = 15 // characters, of one that is all that is asked for
	minBeside = 8  // characters, of one beside a second factor
	maxBytes  = 1024
)

// Blocklist knows what attackers try first. It is brought where passwords are chosen, and nowhere else: it is large. It is
// safe for concurrent use.
type Blocklist interface {
	// Refuses says in a sentence why a password is easily guessed, or "". The words are what an attacker knows of its owner:
	// names and addresses, whole.
	Refuses(plain secret.Text, words ...string) (why string)
}

// CheckWith tells whether a new password will do, of an admin with or without a second factor. The words are those of the
// Blocklist. It fails with ErrTooShort, ErrTooLong, ErrNotText or ErrCommon, and without a Blocklist always.
func (a Argon2id) CheckWith(plain secret.Text, factor bool, words ...string) error {
	if a.Blocklist == nil {
		return fault.ErrInternal.Because(errNoList)
	}
	if err := checkForm(plain, factor); err != nil {
		return err
	}
	if why := a.Blocklist.Refuses(plain, words...); why != "" {
		return ErrCommon.Saying(why)
	}
	return nil
}

func checkForm(plain secret.Text, factor bool) error {
	text, least := plain.Expose(), minAlone
	if factor {
		least = minBeside
	}
	switch {
	case len(text) > maxBytes:
		return ErrTooLong
	case !utf8.ValidString(text):
		return ErrNotText
	case utf8.RuneCountInString(text) < least:
		return ErrTooShort.Saying(fmt.Sprintf("A password has at least %d characters.", least))
	}
	return nil
}
