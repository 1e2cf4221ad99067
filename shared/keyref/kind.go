package keyref

// Algorithm is how a key signs, by its name in JOSE (RFC 7518 §3.1).
type Algorithm string

// The algorithms. RS256 makes the same bytes of the same message in both homes. ES256 and PS256 do so only with a key in a
// file (RFC 6979; a salt that follows from the message): in KMS they are random, so that an answer can't be repeated byte
// for byte.
const (
	RS256 Algorithm = "RS256" // RSASSA-PKCS1-v1_5 with SHA-256
	ES256 Algorithm = "ES256" // ECDSA on P-256 with SHA-256; r and s in 64 bytes
	PS256 Algorithm = "PS256" // RSASSA-PSS with SHA-256 and a salt of 32 bytes
)

// Kind is the one kind of key that a provider takes.
type Kind struct {
	Algorithm Algorithm
	Bits      int
}

// RSA is an RSA key of exactly so many bits, for RS256.
func RSA(bits int) Kind { return Kind{RS256, bits} }

// PSS is an RSA key of exactly so many bits, for PS256.
func PSS(bits int) Kind { return Kind{PS256, bits} }

// P256 is an EC key on P-256, for ES256.
var P256 = Kind{ES256, 256}
