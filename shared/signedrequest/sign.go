package signedrequest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/zenvault/zenvault/shared/secret"
)

// Signer signs the requests of one API key. The private key stands behind a func, so that nothing can print it.
type Signer struct {
	Vault  string    // the issuer's URL
	Key    string    // the API key's id
	Random io.Reader // of the nonces; nil is crypto/rand

	sign      func(text string) ([]byte, error)
	algorithm string
	public    PublicKey
}

// NewSigner reads a private key: one PEM block in PKCS #8, on P-256 or Ed25519. It fails with ErrPrivateKey.
func NewSigner(private secret.Text) (Signer, error) {
	der, ok := block(private.Expose(), "PRIVATE KEY")
	if !ok {
		return Signer{}, ErrPrivateKey
	}
	defer clear(der)
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return Signer{}, ErrPrivateKey
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return Signer{}, ErrPrivateKey
	}
	public, err := newPublicKey(key.Public())
	if err != nil {
		return Signer{}, ErrPrivateKey
	}
	return Signer{sign: with(key), algorithm: public.algorithm, public: public}, nil
}

func with(key crypto.Signer) func(string) ([]byte, error) {
	return func(text string) ([]byte, error) {
		switch key := key.(type) {
		case *ecdsa.PrivateKey:
			return jwt.SigningMethodES256.Sign(text, key)
		case ed25519.PrivateKey:
			return jwt.SigningMethodEdDSA.Sign(text, key)
		}
		return nil, ErrPrivateKey
	}
}

// Public is the half that is registered with the API key.
func (s Signer) Public() PublicKey { return s.public }

// nonceBytes is how much of randomness is in a nonce.
const nonceBytes = 18

// Sign makes a token for one request, good from now for MaxLifetime. A second request needs a second one.
func (s Signer) Sign(r Request, now time.Time) (string, error) {
	if s.sign == nil {
		return "", ErrPrivateKey
	}
	if !plain(r.Path) {
		return "", fmt.Errorf("signing a request: the path %q needs percent-encoding, which a signed one must not", r.Path)
	}
	nonce, random := make([]byte, nonceBytes), s.Random
	if random == nil {
		random = rand.Reader
	}
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("signing a request: making a nonce: %w", err)
	}
	text, err := s.text(Claims{
		Method: r.Method, Path: r.target(), Body: r.hash(), Nonce: base64.RawURLEncoding.EncodeToString(nonce),
		Issued: now.Unix(), Expires: now.Add(MaxLifetime).Unix(), Key: s.Key, Vault: s.Vault,
	})
	if err != nil {
		return "", fmt.Errorf("signing a request: %w", err)
	}
	signature, err := s.sign(text)
	if err != nil {
		return "", fmt.Errorf("signing a request: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// text is what is signed: the header and the claims.
func (s Signer) text(claims Claims) (string, error) {
	head, err := json.Marshal(header{Algorithm: s.algorithm, Type: mediaType})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body), nil
}
