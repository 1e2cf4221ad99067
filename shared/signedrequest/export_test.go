package signedrequest

import "encoding/base64"

// Parse is the strict front alone.
func Parse(token string) (Claims, error) {
	_, claims, err := parse(token)
	return claims, err
}

// SignText signs any text, whatever it says: what is refused of it, is refused for its content.
func SignText(s Signer, text string) (string, error) {
	signature, err := s.sign(text)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
