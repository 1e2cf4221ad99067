package strict

import (
	"bytes"
	"encoding/json"
	"io"
)

// source yields the tokens of one document; *json.Decoder is one.
type source interface {
	Token() (json.Token, error)
	More() bool
}

// open chooses how to read a document. A valid one is read by tokens; any other by the decoder that can say where it goes
// wrong.
func open(data []byte) source {
	if json.Valid(data) {
		return &tokens{data: data}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d
}

// tokens reads a document that is known to be valid: its commas and colons say nothing any more, and each token is known
// by its first byte. json.Decoder, which can't know, looks at every byte several times and takes four times as long; a
// callback from a provider is timed.
type tokens struct {
	data []byte
	at   int
}

// next moves to the beginning of a token, and reports whether there is one.
func (t *tokens) next() bool {
	for ; t.at < len(t.data); t.at++ {
		switch t.data[t.at] {
		case ' ', '\t', '\n', '\r', ',', ':':
		default:
			return true
		}
	}
	return false
}

// More reports whether the array or object goes on.
func (t *tokens) More() bool {
	return t.next() && t.data[t.at] != ']' && t.data[t.at] != '}'
}

// Token gives what json.Decoder's Token gives; numbers are json.Number. It fails with io.EOF alone.
func (t *tokens) Token() (json.Token, error) {
	if !t.next() {
		return nil, io.EOF
	}
	switch c := t.data[t.at]; c {
	case '{', '}', '[', ']':
		t.at++
		return json.Delim(c), nil
	case '"':
		return t.text()
	case 't':
		t.at += len("true")
		return true, nil
	case 'f':
		t.at += len("false")
		return false, nil
	case 'n':
		t.at += len("null")
		return nil, nil
	}
	start := t.at
	for t.at < len(t.data) && bytes.IndexByte([]byte("+-.0123456789Ee"), t.data[t.at]) >= 0 {
		t.at++
	}
	return json.Number(t.data[start:t.at]), nil
}

// text reads a string; only one with escapes needs a second look.
func (t *tokens) text() (json.Token, error) {
	start, escaped := t.at, false
	for t.at++; t.data[t.at] != '"'; t.at++ {
		if t.data[t.at] == '\\' {
			escaped = true
			t.at++
		}
	}
	t.at++
	if !escaped {
		return string(t.data[start+1 : t.at-1]), nil
	}
	var text string
	err := json.Unmarshal(t.data[start:t.at], &text)
	return text, err
}
