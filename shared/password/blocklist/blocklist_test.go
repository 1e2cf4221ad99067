package blocklist_test

import (
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/password/blocklist"
	"github.com/zenvault/zenvault/shared/secret"
)

func refuses(plain string, words ...string) string {
	return blocklist.Common{}.Refuses(secret.NewText(plain), words...)
}

// The reasons, as a client reads them.
const (
	leaked   = "This is among the passwords that leaked most often. Choose another."
	repeated = "This password is one short text over and over. Choose another."
	known    = "This password is little more than your name, your address or the name of this service. Choose another."
	glued    = "This password is little more than one or two that leaked often. Choose another."
)

// What attackers try first is refused with the reason, in whatever case; what only begins like it is not.
func TestRefuses(t *testing.T) {
	ada := []string{"Ada.Lovelace+vault@example.com", "Ada Byron-King"}
	tests := []struct {
		plain string
		want  string // "" is good
	}{
		{"password", leaked}, {"PassWord", leaked}, {"12345678", leaked}, {"iloveyou", leaked}, {"qwertyuiop", leaked},
		{"1qaz2wsx3edc4rfv", leaked}, {"123456789123456789", leaked}, {"PRICEWATERHOUSECOOPERS", leaked},
		{"aaaaaaaaaaaaaaaaaaaa", repeated}, {"漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢", repeated}, {"abcabcabcabcabc", repeated}, {"Abc1!aBc1!abC1!", repeated},
		{"passwordpassword", leaked}, {"dolphin!dolphin!", repeated}, {"Password1Password1Pass", repeated}, {"123456789012345", repeated},
		{"zenvault", known}, {"Zenvault-Custody", known}, {"ZENVAULT-2026-11", known}, {"my fireblocks wallet", known},
		{"adalovelace", known}, {"Ada.Lovelace2026!", known}, {"byron-king/LOVELACE", known}, {"my-example.com", known},
		{"password12345678", glued}, {"password-2026", glued}, {"!Sunshine Football?", glued}, {"sunshine1!", glued},
		{"correct horse battery staple", ""}, {"Xy7#pq2R", ""}, {"zenvault kx7Jw2mQ", ""}, {"lovelace Tq9-mm2v", ""}, {"password kx7Jw2mQ", ""},
		{"пароль для сейфа", ""}, {"漢字仮名交じり文", ""}, {"kx7Jw2mQkx7Jw2mQ", repeated}, {"kx7Jw2mQ kx7Jw2mR", ""}, {"a1!", ""}, // the length is for others to judge,
	}
	for _, tt := range tests {
		if got := refuses(tt.plain, ada...); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.plain, got, tt.want)
		}
	}
}

// The owner's words count only for the owner; parts of three characters count for nobody.
func TestWords(t *testing.T) {
	tests := []struct {
		plain string
		words []string
		want  string
	}{
		{"hopper-grace-12", []string{"grace.hopper@navy.example"}, known},
		{"hopper-grace-12", []string{"ada@navy.example"}, ""},
		{"hopper-grace-12", nil, ""},
		{"adaadaKq7!", []string{"ada@navy.example"}, ""},
		{"Großmütterchen", []string{"GROSSMÜTTERCHEN", "Großmütterchen"}, known},
		{"яковлев-1984", []string{"Яковлев"}, known},
		{"good enough 12", []string{"", "@", "..", "a@"}, ""},
	}
	for _, tt := range tests {
		if got := refuses(tt.plain, tt.words...); got != tt.want {
			t.Errorf("%q of %q: got %q, want %q", tt.plain, tt.words, got, tt.want)
		}
	}
}

// The list is as it is compared with: sorted, in lower case, each once, of at least 8 characters; and it is not cut.
func TestList(t *testing.T) {
	file, err := os.Open("common.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 49302 || !slices.IsSorted(lines) {
		t.Errorf("%d passwords, sorted: %v", len(lines), slices.IsSorted(lines))
	}
	for i, line := range lines {
		if len(line) < 8 || line != strings.ToLower(line) || strings.TrimSpace(line) != line || i > 0 && line == lines[i-1] {
			t.Errorf("line %d is %q", i+1, line)
		}
	}
	for _, line := range []string{lines[0], lines[len(lines)/2], lines[len(lines)-1]} {
		if refuses(line) != leaked {
			t.Errorf("%q is not found", line)
		}
	}
}

// The longest password that is let in is judged at once, whatever it is made of.
func TestLong(t *testing.T) {
	if got := refuses(strings.Repeat("password1 ", 102)); got != repeated {
		t.Errorf("got %q", got)
	}
	if got := refuses(strings.Repeat("password", 127) + "!"); got != "" {
		t.Errorf("got %q", got)
	}
}

// FuzzRefuses: nothing panics, capitals make no difference, and a listed password is refused with anything short around it.
func FuzzRefuses(f *testing.F) {
	f.Add("password", "ada@example.com")
	f.Add("Ⅷ Ⅷ Ⅷ", "Ǆ")
	f.Add(strings.Repeat("12345678", 128), "")
	f.Fuzz(func(t *testing.T, plain, word string) {
		if len(plain) > 1024 || !utf8.ValidString(plain) {
			return
		}
		why := refuses(plain, word)
		if lower := strings.ToLower(plain); strings.ToLower(lower) == lower && refuses(lower, word) != why {
			t.Errorf("%q and its lower case are not judged alike", plain)
		}
		if utf8.RuneCountInString(plain) < 4 && (refuses(plain+"iloveyou") == "" || refuses("iloveyou"+plain, word) == "") {
			t.Errorf("iloveyou with %q is good", plain)
		}
	})
}
