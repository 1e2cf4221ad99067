// Package secrets opens what providers are answered with: signing keys in the directory where they are mounted, and in AWS
// KMS. Who uses keys of one home needs nothing of the other: no rights, no network, no directory.
package secrets

import (
	"context"
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/secretdir"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/wire"
)

// Keys finds signing keys by reference; see shared/keyref. A reference without a version gives the present key. One that a
// key itself gave gives that very key, and fails with signing.ErrRetired once it is gone.
type Keys func(ctx context.Context, reference string) (signing.Key, error)

var (
	errReference = errors.New("this does not refer to a signing key")
	errNoDir     = errors.New("there is no secrets directory: the environment variable ZENVAULT_SECRETS_DIR is not set")
)

// RSA finds RSA keys of so many bits, which sign by RS256. It ends the process if the directory can't be opened.
func RSA(w *wire.World, bits int) Keys {
	keys, err := OpenRSA(w, bits)
	if err != nil {
		wire.Fatal(err)
	}
	return keys
}

// OpenRSA is RSA for a process that serves more than one function.
func OpenRSA(w *wire.World, bits int) (Keys, error) { return Open(w, keyref.RSA(bits)) }

// PSS finds RSA keys of so many bits, which sign by RSA-PSS: only those in the directory. It ends the process if that can't
// be opened.
func PSS(w *wire.World, bits int) Keys {
	keys, err := OpenPSS(w, bits)
	if err != nil {
		wire.Fatal(err)
	}
	return keys
}

// OpenPSS is PSS for a process that serves more than one function.
func OpenPSS(w *wire.World, bits int) (Keys, error) { return Open(w, keyref.PSS(bits)) }

// Open finds keys of one kind. Without a directory there are those of KMS alone.
func Open(w *wire.World, kind keyref.Kind) (Keys, error) {
	files, err := openFiles(w, kind)
	if err != nil {
		return nil, err
	}
	service := newService(w, kind)
	return func(ctx context.Context, reference string) (signing.Key, error) {
		ref, valid := keyref.Parse(reference)
		switch {
		case !valid:
			return nil, errReference
		case ref.Home == keyref.KMS:
			return service.key(ctx, ref)
		case files.dir == nil:
			return nil, errNoDir
		}
		return files.key(ref)
	}, nil
}

// files are the keys in the directory.
type files struct {
	dir  *secretdir.Dir
	kind keyref.Kind
}

func openFiles(w *wire.World, kind keyref.Kind) (files, error) {
	mode, err := secretdir.ParseMode(w.Env.SecretsMode)
	if err != nil {
		return files{}, fmt.Errorf("reading ZENVAULT_SECRETS_MODE: %w", err)
	}
	if w.Env.SecretsDir == "" {
		return files{}, nil
	}
	report := func(err error) { w.Log.Warn("secrets directory", "error", err.Error()) }
	dir, err := secretdir.Open(w.Env.SecretsDir, secretdir.Options{Mode: mode, Owner: w.Env.SecretsUser, Now: w.Now, Report: report})
	return files{dir, kind}, err
}

func (f files) key(ref keyref.Ref) (signing.Key, error) {
	key, err := f.dir.Key(ref.Name, ref.Version, f.kind)
	if errors.Is(err, secretdir.ErrAbsent) || errors.Is(err, secretdir.ErrRetired) {
		return nil, errors.Join(signing.ErrRetired, err)
	}
	if err != nil {
		return nil, err
	}
	return fileKey{key, f, ref.Name}, nil
}

// fileKey is one of the files' keys. If it fails to sign, its file is read again.
type fileKey struct {
	secretdir.Key
	from files
	name string
}

func (k fileKey) Reference() string {
	return keyref.Ref{Home: keyref.Dir, Name: k.name, Version: k.Version()}.String()
}

func (k fileKey) Sign(ctx context.Context, message []byte) ([]byte, error) {
	signature, err := k.Key.Sign(ctx, message)
	if err != nil {
		k.from.dir.Doubt(k.name, k.from.kind)
	}
	return signature, err
}
