package admin

import "github.com/zenvault/zenvault/shared/id"

import "github.com/zenvault/zenvault/shared/secret"

// Checksummed completes the text of a mailed token.
func Checksummed(text string) string { return text + "_" + id.Checksum(text) }

// ReadReset reads a token that sets a password.
func ReadReset(text string) (adminID, ticketID string, ok bool) {
	c, ok := readClaim(reset, secret.NewText(text))
	return c.admin, c.ticket, ok
}

// DeviceOf is the known device that a token is of.
func (s Service) DeviceOf(email Email, token string) string {
	return s.device(Admin{Email: email}, secret.NewText(token))
}
