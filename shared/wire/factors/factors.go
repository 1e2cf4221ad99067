// Package factors joins the master keyring to second factors.
package factors

import (
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/wire"
)

// Service judges second factors of the accounts. An authenticator app calls them by the stack's name.
func Service(w *wire.World, accounts admin.Service, ring *keyset.Ring) admin.Factors {
	accounts.Keys = ring
	return admin.Factors{Service: accounts, Sealer: sealer{ring}, Issuer: w.Env.Stack}
}

// sealer seals the seeds of authenticator apps.
type sealer struct{ ring *keyset.Ring }

// Seal encrypts a seed for its place.
func (s sealer) Seal(of admin.Place, plain secret.Bytes) ([]byte, error) {
	return s.ring.Seal(keyset.Record(of), plain)
}

// Open decrypts what Seal made for the same place.
func (s sealer) Open(of admin.Place, sealed []byte) (secret.Bytes, error) {
	return s.ring.Open(keyset.Record(of), sealed)
}
