package admin

// ReadCode reads a recovery code.
func ReadCode(text string) (code []byte, ok bool) {
	raw, ok := readCode(text)
	return raw[:], ok
}

// WriteCode writes one.
func WriteCode(code []byte) string { return writeCode(code) }
