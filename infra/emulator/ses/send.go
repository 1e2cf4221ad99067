package ses

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// Limits of SES (Amazon SES Developer Guide, "Service quotas" and "Email address formatting", read 2026-11).
const (
	maxRecipients = 50
	maxAddress    = 320 // bytes
	maxLocal      = 64
	maxLabel      = 63
	maxSubject    = 998 // bytes: one line (RFC 5322 §2.1.1)
)

// sendInput is SendEmail's request, as far as it is used: a simple text.
type sendInput struct {
	FromEmailAddress     string
	ConfigurationSetName *string
	Destination          *struct{ ToAddresses []string }
	Content              *struct {
		Simple *struct {
			Subject *content
			Body    *struct{ Text *content }
		}
	}
}

type content struct{ Data, Charset *string }

// bad is what SES answers to what it can't send.
func bad(format string, args ...any) error {
	return protocol.Refuse("BadRequestException", format, args...)
}

func (in sendInput) mail() (m Mail, err error) {
	switch {
	case in.FromEmailAddress == "":
		return m, protocol.Unsupported("a mail without FromEmailAddress")
	case in.ConfigurationSetName != nil:
		return m, &protocol.Error{Status: 404, Type: "NotFoundException",
			Message: fmt.Sprintf("Configuration set <%s> does not exist.", *in.ConfigurationSetName)}
	case in.Content == nil || in.Content.Simple == nil:
		return m, bad("The content is missing.")
	case in.Destination == nil || len(in.Destination.ToAddresses) == 0:
		return m, bad("Missing required header 'To'.")
	case len(in.Destination.ToAddresses) > maxRecipients:
		return m, bad("Recipient count exceeds %d.", maxRecipients)
	}
	simple := in.Content.Simple
	if simple.Body == nil || simple.Body.Text == nil {
		return m, bad("The body is missing.")
	}
	m = Mail{From: in.FromEmailAddress, To: in.Destination.ToAddresses}
	for _, address := range append([]string{m.From}, m.To...) {
		if err := checkAddress(address); err != nil {
			return m, err
		}
	}
	if m.Subject, err = simple.Subject.read("subject"); err != nil {
		return m, err
	}
	if len(m.Subject) > maxSubject || strings.ContainsFunc(m.Subject, isControl) {
		return m, bad("The subject is not one line of at most %d bytes.", maxSubject)
	}
	m.Text, err = simple.Body.Text.read("text")
	return m, err
}

// read takes ASCII, or what says that it is UTF-8.
func (c *content) read(what string) (string, error) {
	switch {
	case c == nil || c.Data == nil || *c.Data == "":
		return "", bad("The %s is missing.", what)
	case c.Charset != nil && !strings.EqualFold(*c.Charset, "UTF-8"):
		return "", protocol.Unsupported("the charset " + *c.Charset)
	case c.Charset == nil && strings.ContainsFunc(*c.Data, func(r rune) bool { return r >= utf8.RuneSelf }):
		return "", bad("The %s is not ASCII and names no charset.", what)
	}
	return *c.Data, nil
}

// checkAddress takes a bare address of ASCII: what SES takes beside, names and quoted local parts, zenvault never sends.
func checkAddress(address string) error {
	if strings.ContainsAny(address, "<>\"") {
		return protocol.Unsupported("an address with a name or quotes")
	}
	local, domain, found := strings.Cut(address, "@")
	switch {
	case !found || domain == "":
		return bad("Missing final '@domain'")
	case local == "" || len(local) > maxLocal || strings.ContainsFunc(local, isControl) || strings.ContainsAny(local, " ,;:()[]\\"):
		return bad("Local part is empty, too long, or contains control or whitespace")
	case strings.ContainsFunc(address, func(r rune) bool { return r >= utf8.RuneSelf }):
		return bad("Address contains non-ASCII characters")
	case len(address) > maxAddress || !validDomain(domain):
		return bad("Domain is not valid: %q", domain)
	}
	return nil
}

func validDomain(domain string) bool {
	for label := range strings.SplitSeq(strings.ToLower(domain), ".") {
		if label == "" || len(label) > maxLabel || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// newID looks like one of SES.
func newID(at time.Time) string {
	var random [12]byte
	rand.Read(random[:])
	return fmt.Sprintf("%016x-%s-000000", at.UnixMilli(), hex.EncodeToString(random[:]))
}
