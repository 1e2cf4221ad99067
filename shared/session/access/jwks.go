package access

import "encoding/json"

// jwk is a public key as the world reads it (RFC 7517, RFC 7518 §6.2).
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
}

// JWKS is the key set that others verify tokens with (RFC 7517 §5).
func (keys Keys) JWKS() []byte {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jwk{"EC", "P-256", k.x, k.y, "sig", algorithm, k.ID})
	}
	body, _ := json.Marshal(set) // texts alone can't fail
	return body
}
