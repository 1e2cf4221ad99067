// Package label is the names that people give to things: what can be shown, told apart, and typed again.
package label

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Max is the longest label, in characters.
const Max = 100

// Valid reports whether text is 1 to Max printable characters without blanks around them. Control characters, line
// breaks and invisible ones (such as U+200B or a change of direction) are not printable.
func Valid(text string) bool {
	unprintable := func(c rune) bool { return !unicode.IsPrint(c) }
	return text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= Max && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, unprintable)
}
