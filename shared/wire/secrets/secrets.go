// Package secrets opens the directory where provider signing keys are mounted.
package secrets

import (
	"errors"

	"github.com/zenvault/zenvault/shared/secretdir"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/wire"
)

// Keys finds signing keys by name.
type Keys func(name string) (signing.Signer, error)

// RSA finds RSA keys of so many bits. It ends the process if the directory's setting is missing or it can't be opened.
func RSA(w *wire.World, bits int) Keys {
	keys, err := OpenRSA(w, bits)
	if err != nil {
		wire.Fatal(err)
	}
	return keys
}

// OpenRSA is RSA for a process that serves more than one function.
func OpenRSA(w *wire.World, bits int) (Keys, error) {
	if w.Env.SecretsDir == "" {
		return nil, errors.New("the environment variable ZENVAULT_SECRETS_DIR is not set")
	}
	dir, err := secretdir.Open(w.Env.SecretsDir)
	if err != nil {
		return nil, err
	}
	return func(name string) (signing.Signer, error) { return dir.RSA(name, bits) }, nil
}
