package access

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Issuer makes tokens.
type Issuer struct {
	URL    string // of the API, the "iss"
	Signer Signer
	Handle string // the signing key's, as the Signer knows it
	KeyID  string // the same key's, as the world knows it
}

// Issue makes a token of Lifetime for an admin's session. It fails with the Signer.
func (i Issuer) Issue(ctx context.Context, admin, session, id string, now time.Time) (string, error) {
	claims := Claims{
		Issuer: i.URL, Audience: Audience(i.URL), Admin: admin, Session: session, ID: id,
		Issued: now.Unix(), NotYet: now.Unix(), Expires: now.Add(Lifetime).Unix(),
	}
	head, errHead := json.Marshal(header{algorithm, i.KeyID, mediaType})
	body, errBody := json.Marshal(claims)
	if errHead != nil || errBody != nil {
		return "", fmt.Errorf("writing an access token: %v, %v", errHead, errBody)
	}
	signed := encode(head) + "." + encode(body)
	digest := sha256.Sum256([]byte(signed))
	signature, err := i.Signer.Sign(ctx, i.Handle, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing an access token: %w", err)
	}
	return signed + "." + encode(signature), nil
}
