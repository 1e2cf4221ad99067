// Package sealing joins the master keyring to the domains that seal with it.
package sealing

import (
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/secret"
)

// Endpoints seals the signing secrets of webhook endpoints.
type Endpoints struct{ Ring *keyset.Ring }

// Seal encrypts a secret for its place.
func (s Endpoints) Seal(of endpoint.Place, plain secret.Bytes) ([]byte, error) {
	return s.Ring.Seal(keyset.Record(of), plain)
}

// Open decrypts what Seal made for the same place.
func (s Endpoints) Open(of endpoint.Place, sealed []byte) (secret.Bytes, error) {
	return s.Ring.Open(keyset.Record(of), sealed)
}
