package admin

import "strings"

// Email is an address in the one form in which it is stored and compared: ASCII in lower case.
type Email string

// The longest address and local part, in characters (RFC 5321 §4.5.3.1, RFC 3696 erratum 1690).
const (
	maxEmail = 254
	maxLocal = 64
	maxLabel = 63
)

// ParseEmail normalises an address. Quoted local parts, comments and non-ASCII names are refused: what can be written in
// two ways can be claimed twice. It fails with ErrEmail.
func ParseEmail(text string) (Email, error) {
	text = lower(text)
	local, domain, found := strings.Cut(text, "@")
	if !found || len(text) > maxEmail || !validLocal(local) || !validDomain(domain) {
		return "", ErrEmail
	}
	return Email(text), nil
}

// lower changes ASCII letters only: strings.ToLower also maps letters of other scripts onto them.
func lower(text string) string {
	out := []byte(text)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

const (
	letters   = "abcdefghijklmnopqrstuvwxyz0123456789"
	atomChars = letters + "!#$%&'*+-/=?^_`{|}~" // RFC 5322 §3.2.3
)

func validLocal(local string) bool {
	if len(local) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.Trim(atom, atomChars) != "" {
			return false
		}
	}
	return true
}

func validDomain(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > maxLabel || strings.Trim(label, letters+"-") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}
