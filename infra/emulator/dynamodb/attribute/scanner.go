package attribute

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// scanner walks JSON once. encoding/json would walk each level of a document again, and would take {"s":…} for {"S":…}
// and the last of two equal names. Its methods end the scan by panicking with a scanError.
type scanner struct {
	data []byte
	at   int
}

type scanError struct{ error }

func scan(data []byte, run func(*scanner)) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case scanError:
			err = cause.error
		default:
			panic(cause)
		}
	}()
	s := &scanner{data: data}
	run(s)
	if s.space(); s.at < len(data) {
		s.syntax()
	}
	return nil
}

func (s *scanner) fail(err error)        { panic(scanError{err}) }
func (s *scanner) refuse(message string) { s.fail(protocol.Invalid("%s", message)) }

func (s *scanner) syntax() {
	s.fail(protocol.Refuse("SerializationException", "an attribute value is not in the expected form at byte %d", s.at))
}

func (s *scanner) space() {
	for s.at < len(s.data) && bytes.IndexByte([]byte(" \t\r\n"), s.data[s.at]) >= 0 {
		s.at++
	}
}

// is consumes the byte if it is next.
func (s *scanner) is(c byte) bool {
	s.space()
	if s.at == len(s.data) || s.data[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) expect(c byte) {
	if !s.is(c) {
		s.syntax()
	}
}

func (s *scanner) object(member func(name string)) {
	s.expect('{')
	for first := true; !s.is('}'); first = false {
		if !first {
			s.expect(',')
		}
		name := s.text()
		s.expect(':')
		member(name)
	}
}

func (s *scanner) array(element func()) {
	s.expect('[')
	for first := true; !s.is(']'); first = false {
		if !first {
			s.expect(',')
		}
		element()
	}
}

func (s *scanner) boolean() bool {
	s.space()
	for _, literal := range []string{"true", "false"} {
		if bytes.HasPrefix(s.data[s.at:], []byte(literal)) {
			s.at += len(literal)
			return literal == "true"
		}
	}
	s.syntax()
	return false
}

func (s *scanner) text() string {
	s.expect('"')
	start, plain := s.at, true
	for ; s.at < len(s.data) && s.data[s.at] != '"'; s.at++ {
		switch c := s.data[s.at]; {
		case c == '\\':
			s.at++
			plain = false
		case c < ' ' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	if s.at >= len(s.data) {
		s.at = len(s.data)
		s.syntax()
	}
	s.at++
	if plain {
		return string(s.data[start : s.at-1])
	}
	var text string
	if json.Unmarshal(s.data[start-1:s.at], &text) != nil {
		s.syntax()
	}
	return text
}
