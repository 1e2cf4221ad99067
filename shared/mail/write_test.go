package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/mail"
)

// hostile are texts that a stranger chooses, such as a program's name.
var hostile = []string{
	"x\r\nBcc: victim@example.org\r\n\r\nA letter of my own.", "x\nSubject: other", "\u202egnp.exe", "שלום مرحبا", "\u2028\u2029\u0085line", "\x00\x1b[31m\x7f",
	"Click https://evil.example/login now", "go to evil.example or www.evil.example", "mailto:a@evil.example", "<a href='//evil.example'>x</a>",
	strings.Repeat("A", 5000), strings.Repeat("\u202e", 256), `{"x":"\u000d\u000a"}`, "-- \nzenvault", "",
}

// No text that a stranger chose, whatever letter it is in, makes a line, a header, a link or an address of its own, turns
// the direction of writing, or goes on for long. Every letter is short lines of ASCII, with one subject.
func TestHostile(t *testing.T) {
	s := newStack(t)
	kinds := append([]string{"admin.unheard_of", "x\r\nBcc: y@evil.example"}, mail.Types()...)
	for _, kind := range kinds {
		if kind == "admin.invited" {
			continue // written to who has not accepted yet: TestInvitation
		}
		var m edge.Message
		for _, text := range hostile {
			if kind == mail.Reset || kind == mail.Locked {
				m = s.asked(kind, ownerAddress)
			} else {
				m = s.happen(kind, s.owner, audit.Fields{"ip": text, "user_agent": text, "by": text, "role": text, "name": text, "subject": text})
			}
			s.work(m)
			mails := s.AWS.Mails()
			checkLetter(t, kind, mails[len(mails)-1].Subject, mails[len(mails)-1].Text)
		}
	}
	if want := len(kinds)*len(hostile) - len(hostile); len(s.AWS.Mails()) != want {
		t.Errorf("mails: got %d, want %d", len(s.AWS.Mails()), want)
	}
}

func checkLetter(t *testing.T, kind, subject, text string) {
	t.Helper()
	printable := func(c rune) bool { return c >= ' ' && c <= '~' }
	if strings.ContainsFunc(subject, func(c rune) bool { return !printable(c) }) || len(subject) > 80 {
		t.Errorf("%q: subject %q", kind, subject)
	}
	if strings.ContainsFunc(text, func(c rune) bool { return !printable(c) && c != '\n' }) || len(text) > 2000 {
		t.Errorf("%q: the text is long or not plain: %q", kind, text)
	}
	lines := 0
	for l := range strings.Lines(text) {
		lines++
		own := strings.Contains(l, "https://console.example.com/")
		if !own && (len(l) > 150 || strings.Contains(l, "//") || strings.Contains(l, "evil.e") || strings.Contains(l, "www.e") || strings.Contains(l, "@")) {
			t.Errorf("%q: line %q", kind, l)
		}
		if !own && !strings.HasPrefix(l, "  ") && len(l) > 81 {
			t.Errorf("%q: a line of %d bytes: %q", kind, len(l), l)
		}
		if strings.HasPrefix(l, "Bcc") || strings.HasPrefix(l, "Subject") || strings.HasPrefix(l, "A letter of") {
			t.Errorf("%q: a stranger's line %q", kind, l)
		}
	}
	if lines > 24 || strings.Count(text, "\n-- \n") != 1 {
		t.Errorf("%q: %d lines:\n%s", kind, lines, text)
	}
}

// What is harmless is shown as it is.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		agent:                       agent,
		"python-requests/2.31.0":    "python-requests/2.31.0",
		"  two  blanks ":            "two  blanks",
		"":                          "unknown",
		"\u202e":                    "?",
		"see http://a.example/x//y": "see http:/ /a. example/x/ /y",
		"a@b.c":                     "a?b. c",
		strings.Repeat("A", 121):    strings.Repeat("A", 120) + "...",
	} {
		if got := mail.Plain(text); got != want {
			t.Errorf("%.40q: got %q, want %q", text, got, want)
		}
	}
}

// Whatever the text, what is shown of it is one short line of ASCII without a link or an address.
func FuzzPlain(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := mail.Plain(text)
		bad := strings.ContainsFunc(got, func(c rune) bool { return c < ' ' || c > '~' })
		for i := range len(got) - 1 {
			bad = bad || got[i] == '.' && (got[i+1]|0x20 >= 'a' && got[i+1]|0x20 <= 'z') || got[i:i+2] == "//"
		}
		if bad || got == "" || len(got) > 130 || strings.ContainsAny(got, "@<>") {
			t.Errorf("%q: got %q", text, got)
		}
	})
}

// These have a text of their own; whatever else happens to an account is told in general words.
func TestTypes(t *testing.T) {
	if diff := cmp.Diff([]string{
		"admin.disabled", "admin.enabled", "admin.factor_confirmed", "admin.factor_disabled", "admin.factor_reset", "admin.invited", "admin.locked",
		"admin.password_changed", "admin.password_reset", "admin.recovery_code_used", "admin.recovery_codes_made", "admin.role_changed", "admin.sessions_ended",
		"locked", "reset", "session.reuse_detected",
	}, mail.Types()); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}
