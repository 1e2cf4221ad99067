package session

// ParseToken reads a token's form, and writes what it has read.
func ParseToken(text string) (again []byte, mac []byte, err error) {
	t, body, mac, err := parseToken(text)
	if err != nil {
		return nil, nil, err
	}
	again, errBody := t.body()
	if errBody != nil || string(again) != string(body) {
		panic("session: a token was read that can't be written")
	}
	return body, mac, nil
}
