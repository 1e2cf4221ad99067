package expression

import (
	"strings"
	"unicode/utf8"
)

type tokenKind byte

const (
	endToken tokenKind = iota
	wordToken
	nameToken  // #name
	valueToken // :value
	indexToken // digits
	symbolToken
	badToken
)

type token struct {
	kind     tokenKind
	text     string
	from, to int // bytes in the expression
}

// lex cuts an expression into tokens and an end. What is no token comes as a badToken, so that the parser reports it
// where it stands.
func lex(text string) []token {
	var tokens []token
	for at := 0; ; {
		for at < len(text) && strings.IndexByte(" \t\r\n\f", text[at]) >= 0 {
			at++
		}
		if at == len(text) {
			return append(tokens, token{endToken, "<EOF>", at, at})
		}
		kind, length := next(text[at:])
		tokens = append(tokens, token{kind, text[at : at+length], at, at + length})
		at += length
	}
}

func next(text string) (tokenKind, int) {
	switch c := text[0]; {
	case isLetter(c):
		return wordToken, wordLength(text)
	case isDigit(c):
		length := 1
		for length < len(text) && isDigit(text[length]) {
			length++
		}
		return indexToken, length
	case c == '#' || c == ':':
		length := 1 + wordLength(text[1:])
		if length == 1 {
			return badToken, 1
		}
		if c == '#' {
			return nameToken, length
		}
		return valueToken, length
	case strings.HasPrefix(text, "<>"), strings.HasPrefix(text, "<="), strings.HasPrefix(text, ">="):
		return symbolToken, 2
	case strings.IndexByte("=<>+-()[],.", c) >= 0:
		return symbolToken, 1
	}
	_, length := utf8.DecodeRuneInString(text)
	return badToken, length
}

func wordLength(text string) int {
	length := 0
	for length < len(text) && (isLetter(text[length]) || isDigit(text[length]) || text[length] == '_') {
		length++
	}
	return length
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
