package local

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator"
)

// MailFrom is the address that the local stack writes from. Nothing leaves this machine.
const MailFrom = "zenvault@zenvault.localhost"

// MailDir is where a gateway with its state in a directory keeps the mails that it sent, each a file that any mail program
// opens.
func MailDir(dir string) string { return filepath.Join(dir, "aws", "mail") }

// showMail writes what a developer needs of a mail: whom it is to, what it is about, and the link. It is apart from the
// log, which never has a token.
func (o Options) showMail(m emulator.Mail) {
	if o.Mail == nil {
		return
	}
	text := fmt.Sprintf("mail to %s: %s\n", strings.Join(m.To, ", "), m.Subject)
	if link := LinkIn(m.Text); link != "" {
		text += "  " + link + "\n"
	}
	if m.File != "" {
		text += "  kept in " + m.File + "\n"
	}
	fmt.Fprint(o.Mail, text)
}

// LinkIn is the line of a mail that has its token, "" if there is none.
func LinkIn(text string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "#token=") || strings.HasPrefix(line, "Token: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
