package signing

import "strings"

// Address is the one form of an address in which two that are the same are equal: hexadecimal ones in lower case, since their
// case is only a checksum (EIP-55), all others as they are. In Base58, letters of another case are another address.
func Address(text string) string {
	digits, found := strings.CutPrefix(text, "0x")
	if found && strings.Trim(digits, "0123456789abcdefABCDEF") == "" {
		return strings.ToLower(text)
	}
	return text
}

// SameAddress reports whether two texts are one address.
func SameAddress(a, b string) bool { return Address(a) == Address(b) }
