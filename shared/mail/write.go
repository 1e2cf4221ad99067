package mail

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// facts are what a letter is written from. Some were chosen by strangers, and nothing of theirs goes in as it came.
type facts struct {
	stack string
	at    time.Time
	about ledger.Event // the zero value in a letter that was asked for by address
	data  audit.Fields // the event's
	link  secret.Text  // empty where there is none
}

// link leads to the console's page for a letter's token. The token is in the fragment, which browsers keep to
// themselves: no server, log or Referer sees it. Without a console it is the bare token.
func (s Service) link(kind string, token secret.Text) secret.Text {
	page, has := pages[kind]
	if !has || token.Expose() == "" {
		return secret.Text{}
	}
	if s.BaseURL == "" {
		return secret.NewText("Token: " + token.Expose())
	}
	return secret.NewText(strings.TrimSuffix(s.BaseURL, "/") + page + "#token=" + url.QueryEscape(token.Expose()))
}

// write makes a letter: plain text in short lines, nothing to load.
func write(kind string, f facts) (subject string, text secret.Text) {
	t, known := texts[kind]
	if !known {
		t = general
	}
	var b strings.Builder
	b.WriteString(t.happened)
	if f.link.Expose() != "" {
		b.WriteString("\n\n" + f.link.Expose())
	}
	b.WriteString("\n\n")
	for _, line := range f.lines(kind, known) {
		fmt.Fprintf(&b, "  %-8s %s\n", line[0], line[1])
	}
	fmt.Fprintf(&b, "\n%s\n\n-- \nzenvault, stack %s. Answers to this letter are not read.\n", t.advice, plain(f.stack, maxPlain))
	return plain(f.stack, maxPlain) + ": " + t.subject, secret.NewText(b.String())
}

// lines say when, from where and by whom, as far as it is known.
func (f facts) lines(kind string, known bool) (all [][2]string) {
	all = append(all, [2]string{"When", f.at.UTC().Format("2006-01-02 15:04:05") + " UTC"})
	if f.about.ID == "" {
		return all
	}
	if !known {
		all = append(all, [2]string{"What", plain(kind, maxPlain)})
	}
	if role, known := caller.ParseRole(f.text("role")); known {
		all = append(all, [2]string{"Role", string(role)})
	}
	return append(all, [2]string{"By", by(f.text("by"), f.about.Admin)},
		[2]string{"Address", ip(f.text("ip"))}, [2]string{"Program", plain(f.text("user_agent"), maxPlain)},
		[2]string{"Event", plain(f.about.ID, maxPlain)})
}

// text is a member of the event's data, "" if there is none or no text.
func (f facts) text(name string) string {
	text, _ := f.data[name].(string)
	return text
}

func by(id, admin string) string {
	switch id {
	case "":
		return "somebody who was not logged in"
	case admin:
		return "you"
	}
	return "another admin, " + plain(id, maxPlain)
}

func ip(text string) string {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return "unknown"
	}
	return address.WithZone("").String()
}

// maxPlain is how much of a text from outside a letter shows, in characters.
const maxPlain = 120

// plain makes a text from outside harmless in a letter: one line of ASCII, short, and nothing that a mail program would
// make a link of. A stranger who is told of in a letter must not be able to speak in it.
func plain(text string, most int) string {
	var b strings.Builder
	last := ' '
	for _, c := range text {
		if c < ' ' || c > '~' || strings.ContainsRune("<>@\\\"'`&", c) {
			c = '?'
		}
		if c == '/' && last == '/' || isLetter(c) && last == '.' {
			b.WriteByte(' ') // http:/ /example. com
		}
		b.WriteRune(c)
		last = c
		if b.Len() >= most {
			b.WriteString("...")
			break
		}
	}
	if out := strings.TrimSpace(b.String()); out != "" {
		return out
	}
	return "unknown"
}

func isLetter(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
