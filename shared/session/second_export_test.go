package session

// ParseChallenge reads a challenge's form, and writes what it has read.
func ParseChallenge(text string) (body, mac []byte, err error) {
	c, body, mac, err := parseChallenge(text)
	if err != nil {
		return nil, nil, err
	}
	again, errBody := c.body()
	if errBody != nil || string(again) != string(body) {
		panic("session: a challenge was read that can't be written")
	}
	return body, mac, nil
}
