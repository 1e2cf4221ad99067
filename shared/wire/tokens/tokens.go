// Package tokens opens what access tokens are signed and verified with. The private key stays in AWS KMS.
package tokens

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/zenvault/zenvault/shared/aws/kms"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/wire"
)

// patience is how long a start waits for KMS: Lambda ends an initialisation after ten seconds.
const patience = 8 * time.Second

// Keys reads the public keys that tokens are accepted from, once for the process. It ends the process if that fails.
func Keys(w *wire.World) access.Keys { return must(w, OpenKeys) }

// Issuer signs tokens with the first token key. It ends the process if the key's public half can't be read.
func Issuer(w *wire.World) access.Issuer { return must(w, OpenIssuer) }

// Verifier accepts the stack's own tokens. It ends the process if the public keys can't be read.
func Verifier(w *wire.World) access.Verifier { return must(w, OpenVerifier) }

func must[T any](w *wire.World, open func(context.Context, *wire.World) (T, error)) T {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	opened, err := open(ctx, w)
	if err != nil {
		wire.Fatal(err)
	}
	return opened
}

// OpenKeys is Keys for a process that serves more than one function.
func OpenKeys(ctx context.Context, w *wire.World) (access.Keys, error) {
	handles, err := handles(w)
	if err != nil {
		return nil, err
	}
	var all access.Keys
	for _, handle := range handles {
		public, err := service(w).PublicKey(ctx, handle)
		if err != nil {
			return nil, fmt.Errorf("the token key %s: %w", handle, err)
		}
		key, err := access.NewKey(public)
		if err != nil {
			return nil, fmt.Errorf("the token key %s: %w", handle, err)
		}
		all = append(all, key)
	}
	return all, nil
}

// OpenIssuer is Issuer for a process that serves more than one function.
func OpenIssuer(ctx context.Context, w *wire.World) (access.Issuer, error) {
	all, err := OpenKeys(ctx, w)
	if err != nil {
		return access.Issuer{}, err
	}
	url, err := issuer(w)
	handles, _ := handles(w)
	return access.Issuer{URL: url, Signer: service(w), Handle: handles[0], KeyID: all[0].ID}, err
}

// OpenVerifier is Verifier for a process that serves more than one function.
func OpenVerifier(ctx context.Context, w *wire.World) (access.Verifier, error) {
	all, err := OpenKeys(ctx, w)
	if err != nil {
		return access.Verifier{}, err
	}
	url, err := issuer(w)
	return access.Verifier{URL: url, Keys: all}, err
}

// handles are the KMS keys: the first signs, the others are accepted too, so that a key is published before it signs and
// accepted after it did.
func handles(w *wire.World) ([]string, error) {
	if w.Env.TokenKey == "" {
		return nil, errors.New("the environment variable ZENVAULT_TOKEN_KEY is not set")
	}
	return strings.Split(w.Env.TokenKey, ","), nil
}

// service is AWS KMS. It is not opened through the keyring's package: who verifies tokens must not link the keyring.
func service(w *wire.World) kms.Keys { return kms.Keys{Client: sdk.NewFromConfig(w.Config)} }

func issuer(w *wire.World) (string, error) {
	if w.Env.Issuer == "" {
		return "", errors.New("the environment variable ZENVAULT_ISSUER is not set")
	}
	return strings.TrimSuffix(w.Env.Issuer, "/"), nil
}
