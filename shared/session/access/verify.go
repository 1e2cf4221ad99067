package access

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Verifier accepts one issuer's tokens.
type Verifier struct {
	URL  string // the issuer's
	Keys Keys
}

// What the verifier says beyond the library's errors, to the log alone.
var (
	errKey      = errors.New("access token: signed with a key that is not ours")
	errLifetime = errors.New("access token: lives too long, or its times are not in order")
)

// Verify gives the claims of a token that is ours and valid now.
func (v Verifier) Verify(token string, now time.Time) (Claims, error) {
	head, claims, err := parse(token)
	if err != nil {
		return Claims{}, err
	}
	public, ours := v.Keys.find(head.Key)
	if !ours {
		return Claims{}, errKey
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{algorithm}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithIssuer(v.URL), jwt.WithAudience(Audience(v.URL)),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(func() time.Time { return now }))
	bound := func(*jwt.Token) (any, error) { return public, nil }
	if _, err := parser.ParseWithClaims(token, &jwt.RegisteredClaims{}, bound); err != nil {
		return Claims{}, err
	}
	// The library reads times as floats, and one near the end of all time as one of the past: so all three are in order.
	life := claims.Expires - claims.Issued
	if life <= 0 || life > int64(maxLifetime/time.Second) || claims.NotYet < claims.Issued || claims.NotYet >= claims.Expires {
		return Claims{}, errLifetime
	}
	return claims, nil
}
