// Package blocklist knows the passwords that attackers try first: those that leaked most often, and those made of what is
// known of their owner or of this service (NIST SP 800-63B-4 §3.1.1.2). It is in the binaries of the functions in which a
// password is chosen, and in no other; it asks nobody.
package blocklist

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/secret"
)

// Common is the list.
type Common struct{}

// shortest is how many characters a listed password has at least: the rules let no shorter one through.
const shortest = 8

// service is what an attacker tries because of where the password is for.
var service = []string{"zenvault", "vault", "custody", "custodian", "fireblocks", "cosigner", "wallet", "treasury"}

// minWord is the shortest word that is looked for, in characters: shorter ones are in many a good password.
const minWord = 4

// The reasons.
const (
	leaked   = "This is among the passwords that leaked most often. Choose another."
	repeated = "This password is one short text over and over. Choose another."
	known    = "This password is little more than your name, your address or the name of this service. Choose another."
	glued    = "This password is little more than one or two that leaked often. Choose another."
)

// Refuses says in a sentence why a password is easily guessed, or "". Capitals make no difference. The words are names and
// addresses of its owner, whole: their parts count, and what they are without dots and blanks.
func (Common) Refuses(plain secret.Text, words ...string) string {
	return judge([]rune(strings.ToLower(plain.Expose())), parts(words))
}

func judge(text []rune, words []string) string {
	rest := without(text, words)
	switch {
	case listed(text):
		return leaked
	case len(rest) < len(text) && worth(rest) < enough:
		return known
	case repeats(text, words):
		return repeated
	case left(text, 2) < enough:
		return glued
	}
	return ""
}

// enough is the worth of what a good password has beside what is easily guessed: about that of the shortest allowed.
const enough = 14

// worth counts letters twice: digits and signs beside a word are mostly a year and an exclamation mark.
func worth(text []rune) int {
	sum := len(text)
	for _, c := range text {
		if unicode.IsLetter(c) {
			sum++
		}
	}
	return sum
}

// minPeriod is how long a text is, in characters, that may be repeated: it alone is long enough for a password.
const minPeriod = 15

// repeats reports whether a text is a shorter one again and again, or one that is itself easily guessed.
func repeats(text []rune, words []string) bool {
	for period := 1; period < len(text); period++ {
		if slices.Equal(text[period:], text[:len(text)-period]) {
			return period < minPeriod && 2*period <= len(text) || judge(text[:period], words) != ""
		}
	}
	return false
}

// parts are the words to look for, the longest first: a shorter one may be in a longer one.
func parts(words []string) []string {
	found := slices.Clone(service)
	for _, word := range words {
		name, _, _ := strings.Cut(word, "@") // of an address
		found = append(append(found, strings.Join(fields(name), "")), fields(word)...)
	}
	found = slices.DeleteFunc(found, func(word string) bool { return utf8.RuneCountInString(word) < minWord })
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) })
	return found
}

func fields(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

func without(text []rune, words []string) []rune {
	rest := string(text)
	for _, word := range words {
		rest = strings.ReplaceAll(rest, word, "")
	}
	return []rune(rest)
}

// left is what a text is worth without so many listed passwords, at the least; enough, if it has none.
func left(text []rune, passwords int) int {
	least := enough
	if passwords == 0 || len(text) > passwords*all().longest+enough {
		return least
	}
	for from := range text {
		for to := from + shortest; to <= min(len(text), from+all().longest); to++ {
			if listed(text[from:to]) {
				before, after := text[:from], text[to:]
				least = min(least, worth(before)+worth(after), left(before, passwords-1)+worth(after), worth(before)+left(after, passwords-1))
			}
		}
	}
	return least
}

//go:embed common.txt.gz
var packed []byte

type list struct {
	passwords map[string]struct{}
	longest   int // in characters, all ASCII
}

// all unpacks the list when it is first asked for.
var all = sync.OnceValue(func() list {
	l := list{passwords: map[string]struct{}{}}
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(plain); err == nil {
			for line := range strings.Lines(string(text)) {
				line = strings.TrimSuffix(line, "\n")
				l.passwords[line], l.longest = struct{}{}, max(l.longest, len(line))
			}
		}
	}
	if err != nil {
		panic("the blocklist in this binary is broken: " + err.Error())
	}
	return l
})

func listed(text []rune) bool {
	_, found := all().passwords[string(text)]
	return found
}
