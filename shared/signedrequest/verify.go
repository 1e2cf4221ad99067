package signedrequest

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/zenvault/zenvault/shared/fault"
)

// Verifier accepts the tokens of one API key.
type Verifier struct {
	Vault string // the issuer's URL, which the tokens are for
	Key   string // the API key's id
	With  PublicKey
}

// Verify gives the claims of a token that is for this request and valid now. It fails with ErrInvalid, which says why: what
// is wrong with the claims only to who has signed them. That the nonce is new is still to be proven, until
// Claims.UsableUntil.
func (v Verifier) Verify(token string, r Request, now time.Time) (Claims, error) {
	head, claims, err := parse(token)
	if err != nil {
		return Claims{}, refuse("%v.", err)
	}
	if v.With.key == nil || head.Algorithm != v.With.algorithm {
		return Claims{}, refuse("its alg is not %s, which the registered public key is for.", v.With.algorithm)
	}
	if head.Key != "" && head.Key != v.Key {
		return Claims{}, refuse("its kid is not the API key's id.")
	}
	if err := v.signed(token, now); err != nil {
		return Claims{}, err
	}
	return claims, v.match(claims, r)
}

// signed has the signature verified, and the claims that every JWT has.
func (v Verifier) signed(token string, now time.Time) error {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{v.With.algorithm}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithAudience(v.Vault), jwt.WithSubject(v.Key), jwt.WithLeeway(Leeway), jwt.WithTimeFunc(func() time.Time { return now }))
	bound := func(*jwt.Token) (any, error) { return v.With.key, nil }
	_, err := parser.ParseWithClaims(token, &jwt.RegisteredClaims{}, bound)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, jwt.ErrTokenInvalidClaims):
		return refuse("it is not made with the registered key's private half.")
	case errors.Is(err, jwt.ErrTokenExpired):
		return refuse("it has expired: its exp is past, by this server's clock %d.", now.Unix())
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return refuse("its iat is to come, by this server's clock %d.", now.Unix())
	case errors.Is(err, jwt.ErrTokenInvalidSubject):
		return refuse("its sub is not the API key's id.")
	}
	return refuse("its aud is not %s.", v.Vault)
}

// match compares the signed claims with the request.
func (v Verifier) match(claims Claims, r Request) error {
	life := claims.Expires - claims.Issued
	switch {
	case life <= 0 || life > int64(MaxLifetime/time.Second):
		return refuse("its exp is not 1 to 30 seconds after its iat.")
	case claims.Method != r.Method:
		return refuse("its method is not that of the request.")
	case !plain(r.Path):
		return refuse("a signed request's path has no other characters than A-Z, a-z, 0-9, / - . _ and ~.")
	case claims.Path != r.target():
		return refuse("its path is not that of the request, with the query.")
	case claims.Body != r.hash():
		return refuse("its body_sha256 is not the lower hex SHA-256 of the body that arrived.")
	}
	return nil
}

func refuse(why string, values ...any) *fault.Fault {
	return ErrInvalid.Saying("The request's signature is not valid: " + fmt.Sprintf(why, values...))
}

// UsableUntil is when the token stops being accepted: its nonce must be remembered until then.
func (c Claims) UsableUntil() time.Time { return time.Unix(c.Expires, 0).Add(Leeway) }
